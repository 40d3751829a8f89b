"""The waiting contacts in lanes: those alike in what they ask of an agent, in key order."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from routing.eligible import below_maximum, fits, meets
from routing.state import Agent, Contact, Key, SkillNeed, Step

Kind = tuple[str, int]  # channel and cost
Shape = tuple[str, int, tuple[SkillNeed, ...], tuple[Step, ...]]


@dataclass(slots=True, eq=False)
class Lane:
    """Contacts of one queue, channel, cost and set of needs."""

    queue: int
    channel: str
    cost: int
    skills: tuple[SkillNeed, ...]
    steps: tuple[Step, ...]
    keys: list[Key] = field(default_factory=list)

    def may_suit(self, agent: Agent) -> bool:
        """Whether the agent serves the queue and has the skills of any step, open or not."""
        return self.queue in agent.queues and (
            meets(agent, self.skills) or any(meets(agent, step.skills) for step in self.steps)
        )


class Lanes:
    """All lanes, and which of them concern an agent."""

    def __init__(self) -> None:
        self._lanes: defaultdict[int, dict[Shape, Lane]] = defaultdict(dict)
        self._of_agent: dict[int, dict[Kind, list[Lane]]] = {}

    def add(self, contact: Contact) -> None:
        """Put a contact into its lane."""
        shape = (contact.channel, contact.cost, contact.skills, contact.steps)
        lane = self._lanes[contact.queue].get(shape)
        if lane is None:
            lane = self._lanes[contact.queue][shape] = Lane(contact.queue, *shape)
            self._of_agent.clear()
        insort(lane.keys, contact.key)

    def remove(self, contact: Contact) -> None:
        """Take a contact out of its lane."""
        shape = (contact.channel, contact.cost, contact.skills, contact.steps)
        keys = self._lanes[contact.queue][shape].keys
        del keys[bisect_left(keys, contact.key)]

    def in_queue(self, queue: int) -> Iterator[int]:
        """The contacts that wait in a queue."""
        for lane in self._lanes[queue].values():
            for key in lane.keys:
                yield key.contact

    def forget(self, agent_id: int) -> None:
        """Ask anew which lanes concern this agent: their queues or skills changed."""
        self._of_agent.pop(agent_id, None)

    def for_agent(self, agent: Agent) -> Iterator[int]:
        """The contacts that concern the agent and fit, smallest key first."""
        by_kind = self._of_agent.get(agent.id)
        if by_kind is None:
            by_kind = self._of_agent[agent.id] = self._suiting(agent)
        lanes = [
            lane.keys
            for (channel, cost), kind in by_kind.items()
            if fits(agent, channel, cost) and below_maximum(agent, channel)
            for lane in kind
            if lane.keys
        ]
        heads = [(keys[0], number, 0) for number, keys in enumerate(lanes)]
        heapify(heads)
        while heads:
            key, number, place = heappop(heads)
            yield key.contact
            if place + 1 < len(lanes[number]):
                heappush(heads, (lanes[number][place + 1], number, place + 1))

    def _suiting(self, agent: Agent) -> dict[Kind, list[Lane]]:
        by_kind: dict[Kind, list[Lane]] = {}
        for lanes in self._lanes.values():
            for lane in lanes.values():
                if lane.may_suit(agent):
                    by_kind.setdefault((lane.channel, lane.cost), []).append(lane)
        return by_kind
