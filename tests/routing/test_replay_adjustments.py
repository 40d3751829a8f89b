"""What a supervisor may change about a day, each on its own."""

import json
from dataclasses import replace

import pytest

from routing.adjust import adjust
from routing.adjustments import (
    AddAgents,
    Adjustment,
    RemoveAgents,
    ScaleArrivals,
    ScaleHandling,
    SetCapacity,
    SetCost,
    SetPriority,
    SetQueue,
    SetSeat,
    SetSkill,
    SetSteps,
    SetWrapUp,
)
from routing.boost import priority_boost
from routing.day import Coming, Day, DayAgent, DayQueue, Move, Reply, Span
from routing.overflow import OverflowRule
from routing.plain import from_kind, to_kind
from routing.replay import replay
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, Step
from routing.unseen import complete

HOUR = 3_600_000


def day(contacts: int = 4) -> Day:
    seats = {1: Membership(), 2: Membership(5_000)}
    workers = tuple(
        DayAgent(
            Agent(id, True, 6, max_by_channel={"chat": 3}, queues=seats, skills={7: 2}),
            (Span(0, HOUR),),
        )
        for id in (1, 2)
    )
    coming = tuple(
        Coming(
            Contact(id, 1 + id % 2, "chat", 2, id * 1_000, skills=(SkillNeed(7),)),
            handling_ms=60_000,
            gives_up_at=id * 1_000 + 90_000,
            moves=(Move(2, 1_000),),
            replies=(Reply(1, "declined", 10),),
        )
        for id in range(1, contacts + 1)
    )
    return Day(0, HOUR, (DayQueue(Queue(1)), DayQueue(Queue(2))), workers, coming)


def test_added_agents_are_like_another_with_seats_and_skills_of_their_own() -> None:
    changed = adjust(day(), [AddAgents(2, seats={2: 0}, skills={}, span=Span(5, 9))])
    new = changed.agents[2:]
    assert [worker.agent.id for worker in new] == [3, 4]
    assert new[0].agent == Agent(3, True, 6, max_by_channel={"chat": 3}, queues={2: Membership()})
    assert new[0].present == (Span(5, 9),)
    assert (
        adjust(day(), [AddAgents(1, like=2)]).agents[2].agent.queues == day().agents[1].agent.queues
    )


def test_removed_agents_are_away_all_day_or_for_a_while() -> None:
    assert adjust(day(), [RemoveAgents((1,))]).agents[0].present == ()
    some = adjust(day(), [RemoveAgents((2,), Span(100, 200))]).agents[1].present
    assert some == (Span(0, 100), Span(200, HOUR))


def test_skills_and_seats_are_given_and_taken() -> None:
    taught = adjust(day(), [SetSkill(9, 1), SetSkill(7, 0, agents=(1,))])
    assert [dict(worker.agent.skills) for worker in taught.agents] == [{9: 1}, {7: 2, 9: 1}]
    seated = adjust(day(), [SetSeat(3, 0, agents=(2,)), SetSeat(1, None)])
    assert [sorted(worker.agent.queues) for worker in seated.agents] == [[2], [2, 3]]


def test_a_queues_rules_are_replaced_where_given() -> None:
    rule = OverflowRule("too_many", "message", 5)
    wanted = SetQueue(2, occupancy="spread", parallel_offers=2, keep_free=1, overflow=(rule,))
    first, second = adjust(day(), [wanted]).queues
    assert first == day().queues[0]
    assert second.overflow == (rule,)
    assert second.queue == Queue(2, occupancy="spread", parallel_offers=2, keep_free=1)
    drained = adjust(day(), [SetQueue(drain_after_ms=1, drain_for_ms=2)])
    assert {row.queue.drain_for_ms for row in drained.queues} == {2}


def test_a_priority_moves_the_head_start_and_keeps_its_other_parts() -> None:
    promised = replace(day().coming[0], contact=replace(day().coming[0].contact, boost=60_000))
    base = replace(day(), coming=(promised, *day().coming[1:]))
    changed = adjust(base, [SetPriority(2, "high")]).coming
    assert changed[0].contact.boost == priority_boost("high") + 60_000
    assert changed[0].priority == "high"
    assert changed[1] == base.coming[1]  # queue 1


def test_steps_costs_wrap_up_capacity_and_handling_are_set() -> None:
    steps = (Step(5_000),)
    changed = adjust(
        day(),
        [
            SetSteps(1, steps),
            SetCost("chat", 1),
            SetWrapUp(7, queue=2),
            SetCapacity(4, {"email": 2}, agents=(1,)),
            ScaleHandling(1.5, queue=2),
        ],
    )
    first, second = changed.coming[:2]
    assert (first.contact.steps, second.contact.steps) == ((), steps)
    assert first.contact.cost == 1
    assert (first.wrap_up_ms, second.wrap_up_ms) == (7, 0)
    assert (first.handling_ms, second.handling_ms) == (90_000, 60_000)
    assert first.moves[0].handling_ms == 1_500
    assert changed.agents[0].agent.capacity == 4
    assert changed.agents[0].agent.max_by_channel == {"chat": 3, "email": 2}
    assert changed.agents[1].agent.capacity == 6


def test_arrivals_are_copied_or_thinned_and_always_the_same_ones() -> None:
    base = day(2_000)
    for factor in (0.5, 1.0, 1.3, 2.0):
        changed = adjust(base, [ScaleArrivals(factor)]).coming
        assert len(changed) == pytest.approx(2_000 * factor, rel=0.05)
        assert changed == adjust(base, [ScaleArrivals(factor)]).coming
        assert len({row.contact.id for row in changed}) == len(changed)
        own = [row for row in changed if row.contact.id <= 2_000]
        assert set(map(id_of, own)) <= set(map(id_of, base.coming))
        for copy in (row for row in changed if row.contact.id > 2_000):
            assert copy.replies == ()
            assert copy.gives_up_at == copy.contact.enqueued_at + 90_000
    only = adjust(base, [ScaleArrivals(0.0, queue=1)]).coming
    assert {row.contact.queue for row in only} == {2}


def id_of(row: Coming) -> int:
    return row.contact.id


@pytest.mark.parametrize(
    "wrong",
    [
        AddAgents(0),
        AddAgents(1, like=99),
        RemoveAgents((99,)),
        SetSkill(1, 1, agents=(99,)),
        SetCapacity(0),
        SetQueue(99, occupancy="spread"),
        SetCost("chat", 0),
        SetSteps(1, (Step(5, (SkillNeed(8),)),)),
        ScaleArrivals(-1.0),
        ScaleArrivals(1_000.0),
        ScaleHandling(0.0),
    ],
)
def test_what_cannot_be_meant_is_refused_in_words(wrong: Adjustment) -> None:
    with pytest.raises(ValueError, match=r"\w+ \w+"):
        adjust(day(), [wrong])


def test_adjustments_go_through_json() -> None:
    wanted: list[Adjustment] = [
        AddAgents(2, seats={1: 0}, span=Span(1, 2)),
        SetQueue(1, occupancy="spread", overflow=(OverflowRule("too_many", "message", 3),)),
        SetSteps(1, (Step(5, (SkillNeed(7),)),)),
        ScaleArrivals(1.2, channel="chat"),
    ]
    for one in wanted:
        assert from_kind(Adjustment, json.loads(json.dumps(to_kind(one)))) == one


def test_nothing_changed_is_the_baseline_and_more_agents_wait_less() -> None:
    busy = day(60)
    assert replay(busy, adjustments=[]) == replay(busy)
    before, after = replay(busy), replay(busy, adjustments=[AddAgents(3)])
    assert (after.summary.total.asa_ms or 0) < (before.summary.total.asa_ms or 0)


def test_patience_and_handling_nobody_saw_are_drawn_from_those_seen_and_stay_the_same() -> None:
    rows = [
        Coming(Contact(id, 1, "chat", 1, 0), 60_000 + id, stayed_until=20_000)
        if id % 2
        else Coming(Contact(id, 1, "chat", 1, 0), None, gives_up_at=40_000)
        for id in range(1, 1_001)
    ]
    filled = complete(rows)
    assert filled == complete(rows)
    for before, row in zip(rows, filled, strict=True):
        if before.handling_ms is None:
            assert 60_000 < (row.handling_ms or 0) <= 61_000
        else:
            assert row.gives_up_at is not None
            assert row.gives_up_at > 20_000
    # 500 left after 40 s, 500 had waited 20 s: the mean patience is 60 s.
    longer = [row.gives_up_at - 20_001 for row in filled if row.stayed_until and row.gives_up_at]
    assert sum(longer) / len(longer) == pytest.approx(60_000, rel=0.1)


def test_nobody_is_made_to_leave_where_hardly_anybody_did() -> None:
    rows = [Coming(Contact(id, 1, "chat", 1, 0), 5, stayed_until=9) for id in range(20)]
    rows += [Coming(Contact(id, 1, "chat", 1, 0), None, gives_up_at=9) for id in range(20, 24)]
    assert [row.gives_up_at for row in complete(rows)] == [None] * 20 + [9] * 4
