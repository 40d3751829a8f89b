"""The floor during one settlement: who has room, as contacts are handed out one by one."""

from collections import Counter, defaultdict
from collections.abc import Set
from typing import NamedTuple

from routing.eligible import (
    Request,
    cannot_take,
    drained_agents,
    not_serving,
    out_of_reach,
    pushed_aside,
    request,
)
from routing.rank import is_whole, rank
from routing.reasons import ReasonCode
from routing.state import Agent, Contact, State


class Reach(NamedTuple):
    """The agents of a queue who serve a contact, and the others of all counted by the rule."""

    inside: list[int]
    outside: Counter[ReasonCode]


class Floor:
    """A working copy of the agents; the state itself is never changed."""

    def __init__(self, state: State, now: int) -> None:
        self.state = state
        self.now = now
        self.agents: dict[int, Agent] = dict(state.agents)
        self.given: defaultdict[int, list[Contact]] = defaultdict(list)
        self._asked: defaultdict[int, set[int]] = defaultdict(set)
        self._drained = drained_agents(state, now)
        self._cheapest = min((contact.cost for contact in state.contacts.values()), default=1)
        # The agents of each queue who might take something; in a busy centre they are few.
        self._open: defaultdict[int, dict[int, None]] = defaultdict(dict)
        self._open_agents: set[int] = set()
        self._members: defaultdict[int, list[Agent]] = defaultdict(list)
        self._delays: defaultdict[int, set[int]] = defaultdict(set)
        self._reach: dict[object, Reach] = {}
        for agent in state.agents.values():
            for queue, seat in agent.queues.items():
                self._members[queue].append(agent)
                self._delays[queue].add(seat.delay_ms)
            if agent.available and agent.wrap_up_until <= now and self._has_room(agent):
                self._open_agents.add(agent.id)
                for queue in agent.queues:
                    self._open[queue][agent.id] = None
        self.open_at_first = {queue: frozenset(agents) for queue, agents in self._open.items()}

    def request(self, contact: Contact) -> Request:
        """The contact as the rules see it now."""
        return request(self.state, contact, self.now, self._drained)

    def is_full(self) -> bool:
        """Whether nobody could take even the smallest contact."""
        return not self._open_agents

    def has_one_open(self) -> bool:
        """Whether at most one agent could take anything."""
        return len(self._open_agents) <= 1

    def reach(self, contact: Contact) -> Reach:
        """The agents of the queue by whether they serve the contact at its age.

        That depends on little and changes for nobody during a settlement, so contacts alike share
        it. A hold for the preferred agent comes on top.
        """
        age = contact.age(self.now)
        opened = sum(step.after_ms <= age for step in contact.steps)
        passed = sum(delay <= age for delay in self._delays[contact.queue])
        alike = contact.queue, contact.skills, contact.steps, opened, passed
        reach = self._reach.get(alike)
        if reach is None:
            members = self._members[contact.queue]
            codes = {agent.id: not_serving(contact, agent, age) for agent in members}
            inside = [id for id, code in codes.items() if code is None]
            outside = Counter(code for code in codes.values() if code is not None)
            outside[ReasonCode.NOT_MEMBER] = len(self.agents) - len(members)
            reach = self._reach[alike] = Reach(inside, outside)
        return reach

    def takers(self, asked: Request) -> list[Agent]:
        """The agents who can take the contact now."""
        open_agents = self._open.get(asked.contact.queue)
        if not open_agents or asked.paused:
            return []
        inside = self.reach(asked.contact).inside if asked.held_for is None else [asked.held_for]
        return [
            agent
            for id in inside
            if id in open_agents and cannot_take(asked, agent := self.agents[id]) is None
        ]

    def has_room_for(self, contact: Contact) -> bool:
        """Whether anybody can take the contact now, those held for another included."""
        return bool(self.takers(request(self.state, contact, self.now, drained={})))

    def best(self, contact: Contact, besides: Set[int] = frozenset()) -> Agent | None:
        """Of the agents who can take the contact now, the one with the smallest rank."""
        if not self._open.get(contact.queue):
            return None
        takers = self.takers(self.request(contact))
        if besides:
            takers = [agent for agent in takers if agent.id not in besides]
        if not takers:
            return None
        queue, keeps_free = self.state.queues[contact.queue], self.keeps_free(contact.queue)
        return min(takers, key=lambda agent: rank(contact, queue, agent, keeps_free))

    def keeps_free(self, queue_id: int) -> bool:
        """Whether the queue has no more empty agents than it wants kept whole."""
        wanted = self.state.queues[queue_id].keep_free
        if not wanted:
            return False
        members = (self.agents[agent.id] for agent in self._members[queue_id])
        return sum(is_whole(agent, self.now) for agent in members) <= wanted

    def give(self, contact: Contact, agent_id: int) -> None:
        """Consume the agent's capacity: an offer reserves it. A hold for the contact is over."""
        if self._drained:
            kept = {id: key for id, key in self._drained.items() if key.contact != contact.id}
            self._drained = kept
        self.given[agent_id].append(contact)
        self._asked[contact.id].add(agent_id)
        agent = self.agents[agent_id] = with_contact(self.agents[agent_id], contact, self.now)
        if not self._has_room(agent):
            self._open_agents.discard(agent_id)
            for queue in agent.queues:
                self._open[queue].pop(agent_id, None)

    def asked(self, contact: Contact) -> set[int]:
        """The agents who have been given the contact."""
        return self._asked[contact.id]

    def take_back(self, contact: Contact, agent_id: int) -> None:
        """Undo `give`."""
        self.given[agent_id].remove(contact)
        self._asked[contact.id].discard(agent_id)
        agent = self.state.agents[agent_id]
        for other in self.given[agent_id]:
            agent = with_contact(agent, other, self.now)
        self.agents[agent_id] = agent
        self._open_agents.add(agent_id)
        for queue in agent.queues:
            self._open[queue][agent_id] = None

    def refusal(self, asked: Request, agent_id: int) -> ReasonCode | None:
        """As the rules say, but an agent used up in this settlement is `EARLIER_CONTACT`."""
        return out_of_reach(asked, self.agents[agent_id]) or self.refusal_in_reach(asked, agent_id)

    def refusal_in_reach(self, asked: Request, agent_id: int) -> ReasonCode | None:
        """The same for an agent whom the contact reaches."""
        code = cannot_take(asked, self.agents[agent_id])
        if code is not None and self.given.get(agent_id):
            before = cannot_take(asked, self.state.agents[agent_id])
            return ReasonCode.EARLIER_CONTACT if before is None else before
        return code

    def _has_room(self, agent: Agent) -> bool:
        return bool(agent.interruptible) or agent.used + self._cheapest <= agent.capacity


def with_contact(agent: Agent, contact: Contact, now: int) -> Agent:
    """The agent with one contact more."""
    return _with_load(agent, contact, 1, now)


def without_contact(agent: Agent, contact: Contact) -> Agent:
    """The agent with one contact less."""
    return _with_load(agent, contact, -1, agent.last_assigned_at)


def _with_load(agent: Agent, contact: Contact, count: int, assigned_at: int) -> Agent:
    live = dict(agent.live_by_channel)
    live[contact.channel] = live.get(contact.channel, 0) + count
    aside = agent.interruptible
    if contact.interrupted_by:
        aside = pushed_aside(aside, contact, count)
    # Spelled out: `replace` takes twice as long, and this is done for every decision.
    return Agent(
        agent.id,
        agent.available,
        agent.capacity,
        agent.used + count * contact.cost,
        agent.max_by_channel,
        live,
        agent.skills,
        agent.queues,
        assigned_at,
        agent.epoch,
        agent.wrap_up_until,
        aside,
    )
