"""The mistakes other systems shipped, each as a case, and the rules one at a time."""

from dataclasses import replace
from typing import Any

import pytest

from routing.digest import digest
from routing.explain import explain, why_waiting
from routing.reasons import Reason, ReasonCode
from routing.settle import settle
from routing.state import Agent, Contact, Drain, Membership, Queue, SkillNeed, State, Step
from routing.timers import next_change_at

NOW = 1_000_000
SECOND = 1_000


def agent(id: int, **changes: Any) -> Agent:
    base = Agent(id, available=True, capacity=6, queues={1: Membership()})
    return replace(base, **changes)


def contact(id: int, **changes: Any) -> Contact:
    return replace(Contact(id, 1, "chat", 2, enqueued_at=NOW - 100 * SECOND + id), **changes)


def world(contacts: list[Contact], agents: list[Agent], **changes: Any) -> State:
    return replace(State.of(contacts, agents, [Queue(1), Queue(2)]), **changes)


def pairs(state: State, now: int = NOW) -> list[tuple[int, int]]:
    return [(decision.contact, decision.agent) for decision in settle(state, now)]


def test_a_waiting_chat_is_offered_when_a_slot_frees() -> None:
    full = agent(1, used=6, live_by_channel={"chat": 3})
    assert pairs(world([contact(1)], [full])) == []
    freed = agent(1, used=4, live_by_channel={"chat": 2})
    assert pairs(world([contact(1)], [freed])) == [(1, 1)]


def test_a_contact_nobody_can_take_does_not_block_those_behind_it() -> None:
    needy = contact(1, skills=(SkillNeed(9, 3),), boost=900 * SECOND)
    assert pairs(world([needy, contact(2), contact(3)], [agent(1)])) == [(2, 1), (3, 1)]


def test_a_queue_nobody_serves_does_not_block_another() -> None:
    heavy = [contact(id, queue=2, boost=900 * SECOND) for id in (1, 2, 3)]
    assert pairs(world([*heavy, contact(4)], [agent(1)])) == [(4, 1)]


def test_a_contact_entered_by_a_clock_that_runs_ahead_is_served_at_once() -> None:
    assert pairs(world([contact(1, enqueued_at=NOW + 50)], [agent(1)])) == [(1, 1)]


def test_another_state_has_another_digest() -> None:
    state = world([contact(1)], [agent(1)])
    assert digest(state) == digest(world([contact(1)], [agent(1)]))
    assert digest(state) != digest(world([contact(1)], [agent(1, used=1)]))


def test_each_queue_is_served_in_the_same_settlement() -> None:
    agents = [agent(1), agent(2, queues={2: Membership()})]
    state = world([contact(1), contact(2), contact(3, queue=2), contact(4, queue=2)], agents)
    assert pairs(state) == [(1, 1), (2, 1), (3, 2), (4, 2)]


def test_capacity_is_consumed_by_the_offer_itself() -> None:
    assert len(pairs(world([contact(id) for id in range(1, 9)], [agent(1)]))) == 3


def test_a_channel_maximum_holds_though_units_are_left() -> None:
    few = agent(1, max_by_channel={"chat": 1})
    mail = contact(3, channel="email", cost=1)
    assert pairs(world([contact(1), contact(2), mail], [few])) == [(1, 1), (3, 1)]


def test_priority_is_a_head_start_and_not_a_wall() -> None:
    old = contact(1, enqueued_at=NOW - 600 * SECOND)
    urgent = contact(2, enqueued_at=NOW, boost=500 * SECOND)
    assert pairs(world([old, urgent], [agent(1, capacity=2)])) == [(1, 1)]
    more_urgent = replace(urgent, boost=700 * SECOND)
    assert pairs(world([old, more_urgent], [agent(1, capacity=2)])) == [(2, 1)]


def test_the_agent_idle_for_longest_is_first() -> None:
    agents = [agent(1, last_assigned_at=NOW - 5), agent(2, last_assigned_at=NOW - 50)]
    assert pairs(world([contact(1)], agents)) == [(1, 2)]


def test_packing_keeps_a_whole_agent_free_and_spreading_does_not() -> None:
    agents = [agent(1, used=2), agent(2)]
    assert pairs(world([contact(1)], agents)) == [(1, 1)]
    spread = world([contact(1)], agents, queues={1: Queue(1, occupancy="spread")})
    assert pairs(spread) == [(1, 2)]


def test_the_best_skilled_is_first_where_the_queue_says_so() -> None:
    agents = [agent(1, skills={5: 1}), agent(2, skills={5: 4})]
    needy = contact(1, skills=(SkillNeed(5, 1),))
    assert pairs(world([needy], agents)) == [(1, 1)]
    best = world([needy], agents, queues={1: Queue(1, agent_rule="best_skilled")})
    assert pairs(best) == [(1, 2)]


def test_the_preferred_agent_is_waited_for_and_then_no_longer() -> None:
    busy, other = agent(1, used=6), agent(2)
    held = contact(1, preferred=1, preferred_until=NOW + 30 * SECOND)
    assert pairs(world([held], [busy, other])) == []
    assert pairs(world([held], [busy, other]), now=NOW + 30 * SECOND) == [(1, 2)]


@pytest.mark.parametrize(
    "gone",
    [{"available": False}, {"capacity": 1}, {"max_by_channel": {"chat": 0}}, {"queues": {}}],
)
def test_the_hold_ends_at_once_if_the_preferred_agent_cannot_come_free(
    gone: dict[str, Any],
) -> None:
    held = contact(1, preferred=1, preferred_until=NOW + 30 * SECOND)
    assert pairs(world([held], [agent(1, **gone), agent(2)])) == [(1, 2)]


def test_the_hold_ends_when_the_preferred_agent_declines() -> None:
    held = contact(1, preferred=1, preferred_until=NOW + 30 * SECOND, excluded=frozenset({1}))
    assert pairs(world([held], [agent(1), agent(2)])) == [(1, 2)]


def test_a_declined_contact_goes_to_somebody_else_and_comes_back_when_all_declined() -> None:
    once = contact(1, excluded=frozenset({1}))
    assert pairs(world([once], [agent(1), agent(2)])) == [(1, 2)]
    twice = contact(1, excluded=frozenset({1, 2}))
    [decision] = settle(world([twice], [agent(1), agent(2)]), NOW)
    assert decision.clears_exclusion


def test_declined_by_all_present_is_enough_for_a_new_round() -> None:
    away = agent(2, available=False)
    assert pairs(world([contact(1, excluded=frozenset({1}))], [agent(1), away])) == [(1, 1)]


def test_after_the_extra_round_exclusions_stand() -> None:
    state = world([contact(1, excluded=frozenset({1}), exclusion_cleared=True)], [agent(1)])
    assert pairs(state) == []
    assert explain(state, 1, 1, NOW).code is ReasonCode.EXCLUDED


def test_a_delayed_member_helps_once_the_contact_has_waited() -> None:
    helper = agent(1, queues={1: Membership(delay_ms=60 * SECOND)})
    young = contact(1, enqueued_at=NOW)
    assert pairs(world([young], [helper]), now=NOW + 60 * SECOND - 1) == []
    assert pairs(world([young], [helper]), now=NOW + 60 * SECOND) == [(1, 1)]


def test_a_step_drops_a_skill_and_the_decision_says_which() -> None:
    young = contact(1, enqueued_at=NOW, skills=(SkillNeed(5, 2),), steps=(Step(20 * SECOND),))
    assert pairs(world([young], [agent(1)])) == []
    [decision] = settle(world([young], [agent(1)]), NOW + 20 * SECOND)
    assert decision.step == 1


def test_a_contact_costs_at_least_one_unit() -> None:
    with pytest.raises(ValueError, match="at least 1"):
        contact(1, cost=0)


def test_a_call_interrupts_mail_but_not_another_call() -> None:
    writing = agent(1, used=6, interruptible={"voice": 6})
    calls = [contact(id, channel="voice", cost=6) for id in (1, 2)]
    assert pairs(world(calls, [writing])) == [(1, 1)]


def test_what_may_be_interrupted_is_set_aside_as_it_is_given() -> None:
    mails = [
        contact(id, channel="email", cost=1, interrupted_by=frozenset({"chat"})) for id in range(6)
    ]
    one = [agent(1)]
    assert pairs(world([*mails, contact(6)], one))[-1] == (6, 1)
    call = contact(6, channel="voice", cost=6)
    assert pairs(world([*mails, call], one)) == [(id, 1) for id in range(6)]


def test_no_contact_is_interrupted_by_its_own_channel() -> None:
    with pytest.raises(ValueError, match="its own channel"):
        contact(1, interrupted_by=frozenset({"chat"}))


def test_the_room_that_is_missing_leaves_out_what_may_be_interrupted() -> None:
    writing = agent(1, used=6, interruptible={"chat": 1})
    why = explain(world([contact(1)], [writing]), 1, 1, NOW)
    assert why == Reason(ReasonCode.CAPACITY, {"used": 5, "cost": 2, "capacity": 6})


def test_an_agent_drained_for_a_big_contact_takes_nothing_behind_it() -> None:
    big = contact(1, channel="voice", cost=6)
    state = world([big, contact(2)], [agent(1, used=2)])
    assert pairs(state) == [(2, 1)]
    held = replace(state, drains=(Drain(1, since=NOW, agent=1, until=NOW + SECOND),))
    assert pairs(held) == []
    assert explain(held, 2, 1, NOW) == Reason(ReasonCode.DRAINING, {"contact": 1})
    assert pairs(held, now=NOW + SECOND) == [(2, 1)]


def test_earlier_choices_are_exchanged_so_that_nobody_is_left_out() -> None:
    expert = agent(1, capacity=2, skills={5: 1}, last_assigned_at=1)
    plain = agent(2, capacity=2, last_assigned_at=2)
    state = world([contact(1), contact(2, skills=(SkillNeed(5),))], [expert, plain])
    assert pairs(state) == [(1, 2), (2, 1)]
    assert [decision.gave_way for decision in settle(state, NOW)] == [True, False]
    assert explain(state, 1, 1, NOW) == Reason(ReasonCode.GAVE_WAY, {"contact": 2})


def test_a_paused_queue_offers_nothing() -> None:
    state = world([contact(1)], [agent(1)], queues={1: Queue(1, paused=True)})
    assert pairs(state) == []
    assert explain(state, 1, 1, NOW) == Reason(ReasonCode.QUEUE_PAUSED, {"queue": 1})


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"queues": {}}, Reason(ReasonCode.NOT_MEMBER, {"queue": 1})),
        (
            {"queues": {1: Membership(delay_ms=200 * SECOND)}},
            Reason(ReasonCode.QUEUE_DELAY, {"until": NOW + 100 * SECOND + 1}),
        ),
        (
            {"skills": {5: 1}},
            Reason(
                ReasonCode.SKILL,
                {"skill": 5, "level": 2, "has": 1, "until": NOW + 100 * SECOND + 1},
            ),
        ),
        ({"available": False}, Reason(ReasonCode.NOT_AVAILABLE)),
        ({"wrap_up_until": NOW + 5}, Reason(ReasonCode.WRAP_UP, {"until": NOW + 5})),
        ({"used": 5}, Reason(ReasonCode.CAPACITY, {"used": 5, "cost": 2, "capacity": 6})),
        (
            {"max_by_channel": {"chat": 1}, "live_by_channel": {"chat": 1}},
            Reason(ReasonCode.CHANNEL_MAXIMUM, {"channel": "chat", "live": 1, "maximum": 1}),
        ),
        ({"last_assigned_at": NOW}, Reason(ReasonCode.BETTER_AGENT, {"agent": 2})),
        ({}, Reason(ReasonCode.CHOSEN)),
    ],
)
def test_the_first_rule_that_fails_is_the_reason(changes: dict[str, Any], reason: Reason) -> None:
    asked = contact(1, skills=(SkillNeed(5, 2),), steps=(Step(200 * SECOND),))
    one = agent(1, **{"skills": {5: 2}, **changes})
    two = agent(2, skills={5: 2}, last_assigned_at=NOW - 1)
    assert explain(world([asked], [one, two]), 1, 1, NOW) == reason


def test_an_agent_used_up_in_the_same_settlement_went_to_an_earlier_contact() -> None:
    state = world([contact(1), contact(2)], [agent(1, capacity=2)])
    assert explain(state, 2, 1, NOW) == Reason(ReasonCode.EARLIER_CONTACT, {"contact": 1})


def test_why_waiting_names_the_nearest_agent_and_the_next_change() -> None:
    agents = [agent(1, available=False), agent(2, wrap_up_until=NOW + 7), agent(3, queues={})]
    waiting = why_waiting(world([contact(1), contact(2)], agents), 2, NOW)
    assert waiting.closest == Reason(ReasonCode.WRAP_UP, {"until": NOW + 7})
    assert waiting.by_reason == (
        (ReasonCode.NOT_MEMBER, 1),
        (ReasonCode.NOT_AVAILABLE, 1),
        (ReasonCode.WRAP_UP, 1),
    )
    assert waiting.ahead == 1
    assert waiting.changes_at == NOW + 7
    assert waiting.offered_to is None


def test_the_next_change_is_the_earliest_step_delay_hold_or_wrap_up() -> None:
    stepped = contact(1, enqueued_at=NOW, skills=(SkillNeed(5),), steps=(Step(40),))
    held = contact(2, enqueued_at=NOW, preferred=1, preferred_until=NOW + 30)
    delayed = agent(1, queues={1: Membership(delay_ms=20)})
    state = world([stepped, held], [delayed, agent(2, wrap_up_until=NOW + 10)])
    assert [next_change_at(state, NOW + passed) for passed in (0, 10, 20, 30, 40)] == [
        NOW + 10,
        NOW + 20,
        NOW + 30,
        NOW + 40,
        None,
    ]


def test_a_decision_carries_what_the_claim_must_check() -> None:
    state = world([contact(1, version=4, offer_ms=20_000)], [agent(1, epoch=7)], policy_version=3)
    [decision] = settle(state, NOW)
    assert (decision.contact_version, decision.agent_epoch) == (4, 7)
    assert (decision.policy_version, decision.expires_at) == (3, NOW + 20_000)
