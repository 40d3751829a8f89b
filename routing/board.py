"""The state of an engine with its indexes, and what each change touched."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace
from heapq import heappop, heappush
from typing import Literal

from routing.bits import AgentBits
from routing.desk import Desk
from routing.drain import rules_of
from routing.lanes import Lanes
from routing.standing import Standing
from routing.state import Agent, Contact, Drain, Key, Occupancy, Queue, State
from routing.timers import instants_of

Whose = Literal["contact", "agent", "drain"]
Holder = tuple[Desk, int]  # the agent who has a contact, and the page on which they got it


class Board:
    """Who waits, who works and who has what, indexed by what the rules ask.

    `touched` and `touched_agents` are those for whom more may have become possible since the last
    settlement; `stirred` are the queues whose drain may become another.
    """

    def __init__(self, policy_version: int) -> None:
        self.contacts: dict[int, Contact] = {}
        self.keys: dict[int, Key] = {}  # of those in line; who has just come is only touched
        self.desks: dict[int, Desk] = {}
        self.queues: dict[int, Queue] = {}
        self.held: dict[int, tuple[Contact, tuple[Holder, ...]]] = {}  # contacts with agents
        self._agents: dict[int, Agent] = {}  # as values; their loads may be out of date
        self._moved: set[int] = set()  # those whose are
        self.live = State(self.contacts, self._agents, self.queues, (), policy_version)
        self.bits = AgentBits()
        self.lanes = Lanes()
        self.standing: dict[Occupancy, Standing] = {}
        self.touched: set[int] = set()
        self.touched_agents: set[int] = set()
        self.drained_contacts: set[int] = set()
        self.first_looked_at: dict[int, Key] = {}  # whom a queue's drain is about, or would be
        self.stirred: set[int] = set()
        self.draining: set[int] = set()  # the queues that hold agents
        self.timers: list[tuple[int, Whose, int]] = []
        self._delays: defaultdict[int, set[int]] = defaultdict(set)
        self._preferring: defaultdict[int, set[int]] = defaultdict(set)
        self._declined: set[int] = set()
        self._page = 0

    def state(self) -> State:
        """The state with every load as it is."""
        for agent_id in self._moved:
            if agent_id in self.desks:
                self._agents[agent_id] = self.desks[agent_id].agent()
        self._moved.clear()
        return self.live

    def wait(self, contact: Contact) -> None:
        """A contact waits; if it was with agents, it no longer is."""
        known, held = self.contacts.get(contact.id), self.held.get(contact.id)
        if known is not None:
            if known == contact or contact.version < known.version:
                return
            self._leave(contact.id)
        if held is not None:
            if contact.version <= held[0].version:
                return
            self._release(contact.id)
        self.contacts[contact.id] = contact
        self.touched.add(contact.id)

    def line_up(self, now: int) -> None:
        """Put those who came and were not served into the line."""
        for contact_id in self.touched:
            contact = self.contacts.get(contact_id)
            if contact is None or contact_id in self.keys:
                continue
            key = self.keys[contact_id] = contact.key
            self.lanes.add(contact, key)
            if contact.preferred is not None:
                self._preferring[contact.preferred].add(contact_id)
            if contact.excluded:
                self._declined.add(contact_id)
            if self.draining or self.drained_contacts:
                self._stir_for(contact, key)
            delays = self._delays.get(contact.queue)
            if contact.steps or delays or contact.preferred is not None:
                for at in instants_of(contact, delays or (), now):
                    heappush(self.timers, (at, "contact", contact_id))

    def go(self, contact_id: int) -> None:
        """A contact is nowhere any more; what it held is free."""
        if contact_id in self.contacts:
            self._leave(contact_id)
        elif contact_id in self.held:
            self._release(contact_id)

    def give(self, contact_id: int, agent_id: int, now: int) -> None:
        """A contact goes to an agent, who may not be the only one; nothing if it is unknown."""
        desk = self.desks[agent_id]
        holders: tuple[Holder, ...] = ()
        if contact_id in self.contacts:
            contact = self._leave(contact_id)
        elif contact_id in self.held:
            contact, holders = self.held[contact_id]
        else:
            return
        self.held[contact_id] = contact, (*holders, (desk, desk.page))
        before = desk.used
        desk.take(contact, now)
        self._reload(desk, contact, before)

    def take(self, contact_id: int, agent_id: int, now: int) -> None:
        """An agent takes a contact that waits or is offered; nobody else has it any more."""
        if agent_id not in self.desks:
            return
        contact, holders = self.held.get(contact_id, (None, ()))
        if contact is not None:
            self._free(contact, [holder for holder in holders if holder[0].id != agent_id])
            own = tuple([holder for holder in holders if holder[0].id == agent_id])
            self.held[contact_id] = contact, own
            if own:
                return
        self.give(contact_id, agent_id, now)

    def end_offer(self, contact_id: int, agent_id: int) -> None:
        """One of the agents who were offered a contact has it no more; the others still do."""
        if contact_id in self.held:
            contact, holders = self.held[contact_id]
            over = [holder for holder in holders if holder[0].id == agent_id]
            self._free(contact, over)
            self.held[contact_id] = contact, tuple(h for h in holders if h not in over)

    def put_agent(self, agent: Agent, now: int, with_load: bool = False) -> None:
        """An agent is new or changed in anything but load, or in that too."""
        desk = self.desks.get(agent.id)
        if desk is None:
            self._page += 1
            desk = self.desks[agent.id] = Desk(agent, self.bits.next_bit(), self._page)
        else:
            if with_load:
                self._tell_load(desk, agent)
            desk.epoch = agent.epoch
            self._moved.add(agent.id)
            if not desk.differs(agent):
                return
            desk.put_rest(agent)
        self._agents[agent.id] = desk.agent()
        self.bits.put(desk, now)
        self.lanes.forget(agent.id)
        for standing in self.standing.values():
            standing.put(desk)
        if agent.wrap_up_until > now:
            heappush(self.timers, (agent.wrap_up_until, "agent", agent.id))
        for queue, seat in agent.queues.items():
            self._know_delay(queue, seat.delay_ms, now)
        self.touched_agents.add(agent.id)
        self._touch_those_who_look_at(agent.id)

    def remove_agent(self, agent_id: int) -> None:
        """An agent is no more."""
        desk = self.desks.pop(agent_id, None)
        if desk is not None:
            del self._agents[agent_id]
            desk.page = -1  # nothing they had is freed any more
            self.bits.remove(desk)
            self.lanes.forget(agent_id)
            for standing in self.standing.values():
                standing.remove(agent_id)
            self._touch_those_who_look_at(agent_id)

    def put_queue(self, queue: Queue) -> None:
        """A queue is new or changed."""
        if self.queues.get(queue.id) == queue:
            return
        self.queues[queue.id] = queue
        if queue.occupancy not in self.standing:
            standing = self.standing[queue.occupancy] = Standing(queue.occupancy)
            for desk in self.desks.values():
                standing.put(desk)
        self.touched.update(self.lanes.in_queue(queue.id))
        if rules_of(queue) is None:
            self.draining.discard(queue.id)
        else:
            self.draining.add(queue.id)
        self.stir_all()

    def put_drains(self, drains: tuple[Drain, ...]) -> None:
        """The watches and holds are others."""
        for drain in drains:
            if drain not in self.live.drains:
                heappush(self.timers, (drain.until, "drain", drain.contact))
        self.live = replace(self.live, drains=drains)
        self.drained_contacts = {drain.contact for drain in drains}

    def pass_time(self, now: int) -> None:
        """Touch those whom the time up to `now` lets in."""
        while self.timers and self.timers[0][0] <= now:
            _, whose, id = heappop(self.timers)
            if whose == "agent":
                if id in self.desks:
                    if self.desks[id].wrap_up_until <= now:
                        self.bits.put_ready(self.desks[id])
                    self.touched_agents.add(id)
            elif id in self.contacts:
                self.stirred.add(self.contacts[id].queue)
                if whose == "contact":
                    self.touched.add(id)

    def stir_all(self) -> None:
        """Any drain may become another."""
        self.stirred |= self.draining
        for id in self.drained_contacts:
            if id in self.contacts:
                self.stirred.add(self.contacts[id].queue)

    def next_timer_at(self) -> int | None:
        """When time alone may let somebody in."""
        return self.timers[0][0] if self.timers else None

    def _leave(self, contact_id: int) -> Contact:
        contact = self.contacts.pop(contact_id)
        self.touched.discard(contact_id)
        key = self.keys.pop(contact_id, None)
        if key is None:
            return contact
        self.lanes.remove(contact, key)
        if contact.excluded:
            self._declined.discard(contact_id)
        if contact.preferred is not None:
            self._preferring[contact.preferred].discard(contact_id)
        if self.draining or self.drained_contacts:
            self._stir_for(contact, key)
        return contact

    def _release(self, contact_id: int) -> None:
        contact, holders = self.held.pop(contact_id)
        self._free(contact, holders)

    def _free(self, contact: Contact, holders: Iterable[Holder]) -> None:
        for desk, page in holders:
            if desk.page == page:
                before = desk.used
                desk.release(contact)
                self._reload(desk, contact, before)
                self.touched_agents.add(desk.id)

    def _reload(self, desk: Desk, contact: Contact, before: int) -> None:
        self._moved.add(desk.id)
        self.bits.put_one(desk, contact, before)
        for standing in self.standing.values():
            standing.put(desk)

    def _tell_load(self, desk: Desk, agent: Agent) -> None:
        """The caller's books say how loaded the agent is: a new page."""
        self._page += 1
        if desk.has_load_of(agent):
            desk.page = self._page
            return
        desk.put_load(agent, self._page)
        self.bits.put_load(desk)
        for standing in self.standing.values():
            standing.put(desk)
        self.touched_agents.add(agent.id)

    def _stir_for(self, contact: Contact, key: Key) -> None:
        """A contact lines up or leaves: it may be the one its queue's drain is about."""
        first = self.first_looked_at.get(contact.queue)
        comes_first = contact.queue in self.draining and (first is None or key <= first)
        if comes_first or contact.id in self.drained_contacts:
            self.stirred.add(contact.queue)

    def _know_delay(self, queue: int, delay: int, now: int) -> None:
        if delay and delay not in self._delays[queue]:
            self._delays[queue].add(delay)
            for contact_id in self.lanes.in_queue(queue):
                at = self.contacts[contact_id].enqueued_at + delay
                if at > now:
                    heappush(self.timers, (at, "contact", contact_id))

    def _touch_those_who_look_at(self, agent_id: int) -> None:
        """Holds end, exclusions clear and drains change by what one agent is."""
        self.touched |= self._preferring[agent_id]
        self.touched |= self._declined
        self.stir_all()
