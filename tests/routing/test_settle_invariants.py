"""The invariants of one settlement, on drawn worlds, against the brute-force reference."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.digest import digest
from routing.eligible import out_of_reach, request
from routing.explain import explain
from routing.reasons import ReasonCode
from routing.settle import Decision, carry_out, settle
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State
from tests.routing import reference
from tests.routing.worlds import CHANNELS, NOW, agents, quick, worlds

any_world = worlds() | worlds(unit_cost=True) | worlds(parallel=True)


def after(state: State, decisions: list[Decision]) -> State:
    """The state with all decisions given."""
    for decision in decisions:
        contact = state.contacts[decision.contact]
        state = reference.given(state, contact, decision.agent, NOW)
    return state


def left_waiting(state: State, decisions: list[Decision]) -> list[Contact]:
    served = {decision.contact for decision in decisions}
    return [contact for contact in state.contacts.values() if contact.id not in served]


@quick
@given(any_world)
def test_no_contact_is_offered_twice_unless_several_are_asked_at_once(state: State) -> None:
    pairs = [(decision.contact, decision.agent) for decision in settle(state, NOW)]
    assert len(pairs) == len(set(pairs))
    for contact, offers in Counter(contact for contact, _ in pairs).items():
        assert offers <= state.queues[state.contacts[contact].queue].parallel_offers


@quick
@given(any_world)
def test_capacity_and_channel_maxima_are_never_exceeded(state: State) -> None:
    decisions = settle(state, NOW)
    for agent in after(state, decisions).agents.values():
        before = state.agents[agent.id]
        if agent == before:
            continue
        given_to = [state.contacts[d.contact] for d in decisions if d.agent == agent.id]
        assert agent.used == before.used + sum(contact.cost for contact in given_to)
        aside = max((agent.interruptible.get(channel, 0) for channel in CHANNELS), default=0)
        assert agent.used - min(agent.used, aside) <= agent.capacity
        for contact in given_to:
            most = agent.max_by_channel.get(contact.channel, 99)
            assert agent.live_by_channel[contact.channel] <= most


@quick
@given(any_world)
def test_every_offer_goes_to_an_agent_in_reach_who_can_take_it(state: State) -> None:
    for decision in settle(state, NOW):
        contact = state.contacts[decision.contact]
        assert decision.agent in reference.reach(state, contact, NOW)
        assert reference.can_take(state, contact, decision.agent, NOW)


@quick
@given(any_world)
def test_nobody_waits_while_an_agent_could_take_them(state: State) -> None:
    decisions = settle(state, NOW)
    settled = after(state, decisions)
    for contact in left_waiting(state, decisions):
        assert not [a for a in state.agents if reference.can_take(settled, contact, a, NOW)]


@quick
@given(any_world)
def test_no_offer_could_have_gone_to_an_earlier_contact_left_waiting(state: State) -> None:
    decisions = settle(state, NOW)
    for left in left_waiting(state, decisions):
        for place, decision in enumerate(decisions):
            if left.key < decision.key:
                others = [d for d in decisions if d.key < decision.key]
                if decision.round > 1:
                    others = decisions[:place]
                before = after(state, others)
                assert not reference.can_take(before, left, decision.agent, NOW)


@quick
@given(any_world)
def test_whoever_overtakes_came_at_most_the_difference_of_boosts_later(state: State) -> None:
    decisions = [decision for decision in settle(state, NOW) if decision.round == 1]
    for earlier, later in pairwise(decisions):
        assert earlier.key < later.key
        one, two = state.contacts[earlier.contact], state.contacts[later.contact]
        assert one.enqueued_at - two.enqueued_at <= one.boost - two.boost


@quick
@given(worlds(parallel=True))
def test_mixed_costs_settle_as_the_reference_does_one_by_one(state: State) -> None:
    if len({contact.cost for contact in state.contacts.values()}) == 1:
        return
    decided = [(decision.contact, decision.agent) for decision in settle(state, NOW)]
    assert decided == reference.one_by_one(state, NOW)


@quick
@given(worlds(unit_cost=True))
def test_equal_costs_serve_the_most_contacts_and_the_earliest(state: State) -> None:
    served = [decision.contact for decision in settle(state, NOW)]
    assert served == reference.served_together(state, NOW)


@quick
@given(any_world)
def test_the_agent_is_the_smallest_rank_of_those_who_could_take_it(state: State) -> None:
    working = state
    already: list[tuple[int, int]] = []
    for decision in settle(state, NOW):
        assert decision.round == 1 + [id for id, _ in already].count(decision.contact)
        contact = state.contacts[decision.contact]
        asked = {agent for id, agent in already if id == contact.id}
        takers = [
            a
            for a in state.agents
            if a not in asked and reference.can_take(working, contact, a, NOW)
        ]
        already.append((contact.id, decision.agent))
        ranks = {agent: reference.preference(working, contact, agent, NOW) for agent in takers}
        assert tuple(decision.rank) == ranks[decision.agent]
        assert decision.takers == len(takers)
        best = min(takers, key=ranks.__getitem__)
        assert decision.gave_way == (best != decision.agent)
        if not decision.gave_way and decision.runner_up is not None:
            assert decision.rank <= decision.runner_up
        working = reference.given(working, contact, decision.agent, NOW)


@quick
@given(any_world, st.randoms(use_true_random=False))
def test_the_order_of_the_input_changes_nothing(state: State, random: object) -> None:
    def shuffled(values: object) -> list[object]:
        items = list(values)  # type: ignore[call-overload]
        random.shuffle(items)  # type: ignore[attr-defined]
        return items

    again = State.of(
        shuffled(state.contacts.values()),  # type: ignore[arg-type]
        [
            replace(agent, queues=dict(shuffled(agent.queues.items())))  # type: ignore[arg-type]
            for agent in shuffled(state.agents.values())
        ],
        shuffled(state.queues.values()),  # type: ignore[arg-type]
        state.drains,
    )
    assert settle(again, NOW) == settle(state, NOW)
    assert digest(again) == digest(state)


@quick
@given(worlds(unit_cost=True), agents(9, unit_cost=True))
def test_one_more_agent_never_serves_fewer(state: State, joining: Agent) -> None:
    # Exclusions and holds depend on who is present; that they end is tested on its own.
    contacts = [
        replace(contact, excluded=frozenset(), preferred=None)
        for contact in state.contacts.values()
    ]
    without = State.of(contacts, state.agents.values(), state.queues.values(), state.drains)
    with_one_more = replace(without, agents={**without.agents, joining.id: joining})
    assert len(settle(with_one_more, NOW)) >= len(settle(without, NOW))


@quick
@given(any_world, st.integers(0, 300_000))
def test_waiting_longer_never_costs_a_contact_an_agent(state: State, longer: int) -> None:
    for contact in state.contacts.values():
        soon, late = (request(state, contact, at, {}) for at in (NOW, NOW + longer))
        for agent in state.agents.values():
            if out_of_reach(soon, agent) is None:
                assert out_of_reach(late, agent) is None


@quick
@given(any_world, st.integers(0, 200_000))
def test_watches_and_holds_follow_their_rule(state: State, later: int) -> None:
    after_now = carry_out(state, settle(state, NOW), NOW)
    assert list(after_now.drains) == sorted(after_now.drains, key=lambda drain: drain.contact)
    waiting = replace(
        state,
        contacts={contact.id: contact for contact in left_waiting(state, settle(state, NOW))},
        agents=after_now.agents,
    )
    assert set(after_now.drains) == reference.drains_after(waiting, NOW)
    at = NOW + later
    then = carry_out(after_now, settle(after_now, at), at)
    left = [c for c in after_now.contacts.values() if c.id in then.contacts]
    before = replace(then, contacts={c.id: c for c in left}, drains=after_now.drains)
    assert set(then.drains) == reference.drains_after(before, at)


@quick
@given(any_world)
def test_the_counts_of_refusals_are_the_reasons_each_agent_is_given(state: State) -> None:
    decisions = settle(state, NOW)
    offers = Counter(decision.contact for decision in decisions)
    for decision in decisions:
        codes = [explain(state, decision.contact, a, NOW).code for a in sorted(state.agents)]
        for code, count in decision.refused.items():
            assert codes.count(code) == count or offers[decision.contact] > 1
        assert codes.count(ReasonCode.CHOSEN) == offers[decision.contact]
        others = len(state.agents) - decision.round + 1
        assert sum(decision.refused.values()) + decision.takers == others


@quick
@given(any_world)
def test_only_the_chosen_agent_is_said_to_be_chosen(state: State) -> None:
    chosen = {(decision.contact, decision.agent) for decision in settle(state, NOW)}
    for contact in state.contacts:
        for agent in state.agents:
            reason = explain(state, contact, agent, NOW)
            assert (reason.code is ReasonCode.CHOSEN) == ((contact, agent) in chosen)


@quick
@given(any_world)
def test_a_contact_declined_by_everybody_present_gets_another_round(state: State) -> None:
    everybody = frozenset(state.agents)
    idle = [
        replace(
            agent,
            available=True,
            capacity=9,
            used=0,
            live_by_channel={},
            max_by_channel={},
            wrap_up_until=0,
            queues={1: Membership(), 2: Membership()},
            skills={1: 2, 2: 2},
        )
        for agent in state.agents.values()
    ]
    queues = [replace(q, paused=False, parallel_offers=1) for q in state.queues.values()]
    for contact in state.contacts.values():
        declined = replace(contact, excluded=everybody, exclusion_cleared=False)
        [decision] = settle(State.of([declined], idle, queues), NOW)
        assert decision.clears_exclusion
        final = replace(declined, exclusion_cleared=True)
        assert settle(State.of([final], idle, queues), NOW) == []


@pytest.mark.parametrize("seed", range(8))
def test_a_crowd_that_signs_in_at_once_is_matched_as_far_as_possible(seed: int) -> None:
    draw = Random(seed)
    skills = range(40)
    crowd = [
        Agent(
            id, True, 1, skills=dict.fromkeys(draw.sample(skills, 2), 1), queues={1: Membership()}
        )
        for id in range(60)
    ]
    line = [
        Contact(id, 1, "chat", 1, NOW - id, skills=(SkillNeed(draw.choice(skills)),))
        for id in range(90)
    ]
    able = {c.id: [a.id for a in crowd if reference.has_skills(a, c.skills)] for c in line}
    decisions = settle(State.of(line, crowd, [Queue(1)]), NOW)
    assert len({decision.agent for decision in decisions}) == len(decisions)
    assert all(decision.agent in able[decision.contact] for decision in decisions)
    assert len(decisions) == reference.most_served_one_each(able)
