"""A small centre that lives: contacts come, offers are taken or not, people sign in and out."""

from dataclasses import replace
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from routing.overflow import OverflowRule, overflows, passed_on
from routing.settle import Decision, carry_out, settle
from routing.state import Agent, Contact, Drain, Membership, Queue, SkillNeed, State, Step
from tests.routing import reference

SECOND = 1_000
AGENTS = (1, 2, 3)
UNITS = {"chat": 2, "email": 1, "voice": 4}
QUEUES = (
    Queue(1, keep_free=1, drain_after_ms=30 * SECOND, drain_for_ms=60 * SECOND),
    Queue(2, agent_rule="best_skilled", occupancy="spread", parallel_offers=2),
)
RULES = {1: [OverflowRule("declined_by_all", "message")], 2: []}
Offer = tuple[Contact, list[Decision]]  # a contact and those who have been asked


class Centre(RuleBasedStateMachine):
    """Every event is followed by a settlement, as in the product."""

    def __init__(self) -> None:
        super().__init__()
        self.now = 1_000_000
        self.next_id = 1
        self.waiting: dict[int, Contact] = {}
        self.offers: dict[int, Offer] = {}
        self.drains: tuple[Drain, ...] = ()
        self.active: dict[int, tuple[Contact, int]] = {}
        self.ended: set[int] = set()
        self.agents: dict[int, Agent] = {}
        self.first_entry: dict[int, int] = {}

    @initialize(levels=st.lists(st.integers(0, 2), min_size=3, max_size=3))
    def staff(self, levels: list[int]) -> None:
        for id, level in zip(AGENTS, levels, strict=True):
            seats = {1: Membership(), 2: Membership(delay_ms=20 * SECOND if id == 3 else 0)}
            self.agents[id] = Agent(
                id,
                available=id != 2,
                capacity=4,
                max_by_channel={"chat": 1},
                skills={1: level},
                queues=seats,
            )

    @rule(
        queue=st.integers(1, 2),
        channel=st.sampled_from(["chat", "email", "voice"]),
        boost=st.sampled_from([-50, 0, 0, 50]),
        level=st.integers(0, 2),
        preferred=st.none() | st.sampled_from(AGENTS),
    )
    def enqueue(
        self, queue: int, channel: str, boost: int, level: int, preferred: int | None
    ) -> None:
        id, self.next_id = self.next_id, self.next_id + 1
        self.first_entry[id] = self.now
        self.waiting[id] = Contact(
            id,
            queue,
            channel,
            UNITS[channel],
            enqueued_at=self.now,
            boost=boost * SECOND,
            skills=(SkillNeed(1, level),) if level else (),
            steps=(Step(40 * SECOND),) if level else (),
            preferred=preferred,
            preferred_until=self.now + 30 * SECOND,
        )
        self.settle()

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), number=st.integers(0, 1))
    def accept(self, data: st.DataObject, number: int) -> None:
        self._accept(self._some_offer(data), number)
        self.settle()

    @precondition(lambda self: self.offers)
    @rule(data=st.data(), timed_out=st.booleans())
    def decline(self, data: st.DataObject, timed_out: bool) -> None:
        id = self._some_offer(data)
        contact, asked = self.offers[id]
        decision = data.draw(st.sampled_from(asked))
        self._release(decision.agent, contact)
        asked.remove(decision)
        contact = passed_on(
            contact, [decision.agent], decision.clears_exclusion, RULES[contact.queue]
        )
        if asked:  # the others still have their offers
            self.offers[id] = (contact, asked)
        else:
            del self.offers[id]
            self.waiting[id] = contact
        if timed_out:  # not responding: out until they say otherwise
            self._change(decision.agent, available=False)
        self.settle()

    @precondition(lambda self: self.active)
    @rule(data=st.data(), wrap_up=st.sampled_from([0, 30]))
    def end(self, data: st.DataObject, wrap_up: int) -> None:
        self._end(data.draw(st.sampled_from(sorted(self.active))), wrap_up)
        self.settle()

    @precondition(lambda self: self.waiting)
    @rule(data=st.data())
    def abandon(self, data: st.DataObject) -> None:
        id = data.draw(st.sampled_from(sorted(self.waiting)))
        del self.waiting[id]
        self.ended.add(id)
        self.settle()

    @rule(agent=st.sampled_from(AGENTS), available=st.booleans())
    def sign_in_or_out(self, agent: int, available: bool) -> None:
        self._change(agent, available=available)
        self.settle()

    @rule(agent=st.sampled_from(AGENTS), capacity=st.integers(1, 6))
    def change_capacity(self, agent: int, capacity: int) -> None:
        # Live work is never thrown out: a smaller capacity takes effect as it ends.
        self._change(agent, capacity=max(capacity, self.agents[agent].used))
        self.settle()

    @rule(seconds=st.integers(1, 60))
    def wait(self, seconds: int) -> None:
        self.now += seconds * SECOND
        self.settle()

    @invariant()
    def contacts_are_conserved(self) -> None:
        places = [set(self.waiting), set(self.offers), set(self.active), self.ended]
        assert sum(map(len, places)) == self.next_id - 1
        assert set().union(*places) == set(range(1, self.next_id))

    @invariant()
    def load_is_the_sum_of_what_is_live(self) -> None:
        live: dict[int, list[Contact]] = {agent: [] for agent in self.agents}
        for contact, asked in self.offers.values():
            agents = [decision.agent for decision in asked]
            assert 1 <= len(set(agents)) == len(agents) <= QUEUES[contact.queue - 1].parallel_offers
            for agent in agents:
                live[agent].append(contact)
        for contact, agent in self.active.values():
            live[agent].append(contact)
        for agent in self.agents.values():
            assert agent.used == sum(contact.cost for contact in live[agent.id])
            assert 0 <= agent.used <= agent.capacity
            chats = [contact for contact in live[agent.id] if contact.channel == "chat"]
            assert len(chats) == agent.live_by_channel.get("chat", 0) <= 1

    @invariant()
    def nobody_waits_whom_a_free_agent_could_take(self) -> None:
        state = self.state()
        for contact in self.waiting.values():
            assert not [a for a in self.agents if reference.can_take(state, contact, a, self.now)]

    @invariant()
    def an_agent_is_held_for_one_contact_a_queue(self) -> None:
        held = [drain for drain in self.drains if drain.agent is not None]
        assert len({drain.agent for drain in held}) == len(held)
        assert all(self.waiting[drain.contact].queue == 1 for drain in self.drains)
        assert len(self.drains) <= 1

    @invariant()
    def nobody_is_stranded_by_who_declined_it(self) -> None:
        state = self.state()
        for contact in self.waiting.values():
            serving = reference.reach(state, contact, self.now)
            present = {a for a in serving if self.agents[a].available}
            if present and present <= contact.excluded:  # a new round is due
                assert not reference.barred(state, contact, self.now)

    @invariant()
    def the_age_of_a_contact_is_kept(self) -> None:
        for contact in self.waiting.values():
            assert contact.enqueued_at == self.first_entry[contact.id]

    def teardown(self) -> None:
        """Nothing is stranded when everybody signs out and back in, and then takes what comes."""
        if not self.agents:
            return
        for agent in self.agents:
            self._change(agent, available=False)
        self.settle()
        self.now += 60 * SECOND
        for agent in self.agents:
            self._change(agent, available=True, capacity=6)
        self.settle()
        while self.offers or self.active:
            for id in list(self.offers):
                self._accept(id)
            for id in list(self.active):
                self._end(id, wrap_up=0)
            self.settle()
        assert not self.waiting

    def state(self) -> State:
        return State.of(self.waiting.values(), self.agents.values(), QUEUES, self.drains)

    def settle(self) -> None:
        state = self.state()
        decisions = settle(state, self.now)
        assert decisions == settle(state, self.now)
        for decision in decisions:
            contact = state.contacts[decision.contact]
            agent = self.agents[decision.agent]
            # What the claim in the database checks again.
            assert contact.version == decision.contact_version
            assert agent.available
            assert agent.epoch == decision.agent_epoch
            assert agent.used + contact.cost <= agent.capacity
            self.waiting.pop(contact.id, None)
            self.offers.setdefault(contact.id, (contact, []))[1].append(decision)
            self.agents[agent.id] = reference.given(
                state=State.of([], self.agents.values(), []),
                contact=contact,
                agent_id=agent.id,
                now=self.now,
            ).agents[agent.id]
        after = carry_out(state, decisions, self.now)
        assert after.agents == self.agents
        self.drains = after.drains
        for gone in overflows(self.state(), RULES, self.now):
            del self.waiting[gone.contact]
            self.ended.add(gone.contact)
        assert settle(self.state(), self.now) == []

    def _some_offer(self, data: st.DataObject) -> int:
        return data.draw(st.sampled_from(sorted(self.offers)))

    def _accept(self, id: int, number: int = 0) -> None:
        contact, asked = self.offers.pop(id)
        winner = asked[number % len(asked)]
        for decision in asked:
            if decision is not winner:
                self._release(decision.agent, contact)
        self.active[id] = (contact, winner.agent)

    def _end(self, id: int, wrap_up: int) -> None:
        contact, agent = self.active.pop(id)
        self.ended.add(id)
        self._release(agent, contact)
        until = self.now + wrap_up * SECOND if wrap_up else 0
        self.agents[agent] = replace(self.agents[agent], wrap_up_until=until)

    def _release(self, agent_id: int, contact: Contact) -> None:
        agent = self.agents[agent_id]
        live = dict(agent.live_by_channel)
        live[contact.channel] -= 1
        used = agent.used - contact.cost
        self.agents[agent_id] = replace(agent, used=used, live_by_channel=live)

    def _change(self, agent_id: int, **changes: Any) -> None:
        agent = self.agents[agent_id]
        self.agents[agent_id] = replace(agent, epoch=agent.epoch + 1, **changes)


Centre.TestCase.settings = settings(
    max_examples=settings().max_examples, stateful_step_count=40, deadline=None, database=None
)
TestCentre = Centre.TestCase
