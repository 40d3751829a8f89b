"""The waiting contacts in lanes: those alike in what they ask of an agent, in key order."""

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterator
from heapq import merge

from routing.desk import Desk
from routing.eligible import below_maximum, fits, meets
from routing.state import Contact, Key, SkillNeed, Step

Kind = tuple[str, int]  # channel and cost
Needs = tuple[tuple[SkillNeed, ...], tuple[Step, ...]]
Keys = list[Key]  # a lane: of one queue, kind and set of needs; in order


class Lanes:
    """All lanes, and which of them concern an agent."""

    def __init__(self) -> None:
        self._lanes: defaultdict[Needs, dict[int, dict[Kind, Keys]]] = defaultdict(dict)
        self._of_agent: dict[int, dict[Kind, list[Keys]]] = {}

    def add(self, contact: Contact, key: Key) -> None:
        """Put a contact into its lane."""
        by_queue = self._lanes[contact.skills, contact.steps]
        try:
            keys = by_queue[contact.queue][contact.channel, contact.cost]
        except KeyError:
            by_kind = by_queue.setdefault(contact.queue, {})
            keys = by_kind[contact.channel, contact.cost] = []
            self._of_agent.clear()
        insort(keys, key)

    def remove(self, contact: Contact, key: Key) -> None:
        """Take a contact out of its lane."""
        by_queue = self._lanes[contact.skills, contact.steps]
        keys = by_queue[contact.queue][contact.channel, contact.cost]
        del keys[bisect_left(keys, key)]

    def in_queue(self, queue: int) -> Iterator[int]:
        """The contacts that wait in a queue."""
        for keys in self._in(queue):
            for key in keys:
                yield key.contact

    def first_in(self, queue: int) -> Key | None:
        """The smallest key of a queue."""
        return min((keys[0] for keys in self._in(queue) if keys), default=None)

    def forget(self, agent_id: int) -> None:
        """Ask anew which lanes concern this agent: their queues or skills changed."""
        self._of_agent.pop(agent_id, None)

    def first_for(self, desk: Desk) -> Key | None:
        """The smallest key of those that concern the agent and fit."""
        first: Key | None = None
        for kind, lanes in self._lanes_of(desk).items():
            if fits(desk, *kind) and below_maximum(desk, kind[0]):
                for keys in lanes:
                    if keys and (first is None or keys[0] < first):
                        first = keys[0]
        return first

    def for_agent(self, desk: Desk) -> Iterator[Key]:
        """All that concern the agent and fit, smallest key first."""
        return merge(
            *(
                keys
                for kind, lanes in self._lanes_of(desk).items()
                if fits(desk, *kind) and below_maximum(desk, kind[0])
                for keys in lanes
            )
        )

    def _lanes_of(self, desk: Desk) -> dict[Kind, list[Keys]]:
        lanes = self._of_agent.get(desk.id)
        if lanes is None:
            lanes = self._of_agent[desk.id] = self._suiting(desk)
        return lanes

    def _in(self, queue: int) -> Iterator[Keys]:
        for by_queue in self._lanes.values():
            if queue in by_queue:
                yield from by_queue[queue].values()

    def _suiting(self, desk: Desk) -> dict[Kind, list[Keys]]:
        """The lanes of the agent's queues whose needs, or those of any step, the agent meets."""
        found: dict[Kind, list[Keys]] = {}
        for (skills, steps), by_queue in self._lanes.items():
            if meets(desk, skills) or any(meets(desk, step.skills) for step in steps):
                for queue in by_queue.keys() & desk.queues.keys():
                    for kind, keys in by_queue[queue].items():
                        found.setdefault(kind, []).append(keys)
        return found
