"""What happens on a day that is played: offers, refusals, leaving, overflow, and its figures."""

from dataclasses import replace
from typing import Any

import pytest

from routing.day import Coming, Day, DayAgent, DayQueue, Move, Reply, Span
from routing.figures import Outcome, Result, compare
from routing.overflow import OverflowRule
from routing.replay import replay
from routing.state import Agent, Contact, Membership, Queue

SECOND = 1_000
MINUTE = 60 * SECOND
END = 60 * MINUTE


def came(id: int, at: int = 0, queue: int = 1, **changes: Any) -> Coming:
    return replace(Coming(Contact(id, queue, "chat", 1, at), 10 * SECOND), **changes)


def agent(id: int, *queues: int, capacity: int = 1, present: Span | None = None) -> DayAgent:
    seats = {queue: Membership() for queue in queues or (1,)}
    return DayAgent(Agent(id, True, capacity, queues=seats), (present or Span(0, END),))


def played(agents: list[DayAgent], coming: list[Coming], *queues: DayQueue) -> Result:
    return replay(Day(0, END, queues or (DayQueue(Queue(1)),), tuple(agents), tuple(coming)))


def offered(result: Result) -> list[tuple[int, int, int]]:
    return [(d.contact, d.agent, d.decided_at // SECOND) for d in result.decisions]


def outcome(result: Result, contact: int) -> Outcome:
    return next(one for one in result.outcomes if one.contact == contact)


def test_an_offer_is_answered_after_the_contacts_own_delay_and_handled_for_its_own_time() -> None:
    rows = [came(1, answer_ms=3 * SECOND, wrap_up_ms=2 * SECOND), came(2, at=SECOND)]
    result = played([agent(1)], rows)
    assert outcome(result, 1).waited_ms == 3 * SECOND
    assert offered(result) == [(1, 1, 0), (2, 1, 15)]  # 3 to answer, 10 to handle, 2 to wrap up


def test_a_decline_sends_the_contact_to_the_next_agent_with_its_age() -> None:
    row = came(1, replies=(Reply(1, "declined", 5 * SECOND),))
    result = played([agent(1), agent(2)], [row])
    assert offered(result) == [(1, 1, 0), (1, 2, 5)]
    assert outcome(result, 1).waited_ms == 5 * SECOND
    assert (outcome(result, 1).agent, outcome(result, 1).offers) == (2, 2)
    assert result.summary.agents[1].declined == 1


def test_who_does_not_answer_is_absent_for_as_long_as_they_were() -> None:
    row = came(1, replies=(Reply(1, "timed_out", 20 * SECOND, away_ms=60 * SECOND),))
    result = played([agent(1)], [row, came(2, at=21 * SECOND)])
    assert offered(result) == [(1, 1, 0), (1, 1, 80), (2, 1, 90)]
    assert result.summary.agents[1].timed_out == 1
    assert result.summary.agents[1].signed_in_ms == END - 60 * SECOND


def test_a_customer_who_leaves_during_an_offer_frees_the_agent() -> None:
    row = came(1, answer_ms=20 * SECOND, gives_up_at=8 * SECOND)
    result = played([agent(1)], [row, came(2, at=SECOND)])
    assert outcome(result, 1).way == "abandoned"
    assert outcome(result, 1).waited_ms == 8 * SECOND
    assert offered(result) == [(1, 1, 0), (2, 1, 8)]


def test_the_first_of_two_asked_takes_the_contact_and_the_other_is_free_again() -> None:
    rows = [came(1, answer_ms=4 * SECOND), came(2, at=SECOND)]
    both = DayQueue(Queue(1, parallel_offers=2))
    result = played([agent(1), agent(2)], rows, both)
    assert offered(result) == [(1, 1, 0), (1, 2, 0), (2, 2, 4)]
    assert [one.way for one in result.outcomes] == ["answered", "answered"]


def test_when_one_of_two_asked_declines_the_other_still_has_the_offer() -> None:
    row = came(1, answer_ms=9 * SECOND, replies=(Reply(1, "declined", SECOND),))
    result = played([agent(1), agent(2)], [row], DayQueue(Queue(1, parallel_offers=2)))
    assert offered(result) == [(1, 1, 0), (1, 2, 0)]
    assert (outcome(result, 1).agent, outcome(result, 1).waited_ms) == (2, 9 * SECOND)


def test_an_agent_who_goes_leaves_their_offer_behind_and_keeps_what_they_have() -> None:
    goes = agent(1, capacity=2, present=Span(0, 5 * SECOND))
    rows = [came(1), came(2, at=SECOND, answer_ms=9 * SECOND)]
    result = played([goes, agent(2, present=Span(6 * SECOND, END))], rows)
    assert offered(result) == [(1, 1, 0), (2, 1, 1), (2, 2, 6)]
    assert result.summary.agents[1].busy_ms == 10 * SECOND


def test_a_contact_passed_on_waits_in_the_other_queue_with_its_age() -> None:
    row = came(1, moves=(Move(2, 30 * SECOND),))
    queues = DayQueue(Queue(1)), DayQueue(Queue(2))
    later = came(2, at=SECOND, queue=2)
    other = agent(2, 2, present=Span(12 * SECOND, END))
    result = played([agent(1), other], [row, later], *queues)
    assert offered(result) == [(1, 1, 0), (1, 2, 12), (2, 2, 42)]
    assert outcome(result, 1).waited_ms == 0


def test_who_waits_too_long_goes_to_the_next_queue_with_its_age() -> None:
    rule = OverflowRule("too_long", "queue", 30 * SECOND, queue=2)
    queues = DayQueue(Queue(1), (rule,)), DayQueue(Queue(2))
    result = played([agent(1, 2)], [came(1)], *queues)
    assert outcome(result, 1).waited_ms == 30 * SECOND


def test_who_is_too_many_leaves_a_message_and_who_asked_for_a_callback_is_not_lost() -> None:
    busy = came(1, handling_ms=5 * MINUTE)
    waits = came(2, at=SECOND, gives_up_at=MINUTE)
    message = DayQueue(Queue(1), (OverflowRule("too_many", "message", 1),))
    result = played([agent(1)], [busy, waits, came(3, at=2 * SECOND)], message)
    assert [one.way for one in result.outcomes] == ["answered", "abandoned", "overflowed"]
    callback = DayQueue(Queue(1), (OverflowRule("too_long", "callback", 30 * SECOND),))
    result = played([agent(1)], [busy, waits], callback)
    assert outcome(result, 2).waited_ms == 5 * MINUTE - SECOND


def test_out_of_hours_contacts_overflow_when_the_queue_closes() -> None:
    rule = OverflowRule("closed", "message")
    queue = DayQueue(Queue(1), (rule,), closed=(Span(10 * SECOND, END),))
    result = played([], [came(1), came(2, at=MINUTE)], queue)
    assert [one.waited_ms for one in result.outcomes] == [10 * SECOND, 0]


def test_what_an_agent_had_at_the_start_takes_its_capacity_and_is_not_counted() -> None:
    had = came(1, at=-MINUTE, handling_ms=20 * SECOND, held_by=1)
    result = played([agent(1)], [had, came(2, at=-SECOND)])
    assert [one.contact for one in result.outcomes] == [2]
    assert outcome(result, 2).waited_ms == 21 * SECOND
    assert result.summary.agents[1].busy_ms == 30 * SECOND


def test_the_figures_follow_their_formulas() -> None:
    rows = [
        came(1, target_ms=0, priority="urgent"),
        came(2, at=SECOND, target_ms=5 * SECOND),
        came(3, at=SECOND, gives_up_at=4 * SECOND),
        came(4, at=2 * SECOND, gives_up_at=8 * SECOND),
        came(5, at=END - SECOND, queue=2),
    ]
    queues = DayQueue(Queue(1)), DayQueue(Queue(2))
    summary = played([agent(1)], rows, *queues).summary
    total = summary.total
    assert (total.offered, total.answered, total.waiting) == (5, 2, 1)
    assert (total.abandoned, total.short_abandoned) == (1, 1)
    assert total.service_level == pytest.approx(1 / 3)
    assert total.abandonment == pytest.approx(1 / 3)
    assert (total.asa_ms, total.wait_p50_ms, total.wait_p95_ms) == (4_500, 0, 9_000)
    assert summary.fairness is None  # the urgent did not wait at all
    assert summary.agents[1].occupancy == pytest.approx(20 * SECOND / END)
    assert [q.figures.offered for q in summary.quarters[None]] == [4, 0, 0, 1]
    assert [q.figures.offered for q in summary.quarters[2]][-1] == 1
    assert summary.quarters[None][0].occupancy == pytest.approx(20 / 900)


def test_a_comparison_says_what_changed_where_both_have_a_figure() -> None:
    one = played([agent(1)], [came(1), came(2)]).summary
    two = played([agent(1), agent(2)], [came(1), came(2)]).summary
    compared = compare(one, two)
    assert compared.total.change["asa_ms"] == -5_000
    assert compared.by_queue[1].change["service_level"] == 0
    assert compared.occupancy == pytest.approx(-10 * SECOND / END)
    nobody = played([], [came(1)]).summary
    assert "asa_ms" not in compare(one, nobody).total.change


def test_progress_rises_to_one_and_may_stop_the_replay() -> None:
    heard: list[float] = []
    day = Day(0, END, (DayQueue(Queue(1)),), (agent(1),), tuple(came(id) for id in range(1, 301)))
    replay(day, progress=heard.append)
    assert heard == sorted(heard)
    assert heard[-1] == 1
    assert 90 <= len(heard) <= 110

    def stop(share: float) -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        replay(day, progress=stop)


def test_a_day_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        played([agent(1), agent(1)], [])
    with pytest.raises(ValueError, match="after it starts"):
        Day(5, 5, (), (), ())
    with pytest.raises(ValueError, match="before its start"):
        Span(5, 4)
