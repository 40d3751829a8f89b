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
        self._lanes: defaultdict[int, dict[Needs, dict[Kind, Keys]]] = defaultdict(dict)
        self._of_agent: dict[int, dict[Kind, list[Keys]]] = {}

    def add(self, contact: Contact, key: Key) -> None:
        """Put a contact into its lane."""
        by_kind = self._lanes[contact.queue].setdefault((contact.skills, contact.steps), {})
        keys = by_kind.get((contact.channel, contact.cost))
        if keys is None:
            keys = by_kind[contact.channel, contact.cost] = []
            self._of_agent.clear()
        insort(keys, key)

    def remove(self, contact: Contact, key: Key) -> None:
        """Take a contact out of its lane."""
        by_kind = self._lanes[contact.queue][contact.skills, contact.steps]
        keys = by_kind[contact.channel, contact.cost]
        del keys[bisect_left(keys, key)]

    def in_queue(self, queue: int) -> Iterator[int]:
        """The contacts that wait in a queue."""
        for by_kind in self._lanes[queue].values():
            for keys in by_kind.values():
                for key in keys:
                    yield key.contact

    def first_in(self, queue: int) -> Key | None:
        """The smallest key of a queue."""
        lanes = (keys for by_kind in self._lanes[queue].values() for keys in by_kind.values())
        return min((keys[0] for keys in lanes if keys), default=None)

    def forget(self, agent_id: int) -> None:
        """Ask anew which lanes concern this agent: their queues or skills changed."""
        self._of_agent.pop(agent_id, None)

    def for_agent(self, desk: Desk) -> Iterator[int]:
        """The contacts that concern the agent and fit, smallest key first."""
        by_kind = self._of_agent.get(desk.id)
        if by_kind is None:
            by_kind = self._of_agent[desk.id] = self._suiting(desk)
        lanes = [
            keys
            for (channel, cost), kind in by_kind.items()
            if fits(desk, channel, cost) and below_maximum(desk, channel)
            for keys in kind
            if keys
        ]
        if not lanes:
            return
        first = min([keys[0] for keys in lanes])  # almost always nobody asks for a second
        yield first.contact
        for key in merge(*lanes):
            if key != first:
                yield key.contact

    def _suiting(self, desk: Desk) -> dict[Kind, list[Keys]]:
        """The lanes of the agent's queues whose needs, or those of any step, the agent meets."""
        found: dict[Kind, list[Keys]] = {}
        known: dict[Needs, bool] = {}
        for queue in desk.queues:
            for needs, by_kind in self._lanes[queue].items():
                suits = known.get(needs)
                if suits is None:
                    skills, steps = needs
                    suits = meets(desk, skills) or any(meets(desk, step.skills) for step in steps)
                    known[needs] = suits
                if suits:
                    for kind, keys in by_kind.items():
                        found.setdefault(kind, []).append(keys)
        return found
