"""Estimates of the wait: a range or nothing, and honest about both."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import metrics
from routing.estimate import (
    contacts_ahead,
    estimate_wait,
    relative_error,
    wait_range,
    why_longer,
)
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State, Step
from tests.routing import reference
from tests.routing.worlds import NOW, quick, worlds

MINUTE = 60_000
HANDLED = [4 * MINUTE] * 30


def agent(id: int, queue: int = 1, **changes: object) -> Agent:
    seats = {queue: Membership()}
    return replace(
        Agent(id, available=True, capacity=2, used=2, queues=seats),
        **changes,  # type: ignore[arg-type]
    )


def line(count: int, queue: int = 1) -> list[Contact]:
    return [Contact(id, queue, "chat", 2, enqueued_at=id) for id in range(1, count + 1)]


def test_under_five_handling_times_nothing_is_said() -> None:
    assert wait_range(0, 3, [MINUTE] * 4) is None
    assert wait_range(0, 3, [MINUTE] * 5) is not None


def test_with_nobody_there_nothing_is_said() -> None:
    state = State.of(line(1), [agent(1, available=False)], [Queue(1)])
    assert estimate_wait(state, 1, 10, HANDLED) is None


def test_the_range_holds_the_formula_and_is_never_zero() -> None:
    estimate = wait_range(ahead=3, slots=4, handled_ms=HANDLED)
    assert estimate is not None
    assert estimate.low_ms < 4 * MINUTE < estimate.high_ms
    least = wait_range(ahead=0, slots=1000, handled_ms=[1] * 9)
    assert least is not None
    assert least.low_ms == 1_000


def test_people_who_give_up_ahead_shorten_the_wait() -> None:
    patient = wait_range(20, 4, HANDLED)
    impatient = wait_range(20, 4, HANDLED, patience_ms=2 * MINUTE)
    assert patient is not None
    assert impatient is not None
    assert impatient.high_ms < patient.high_ms


def test_recent_errors_widen_the_range() -> None:
    bold = wait_range(100, 4, HANDLED)
    modest = wait_range(100, 4, HANDLED, recent_errors=[0.4, 0.6])
    assert bold is not None
    assert modest is not None
    assert modest.low_ms < bold.low_ms
    assert modest.high_ms > bold.high_ms


def test_only_contacts_that_compete_for_the_same_agents_are_ahead() -> None:
    other_queue = [replace(contact, id=contact.id + 100, queue=2) for contact in line(5)]
    last = Contact(50, 1, "chat", 2, enqueued_at=50)
    state = State.of([*line(3), *other_queue, last], [agent(1), agent(2, queue=2)], [Queue(1)])
    state = replace(state, queues={1: Queue(1), 2: Queue(2)})
    assert contacts_ahead(state, 50, 60) == 3


def test_a_contact_needing_another_skill_is_not_ahead() -> None:
    skilled = replace(line(1)[0], skills=(SkillNeed(7),))
    mine = Contact(50, 1, "chat", 2, enqueued_at=50)
    expert = agent(2, skills={7: 1}, queues={1: Membership()})
    state = State.of([skilled, mine], [agent(1)], [Queue(1)])
    assert contacts_ahead(state, 50, 60) == 0
    assert contacts_ahead(replace(state, agents={1: agent(1), 2: expert}), 50, 60) == 1


def test_a_boosted_newcomer_is_ahead() -> None:
    urgent = Contact(9, 1, "chat", 2, enqueued_at=100, boost=15 * MINUTE)
    state = State.of([*line(1), urgent], [agent(1)], [Queue(1)])
    assert contacts_ahead(state, 1, 100) == 1


@pytest.mark.parametrize(
    ("ahead", "slots", "handled", "why"),
    [
        (2, 4, HANDLED, None),
        (2, 2, HANDLED, "fewer_agents"),
        (8, 4, HANDLED, "overtaken"),
        (2, 4, [9 * MINUTE] * 30, "slower_handling"),
    ],
)
def test_a_longer_estimate_says_why(
    ahead: int, slots: int, handled: list[int], why: str | None
) -> None:
    before, after = wait_range(2, 4, HANDLED), wait_range(ahead, slots, handled)
    assert before is not None
    assert after is not None
    assert why_longer(before, after) == why


def test_an_estimate_never_grows_as_the_line_moves_on() -> None:
    estimates = [wait_range(ahead, 5, HANDLED) for ahead in range(30, -1, -1)]
    highs = [estimate.high_ms for estimate in estimates if estimate is not None]
    assert highs == sorted(highs, reverse=True)


def test_a_contact_ahead_counts_once_a_step_or_a_delay_lets_it_compete() -> None:
    stepped = replace(line(1)[0], skills=(SkillNeed(7),), steps=(Step(30),))
    mine = Contact(50, 1, "chat", 2, enqueued_at=5)
    state = State.of([stepped, mine], [agent(1)], [Queue(1)])
    assert contacts_ahead(state, 50, 30) == 0
    assert contacts_ahead(state, 50, 31) == 1
    other_queue = replace(line(1)[0], queue=2)
    helper = agent(1, queues={1: Membership(), 2: Membership(delay_ms=30)})
    delayed = State.of([other_queue, mine], [helper], [Queue(1), Queue(2)])
    assert contacts_ahead(delayed, 50, 30) == 0
    assert contacts_ahead(delayed, 50, 31) == 1


def test_contacts_alike_or_not_are_counted_as_if_asked_one_by_one() -> None:
    agents = [agent(1), agent(2, queue=2), agent(3, queues={1: Membership(), 2: Membership()})]
    waiting = [
        Contact(id, 1 + id % 2, "chat", 2, id, preferred=id % 3, preferred_until=20 + id)
        for id in range(1, 30)
    ]
    state = State.of(waiting, agents, [Queue(1), Queue(2)])
    for now in (20, 35, 60):
        mine = reference.reach(state, waiting[-1], now)
        ahead = sum(bool(reference.reach(state, c, now) & mine) for c in waiting[:-1])
        assert contacts_ahead(state, 29, now) == ahead


def test_a_wider_range_without_another_cause_is_less_certain_and_fewer_leaving_is_said() -> None:
    before = wait_range(20, 4, HANDLED, patience_ms=2 * MINUTE)
    doubtful = wait_range(20, 4, HANDLED, patience_ms=2 * MINUTE, recent_errors=[0.9])
    patient = wait_range(20, 4, HANDLED, patience_ms=20 * MINUTE)
    assert before is not None
    assert doubtful is not None
    assert patient is not None
    assert why_longer(before, doubtful) == "less_certain"
    assert why_longer(before, patient) == "fewer_give_up"
    assert doubtful.recent_error == 0.9
    assert before.recent_error is None


def test_the_error_of_an_announcement_is_measured_from_the_middle_of_its_range() -> None:
    assert relative_error(40_000, 60_000, 75_000) == 0.5
    assert relative_error(0, 0, 0) == 1  # a second at least was announced
    told = [(40_000, 60_000, 75_000), (40_000, 60_000, 45_000)]
    assert metrics.announcement_error_ms(told) == 15_000
    assert metrics.announcement_hit_rate(told) == 0.5
    assert metrics.announcement_error_ms([]) is None


@given(worlds(most_contacts=8), st.data())
@quick
def test_an_estimate_grows_only_for_a_reason_it_names(state: State, data: st.DataObject) -> None:
    if not state.contacts:
        return
    mine = data.draw(st.sampled_from(sorted(state.contacts)))
    before = estimate_wait(state, mine, NOW, HANDLED)
    served = data.draw(st.sets(st.sampled_from(sorted(state.contacts)))) - {mine}
    gone = data.draw(st.sets(st.sampled_from(sorted(state.agents))))
    later = replace(
        state,
        contacts={id: contact for id, contact in state.contacts.items() if id not in served},
        agents={id: agent for id, agent in state.agents.items() if id not in gone},
    )
    after = estimate_wait(later, mine, NOW + data.draw(st.integers(0, 300)) * 1_000, HANDLED)
    if before is None or after is None:
        return
    why = why_longer(before, after)
    assert (why is None) == (after.high_ms <= before.high_ms)
    assert why in (None, "fewer_agents", "overtaken")
    if why == "fewer_agents":
        assert gone
    if why == "overtaken":
        assert after.ahead > before.ahead


@given(st.integers(0, 200), st.integers(0, 50), st.lists(st.integers(-5, 900_000), max_size=30))
def test_an_estimate_is_never_zero_and_nothing_is_said_without_data(
    ahead: int, slots: int, handled: list[int]
) -> None:
    estimate = wait_range(ahead, slots, handled)
    known = sum(ms > 0 for ms in handled)
    assert (estimate is None) == (known < 5 or slots < 1)
    if estimate is not None:
        assert 0 < estimate.low_ms <= estimate.high_ms
        longer = wait_range(ahead + 1, slots, handled)
        fewer = wait_range(ahead, slots + 1, handled)
        assert longer is not None
        assert fewer is not None
        assert fewer.high_ms <= estimate.high_ms <= longer.high_ms
