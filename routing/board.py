"""The state of an engine with its indexes, and what each change touched."""

from collections import defaultdict
from dataclasses import replace
from heapq import heappop, heappush

from routing.bits import AgentBits
from routing.floor import with_contact, without_contact
from routing.lanes import Lanes
from routing.standing import Standing
from routing.state import Agent, Contact, Drain, Occupancy, Queue, State
from routing.timers import instants_of


class Board:
    """Who waits, who works and who has what, indexed by what the rules ask.

    `touched` and `touched_agents` are those for whom more may have become possible since the last
    settlement.
    """

    def __init__(self, policy_version: int) -> None:
        self.contacts: dict[int, Contact] = {}
        self.agents: dict[int, Agent] = {}
        self.queues: dict[int, Queue] = {}
        self.held: dict[int, tuple[Contact, int]] = {}  # contacts with an agent
        self.live = State(self.contacts, self.agents, self.queues, (), policy_version)
        self.bits = AgentBits()
        self.lanes = Lanes()
        self.standing: dict[Occupancy, Standing] = {}
        self.touched: set[int] = set()
        self.touched_agents: set[int] = set()
        self._timers: list[tuple[int, bool, int]] = []  # instant, is it an agent's, id
        self._delays: defaultdict[int, set[int]] = defaultdict(set)
        self._preferring: defaultdict[int, set[int]] = defaultdict(set)
        self._declined: set[int] = set()

    def wait(self, contact: Contact, now: int) -> None:
        """A contact waits; if it was with an agent, it no longer is."""
        known, held = self.contacts.get(contact.id), self.held.get(contact.id)
        if known == contact or (known is not None and contact.version < known.version):
            return
        if held is not None and contact.version <= held[0].version:
            return
        self.go(contact.id)
        self.contacts[contact.id] = contact
        self.lanes.add(contact)
        if contact.preferred is not None:
            self._preferring[contact.preferred].add(contact.id)
        if contact.excluded:
            self._declined.add(contact.id)
        for at in instants_of(contact, self._delays[contact.queue], now):
            heappush(self._timers, (at, False, contact.id))
        self.touched.add(contact.id)

    def go(self, contact_id: int) -> None:
        """A contact is nowhere any more; what it held is free."""
        if contact_id in self.contacts:
            self._leave(contact_id)
        held = self.held.pop(contact_id, None)
        if held is not None and held[1] in self.agents:
            self._put_load(without_contact(self.agents[held[1]], held[0]))
            self.touched_agents.add(held[1])

    def give(self, contact_id: int, agent_id: int, now: int) -> None:
        """A waiting contact goes to an agent; nothing if it does not wait."""
        contact = self.contacts.get(contact_id)
        if contact is not None and agent_id in self.agents:
            self._leave(contact_id)
            self.held[contact_id] = (contact, agent_id)
            self._put_load(with_contact(self.agents[agent_id], contact, now))

    def put_agent(self, agent: Agent, now: int, with_load: bool = False) -> None:
        """An agent is new or changed in anything but load, or in that too."""
        known = self.agents.get(agent.id)
        if with_load:
            self.held = {
                id: (contact, 0 if holder == agent.id else holder)
                for id, (contact, holder) in self.held.items()
            }
        elif known is not None:
            agent = replace(
                agent,
                used=known.used,
                live_by_channel=known.live_by_channel,
                last_assigned_at=known.last_assigned_at,
            )
        if agent == known:
            return
        self.agents[agent.id] = agent
        self.bits.put(agent, now)
        self.lanes.forget(agent.id)
        for standing in self.standing.values():
            standing.put(agent)
        if agent.wrap_up_until > now:
            heappush(self._timers, (agent.wrap_up_until, True, agent.id))
        for queue, seat in agent.queues.items():
            self._know_delay(queue, seat.delay_ms, now)
        self.touched_agents.add(agent.id)
        self._touch_those_who_look_at(agent.id)

    def remove_agent(self, agent_id: int) -> None:
        """An agent is no more."""
        if self.agents.pop(agent_id, None) is not None:
            self.bits.remove(agent_id)
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
            for agent in self.agents.values():
                standing.put(agent)
        self.touched.update(self.lanes.in_queue(queue.id))

    def put_drains(self, drains: tuple[Drain, ...]) -> None:
        """The holds changed: agents held until now may be free."""
        for drain in (*self.live.drains, *drains):
            if drain.agent is not None:
                self.touched_agents.add(drain.agent)
                heappush(self._timers, (drain.until, True, drain.agent))
        self.live = replace(self.live, drains=drains)

    def pass_time(self, now: int) -> None:
        """Touch those whom the time up to `now` lets in."""
        while self._timers and self._timers[0][0] <= now:
            _, is_agent, id = heappop(self._timers)
            if not is_agent:
                if id in self.contacts:
                    self.touched.add(id)
            elif id in self.agents:
                if self.agents[id].wrap_up_until <= now:
                    self.bits.put_ready(self.agents[id])
                self.touched_agents.add(id)

    def forget_touched(self) -> None:
        """A settlement has looked at all that was touched."""
        self.touched.clear()
        self.touched_agents.clear()

    def next_timer_at(self) -> int | None:
        """When time alone may let somebody in."""
        return self._timers[0][0] if self._timers else None

    def _leave(self, contact_id: int) -> None:
        contact = self.contacts.pop(contact_id)
        self.lanes.remove(contact)
        self.touched.discard(contact_id)
        self._declined.discard(contact_id)
        if contact.preferred is not None:
            self._preferring[contact.preferred].discard(contact_id)
        for drain in self.live.drains:
            if drain.contact == contact_id and drain.agent is not None:
                self.touched_agents.add(drain.agent)

    def _put_load(self, agent: Agent) -> None:
        self.agents[agent.id] = agent
        self.bits.put_load(agent)
        for standing in self.standing.values():
            standing.put(agent)

    def _know_delay(self, queue: int, delay: int, now: int) -> None:
        if delay and delay not in self._delays[queue]:
            self._delays[queue].add(delay)
            for contact_id in self.lanes.in_queue(queue):
                at = self.contacts[contact_id].enqueued_at + delay
                if at > now:
                    heappush(self._timers, (at, False, contact_id))

    def _touch_those_who_look_at(self, agent_id: int) -> None:
        """Holds end and exclusions clear by what one agent is."""
        self.touched |= self._preferring[agent_id]
        self.touched |= self._declined
