"""The agents as bit sets, one bit an agent: a rule is asked of all of them by one `&`.

Python's integers are the sets; with 5,000 agents a rule still costs a fraction of a microsecond.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator

from routing.eligible import Request, below_maximum, fits, meets
from routing.reasons import ReasonCode
from routing.state import Agent, Contact, SkillNeed

Stage = tuple[ReasonCode, int]  # a rule, and the agents left after it


class AgentBits:
    """Bit sets for every rule, kept up to date agent by agent.

    `places` is to be read only: the number of each agent's bit.
    """

    def __init__(self) -> None:
        self.everybody = 0
        self.places: dict[int, int] = {}
        self._ids: list[int] = []
        self._agents: dict[int, Agent] = {}
        self._available = 0
        self._ready = 0
        self._member: defaultdict[int, dict[int, int]] = defaultdict(dict)  # queue, delay
        # These appear when a contact first asks for them.
        self._skilled: dict[tuple[SkillNeed, ...], int] = {}
        self._room: dict[tuple[str, int], int] = {}
        self._below: dict[str, int] = {}

    def bit(self, agent_id: int) -> int:
        """The agent's own bit; 0 if unknown."""
        place = self.places.get(agent_id)
        return 0 if place is None else 1 << place

    def ids(self, agents: int) -> Iterator[int]:
        """The agents of a set."""
        while agents:
            lowest = agents & -agents
            yield self._ids[lowest.bit_length() - 1]
            agents ^= lowest

    def put(self, agent: Agent, now: int) -> None:
        """Add an agent or note all that changed."""
        if agent.id not in self.places:
            self.places[agent.id] = len(self._ids)
            self._ids.append(agent.id)
        bit = 1 << self.places[agent.id]
        self._agents[agent.id] = agent
        self.everybody |= bit
        self._available = _with(self._available, bit, agent.available)
        self._ready = _with(self._ready, bit, agent.wrap_up_until <= now)
        for queue, by_delay in self._member.items():
            for delay in by_delay:
                if queue not in agent.queues or agent.queues[queue].delay_ms != delay:
                    by_delay[delay] &= ~bit
        for queue, seat in agent.queues.items():
            by_delay = self._member[queue]
            by_delay[seat.delay_ms] = by_delay.get(seat.delay_ms, 0) | bit
        for needs in self._skilled:
            self._skilled[needs] = _with(self._skilled[needs], bit, meets(agent, needs))
        self.put_load(agent)

    def put_load(self, agent: Agent) -> None:
        """Note that the agent's load changed, and nothing else."""
        bit = 1 << self.places[agent.id]
        self._agents[agent.id] = agent
        for (channel, cost), agents in self._room.items():
            self._room[channel, cost] = _with(agents, bit, fits(agent, channel, cost))
        for channel, agents in self._below.items():
            self._below[channel] = _with(agents, bit, below_maximum(agent, channel))

    def put_ready(self, agent: Agent) -> None:
        """Note that the agent's wrap-up is over."""
        self._ready |= 1 << self.places[agent.id]

    def remove(self, agent_id: int) -> None:
        """Forget an agent. Their bit is not used again."""
        bit = 1 << self.places.pop(agent_id)
        del self._agents[agent_id]
        self.everybody &= ~bit
        for by_delay in self._member.values():
            for delay in by_delay:
                by_delay[delay] &= ~bit

    def stages(self, asked: Request) -> list[Stage]:
        """Each rule that concerns the contact, in order, with the agents left after it."""
        if asked.paused:
            return [(ReasonCode.QUEUE_PAUSED, 0)]
        stages = self._in_reach(asked)
        stages += self._able(asked, stages[-1][1])
        return stages

    def _in_reach(self, asked: Request) -> list[Stage]:
        contact, age = asked.contact, asked.contact.age(asked.now)
        member = served = 0
        for delay, agents in self._member[contact.queue].items():
            member |= agents
            if delay <= age:
                served |= agents
        stages = [(ReasonCode.NOT_MEMBER, member), (ReasonCode.QUEUE_DELAY, served)]
        if contact.skills:
            served &= self._skilled_for(contact, age)
            stages.append((ReasonCode.SKILL, served))
        if asked.held_for is not None:
            stages.append((ReasonCode.HELD_FOR_PREFERRED, served & self.bit(asked.held_for)))
        return stages

    def _able(self, asked: Request, left: int) -> list[Stage]:
        contact = asked.contact
        left &= self._available
        stages = [(ReasonCode.NOT_AVAILABLE, left)]
        left &= self._ready
        stages.append((ReasonCode.WRAP_UP, left))
        if asked.excluded:
            for agent_id in asked.excluded:
                left &= ~self.bit(agent_id)
            stages.append((ReasonCode.EXCLUDED, left))
        left &= self._has_room(contact.channel, contact.cost)
        stages.append((ReasonCode.CAPACITY, left))
        left &= self._is_below(contact.channel)
        stages.append((ReasonCode.CHANNEL_MAXIMUM, left))
        if asked.drained:
            for agent_id, key in asked.drained.items():
                if key < contact.key:
                    left &= ~self.bit(agent_id)
            stages.append((ReasonCode.DRAINING, left))
        return stages

    def refused(self, stages: list[Stage]) -> dict[ReasonCode, int]:
        """How many agents each rule kept out."""
        counts = {}
        before = self.everybody.bit_count()
        for code, left in stages:
            after = left.bit_count()
            if after < before:
                counts[code] = before - after
                before = after
        return counts

    def _skilled_for(self, contact: Contact, age: int) -> int:
        agents = self._meeting(contact.skills)
        for step in contact.steps:
            if step.after_ms <= age:
                agents |= self._meeting(step.skills)
        return agents

    def _meeting(self, needs: tuple[SkillNeed, ...]) -> int:
        agents = self._skilled.get(needs)
        if agents is None:
            agents = self._skilled[needs] = self._those(lambda agent: meets(agent, needs))
        return agents

    def _has_room(self, channel: str, cost: int) -> int:
        agents = self._room.get((channel, cost))
        if agents is None:
            agents = self._those(lambda agent: fits(agent, channel, cost))
            self._room[channel, cost] = agents
        return agents

    def _is_below(self, channel: str) -> int:
        agents = self._below.get(channel)
        if agents is None:
            agents = self._below[channel] = self._those(lambda agent: below_maximum(agent, channel))
        return agents

    def _those(self, rule: Callable[[Agent], bool]) -> int:
        return sum(1 << self.places[agent.id] for agent in self._agents.values() if rule(agent))


def _with(agents: int, bit: int, is_in: bool) -> int:
    return agents | bit if is_in else agents & ~bit
