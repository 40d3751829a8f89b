"""The floor during one settlement: who has room, as contacts are handed out one by one."""

from collections import defaultdict
from collections.abc import Set

from routing.eligible import Request, drained_agents, refusal, request
from routing.rank import is_whole, rank
from routing.reasons import ReasonCode
from routing.state import Agent, Contact, State


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
        for agent in state.agents.values():
            if agent.available and agent.wrap_up_until <= now and self._has_room(agent):
                self._open_agents.add(agent.id)
                for queue in agent.queues:
                    self._open[queue][agent.id] = None
        self.open_at_first = {queue: tuple(agents) for queue, agents in self._open.items()}

    def request(self, contact: Contact) -> Request:
        """The contact as the rules see it now."""
        return request(self.state, contact, self.now, self._drained)

    def is_full(self) -> bool:
        """Whether nobody could take even the smallest contact."""
        return not self._open_agents

    def has_one_open(self) -> bool:
        """Whether at most one agent could take anything."""
        return len(self._open_agents) <= 1

    def has_room_for(self, contact: Contact) -> bool:
        """Whether anybody can take the contact now, those held for another included."""
        asked = request(self.state, contact, self.now, drained={})
        return any(
            refusal(asked, self.agents[id]) is None for id in self._open.get(contact.queue, ())
        )

    def best(self, contact: Contact, besides: Set[int] = frozenset()) -> Agent | None:
        """Of the agents who can take the contact now, the one with the smallest rank."""
        candidates = self._open.get(contact.queue)
        if not candidates:
            return None
        asked = self.request(contact)
        takers = [
            self.agents[id]
            for id in candidates
            if id not in besides and refusal(asked, self.agents[id]) is None
        ]
        if not takers:
            return None
        queue, keeps_free = self.state.queues[contact.queue], self.keeps_free(contact.queue)
        return min(takers, key=lambda agent: rank(contact, queue, agent, keeps_free))

    def keeps_free(self, queue_id: int) -> bool:
        """Whether the queue has no more empty agents than it wants kept whole."""
        wanted = self.state.queues[queue_id].keep_free
        if not wanted:
            return False
        members = (agent for agent in self.agents.values() if queue_id in agent.queues)
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
        code = refusal(asked, self.agents[agent_id])
        if code is not None and self.given.get(agent_id):
            before = refusal(asked, self.state.agents[agent_id])
            return ReasonCode.EARLIER_CONTACT if before is None else before
        return code

    def _has_room(self, agent: Agent) -> bool:
        return bool(agent.interruptible) or agent.used + self._cheapest <= agent.capacity


def with_contact(agent: Agent, contact: Contact, now: int) -> Agent:
    """The agent with one contact more."""
    return _with_load(agent, contact.channel, 1, contact.cost, now)


def without_contact(agent: Agent, contact: Contact) -> Agent:
    """The agent with one contact less."""
    return _with_load(agent, contact.channel, -1, -contact.cost, agent.last_assigned_at)


def _with_load(agent: Agent, channel: str, count: int, units: int, assigned_at: int) -> Agent:
    live = dict(agent.live_by_channel)
    live[channel] = live.get(channel, 0) + count
    # Spelled out: `replace` takes twice as long, and this is done for every decision.
    return Agent(
        agent.id,
        agent.available,
        agent.capacity,
        agent.used + units,
        agent.max_by_channel,
        live,
        agent.skills,
        agent.queues,
        assigned_at,
        agent.epoch,
        agent.wrap_up_until,
        agent.interruptible,
    )
