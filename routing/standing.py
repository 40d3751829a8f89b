"""The agents in the order in which a queue prefers them, kept sorted."""

from bisect import bisect_left, insort
from collections.abc import Iterator

from routing.rank import occupancy_rank
from routing.state import Agent, Occupancy

Place = tuple[int, int, int]  # occupancy, last assigned, id: the part of a rank all contacts share


class Standing:
    """One order, for queues that pack or for queues that spread. Full agents are left out."""

    def __init__(self, occupancy: Occupancy) -> None:
        self._occupancy = occupancy
        self._order: list[Place] = []
        self._place: dict[int, Place] = {}

    def put(self, agent: Agent) -> None:
        """Add an agent or move them to where they stand now."""
        self.remove(agent.id)
        if agent.available and (agent.interruptible or agent.used < agent.capacity):
            place = (occupancy_rank(agent, self._occupancy), agent.last_assigned_at, agent.id)
            insort(self._order, place)
            self._place[agent.id] = place

    def remove(self, agent_id: int) -> None:
        """Take an agent out, if they are in."""
        place = self._place.pop(agent_id, None)
        if place is not None:
            del self._order[bisect_left(self._order, place)]

    def __iter__(self) -> Iterator[int]:
        """The agents with room for something, best first."""
        return (place[2] for place in self._order)

    def __len__(self) -> int:
        return len(self._order)
