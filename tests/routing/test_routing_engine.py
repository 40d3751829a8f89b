"""The incremental engine against `settle` from scratch, after every change."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from routing.changes import (
    AgentGone,
    AgentIs,
    Change,
    ContactGone,
    ContactTaken,
    ContactWaits,
    DrainsAre,
    OfferOver,
    QueueIs,
    Tick,
)
from routing.engine import Engine
from routing.settle import carry_out, settle
from routing.state import Agent, Contact, Drain, Membership, Queue
from tests.routing.worlds import CHANNELS, NOW, SECOND, agents, contacts

QUEUES = (
    Queue(1, drain_after_ms=5 * SECOND, drain_for_ms=20 * SECOND),
    Queue(2, agent_rule="best_skilled", occupancy="spread", parallel_offers=2, keep_free=1),
)


class TwoFaces(RuleBasedStateMachine):
    """Every change is given to the engine, now and then twice; then both decide."""

    def __init__(self) -> None:
        super().__init__()
        self.engine = Engine(QUEUES)
        self.now = NOW
        self.next_id = 1
        self.held: dict[int, tuple[Contact, list[int]]] = {}
        self.told: dict[int, int] = {}
        self.unit_cost = False

    @initialize(data=st.data(), unit_cost=st.booleans())
    def staff(self, data: st.DataObject, unit_cost: bool) -> None:
        self.unit_cost = unit_cost
        for id in (1, 2, 3):
            self.change(AgentIs(self._drawn_agent(data, id)))

    @rule(data=st.data())
    def come(self, data: st.DataObject) -> None:
        contact = data.draw(contacts(self.next_id, self.unit_cost))
        self.next_id += 1
        age, hold = NOW - contact.enqueued_at, contact.preferred_until - NOW
        self.change(
            ContactWaits(
                replace(
                    contact,
                    enqueued_at=self.now - age // 4,
                    preferred_until=self.now + hold * 30,
                    version=0,
                )
            )
        )

    @rule(data=st.data())
    def come_back(self, data: st.DataObject) -> None:
        if self.held:
            contact, agents = self.held.pop(data.draw(st.sampled_from(sorted(self.held))))
            declined = replace(
                contact,
                excluded=contact.excluded.union(agents),
                exclusion_cleared=False,
                version=contact.version + 1,
            )
            self.change(ContactWaits(declined))

    @rule(data=st.data(), boost=st.integers(-50, 50))
    def get_another_boost(self, data: st.DataObject, boost: int) -> None:
        waiting = self.engine.state().contacts
        if waiting:
            contact = waiting[data.draw(st.sampled_from(sorted(waiting)))]
            self.change(ContactWaits(replace(contact, boost=boost * SECOND)))

    @rule(data=st.data())
    def go(self, data: st.DataObject) -> None:
        known = sorted({*self.engine.state().contacts, *self.held})
        if known:
            contact = data.draw(st.sampled_from(known))
            self.held.pop(contact, None)
            self.change(ContactGone(contact))

    @rule(data=st.data())
    def be_taken_by_hand(self, data: st.DataObject) -> None:
        state = self.engine.state()
        if state.contacts and state.agents:
            contact = data.draw(st.sampled_from(sorted(state.contacts)))
            agent = data.draw(st.sampled_from(sorted(state.agents)))
            self.held[contact] = (state.contacts[contact], [agent])
            self.change(ContactTaken(contact, agent))

    @rule(data=st.data())
    def accept_where_several_were_asked(self, data: st.DataObject) -> None:
        if self.held:
            contact = data.draw(st.sampled_from(sorted(self.held)))
            agent = data.draw(st.sampled_from(self.held[contact][1]))
            self.held[contact] = (self.held[contact][0], [agent])
            self.change(ContactTaken(contact, agent))

    @rule(data=st.data())
    def decline_where_several_were_asked(self, data: st.DataObject) -> None:
        several = [id for id, (_, agents) in self.held.items() if len(agents) > 1]
        if several:
            contact = data.draw(st.sampled_from(sorted(several)))
            agent = data.draw(st.sampled_from(self.held[contact][1]))
            self.held[contact][1].remove(agent)
            self.change(OfferOver(contact, agent))

    @rule(data=st.data(), idle_for=st.integers(0, 50))
    def tell_the_load(self, data: st.DataObject, idle_for: int) -> None:
        agents = self.engine.state().agents
        if agents:
            id = data.draw(st.sampled_from(sorted(agents)))
            self.forget_what_they_have(id)
            empty = replace(agents[id], used=0, live_by_channel=dict.fromkeys(CHANNELS, 0))
            last = max(0, self.now - idle_for * SECOND)
            self.change(AgentIs(replace(empty, last_assigned_at=last), with_load=True))

    @rule(data=st.data(), id=st.integers(1, 4))
    def change_an_agent(self, data: st.DataObject, id: int) -> None:
        self.change(AgentIs(self._drawn_agent(data, id)))

    @rule(id=st.integers(1, 4), available=st.booleans(), wrap_up=st.sampled_from([0, 10]))
    def change_presence(self, id: int, available: bool, wrap_up: int) -> None:
        agent = self.engine.state().agents.get(id)
        if agent is not None:
            until = self.now + wrap_up * SECOND
            self.change(AgentIs(replace(agent, available=available, wrap_up_until=until)))

    @rule(id=st.integers(1, 4))
    def lose_an_agent(self, id: int) -> None:
        self.forget_what_they_have(id)
        self.change(AgentGone(id))

    @rule(id=st.integers(1, 2), paused=st.booleans(), occupancy=st.sampled_from(["pack", "spread"]))
    def change_a_queue(self, id: int, paused: bool, occupancy: str) -> None:
        queue = QUEUES[id - 1]
        self.change(QueueIs(replace(queue, paused=paused, occupancy=occupancy)))  # type: ignore[arg-type]

    @rule(id=st.integers(1, 2), holds=st.booleans())
    def change_whether_a_queue_holds_agents(self, id: int, holds: bool) -> None:
        after, for_ms = (5 * SECOND, 20 * SECOND) if holds else (0, 0)
        self.change(QueueIs(replace(QUEUES[id - 1], drain_after_ms=after, drain_for_ms=for_ms)))

    @rule(data=st.data(), held=st.booleans())
    def set_drains_by_hand(self, data: st.DataObject, held: bool) -> None:
        state = self.engine.state()
        if state.contacts and state.agents:
            contact = data.draw(st.sampled_from(sorted(state.contacts)))
            agent = data.draw(st.sampled_from(sorted(state.agents))) if held else None
            others = [drain for drain in state.drains if drain.contact != contact]
            drain = Drain(contact, self.now, agent, self.now + 10 * SECOND)
            drains = sorted([*others, drain], key=lambda drain: drain.contact)
            self.change(DrainsAre(tuple(drains)))

    @rule()
    def start_again_from_the_state(self) -> None:
        state = self.engine.state()
        self.engine = Engine.of(state, self.now)
        self.held = {}
        self.told = {id: agent.used for id, agent in state.agents.items()}
        assert self.engine.state() == state
        self.settle()

    @rule(seconds=st.integers(1, 40))
    def pass_time(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.change(Tick())

    @invariant()
    def load_is_what_the_agents_hold(self) -> None:
        for agent in self.engine.state().agents.values():
            mine = [contact for contact, agents in self.held.values() if agent.id in agents]
            assert agent.used == self.told.get(agent.id, 0) + sum(c.cost for c in mine)

    def forget_what_they_have(self, id: int) -> None:
        self.told.pop(id, None)
        for _, holders in self.held.values():
            if id in holders:
                holders.remove(id)
        self.held = {contact: held for contact, held in self.held.items() if held[1]}

    def change(self, change: Change) -> None:
        self.engine.note(change, self.now)
        self.engine.note(change, self.now)  # delivered twice
        self.settle()

    def settle(self) -> None:
        while True:
            state = self.engine.state()
            expected = settle(state, self.now)
            decisions = self.engine.decide(self.now)
            assert decisions == expected
            assert self.engine.state() == carry_out(state, expected, self.now)
            if not decisions:
                return
            for decision in decisions:
                contact = state.contacts[decision.contact]
                self.held.setdefault(contact.id, (contact, []))[1].append(decision.agent)

    def _drawn_agent(self, data: st.DataObject, id: int) -> Agent:
        agent = data.draw(agents(id, self.unit_cost))
        return replace(agent, used=0, live_by_channel=dict.fromkeys(CHANNELS, 0))


TwoFaces.TestCase.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=40, deadline=None, database=None
)
TestTwoFaces = TwoFaces.TestCase


def test_an_agent_who_comes_free_gets_the_earliest_of_many() -> None:
    engine = Engine([Queue(1)])
    for id in range(1, 40):
        waiting = Contact(id, 1, "chat", 2, enqueued_at=NOW - id)
        assert engine.apply(ContactWaits(waiting), NOW) == []
    [first] = engine.apply(AgentIs(Agent(1, True, 2, queues={1: Membership()})), NOW)
    assert first.contact == 39
    [second] = engine.apply(ContactGone(39), NOW)
    assert second.contact == 38


def test_a_late_return_of_an_offered_contact_changes_nothing() -> None:
    engine = Engine([Queue(1)])
    engine.apply(AgentIs(Agent(1, True, 2, queues={1: Membership()})), NOW)
    contact = Contact(1, 1, "chat", 2, enqueued_at=NOW)
    assert engine.apply(ContactWaits(contact), NOW)
    before = engine.state()
    assert engine.apply(ContactWaits(contact), NOW) == []
    assert engine.state() == before


def test_the_engine_says_when_time_alone_may_change_something() -> None:
    engine = Engine([Queue(1)])
    assert engine.next_change_at() is None
    late = {1: Membership(delay_ms=60 * SECOND)}
    engine.apply(AgentIs(Agent(1, True, 2, queues=late)), NOW)
    engine.apply(ContactWaits(Contact(1, 1, "chat", 2, enqueued_at=NOW)), NOW)
    assert engine.next_change_at() == NOW + 60 * SECOND
    assert engine.apply(Tick(), NOW + 60 * SECOND - 1) == []
    assert len(engine.apply(Tick(), NOW + 60 * SECOND)) == 1


def everywhere(id: int, used_up: bool = False, **changes: Any) -> Agent:
    seats = {1: Membership()}
    return replace(Agent(id, True, 2, used=2 if used_up else 0, queues=seats), **changes)


def test_the_engine_lets_others_in_when_the_preferred_agent_signs_out() -> None:
    engine = Engine([Queue(1)])
    engine.apply(AgentIs(everywhere(1, used_up=True)), NOW)
    engine.apply(AgentIs(everywhere(2)), NOW)
    held = Contact(1, 1, "chat", 2, NOW, preferred=1, preferred_until=NOW + 30 * SECOND)
    assert engine.apply(ContactWaits(held), NOW) == []
    [decision] = engine.apply(AgentIs(everywhere(1, available=False)), NOW + 1)
    assert decision.agent == 2


def test_the_engine_clears_exclusions_when_the_last_who_had_not_declined_signs_out() -> None:
    engine = Engine([Queue(1)])
    engine.apply(AgentIs(everywhere(1)), NOW)
    engine.apply(AgentIs(everywhere(2, used_up=True)), NOW)
    declined = Contact(1, 1, "chat", 2, NOW, excluded=frozenset({1}))
    assert engine.apply(ContactWaits(declined), NOW) == []
    [decision] = engine.apply(AgentIs(everywhere(2, available=False)), NOW + 1)
    assert decision.agent == 1
    assert decision.clears_exclusion


@pytest.mark.parametrize(("end", "after"), [(ContactGone(1), 1), (DrainsAre(()), 1), (Tick(), 5)])
def test_the_engine_frees_a_drained_agent_when_the_hold_ends(end: Change, after: int) -> None:
    engine = Engine([Queue(1)])
    busy = everywhere(1, capacity=6, used=4)
    engine.apply(AgentIs(busy), NOW)
    engine.apply(ContactWaits(Contact(1, 1, "voice", 6, NOW)), NOW)
    engine.apply(DrainsAre((Drain(1, NOW, agent=1, until=NOW + 5),)), NOW)
    assert engine.apply(ContactWaits(Contact(2, 1, "chat", 2, NOW)), NOW) == []
    assert [decision.contact for decision in engine.apply(end, NOW + after)] == [2]


def test_holds_count_when_several_may_be_served_at_once() -> None:
    engine = Engine([Queue(1)])
    engine.note(AgentIs(everywhere(1, capacity=6, used=4)), NOW)
    engine.note(AgentIs(everywhere(2)), NOW)
    engine.note(ContactWaits(Contact(1, 1, "voice", 6, NOW)), NOW)
    engine.note(DrainsAre((Drain(1, NOW, agent=1, until=NOW + 5),)), NOW)
    for id in (2, 3):
        engine.note(ContactWaits(Contact(id, 1, "chat", 2, NOW)), NOW)
    assert [(d.contact, d.agent) for d in engine.decide(NOW)] == [(2, 2)]


def test_the_first_in_line_is_watched_when_a_hold_turns_out_to_be_for_nobody() -> None:
    engine = Engine([Queue(1, drain_after_ms=5, drain_for_ms=20)])
    engine.apply(AgentIs(everywhere(1, used_up=True)), NOW)
    engine.apply(ContactWaits(Contact(1, 1, "chat", 2, NOW)), NOW)
    engine.apply(ContactWaits(Contact(2, 1, "voice", 6, NOW + 1)), NOW)  # too big for anybody
    change = DrainsAre((Drain(2, NOW, agent=1, until=NOW + 9),))
    engine.apply(change, NOW)
    assert engine.state().drains == ()
    expected = carry_out(engine.state(), [], NOW + 1).drains
    engine.apply(Tick(), NOW + 1)
    assert engine.state().drains == expected
    assert engine.state().drains == (Drain(1, NOW + 1, until=NOW + 6),)
