"""The agents in the order in which a queue prefers them, kept sorted."""

from bisect import bisect_left, insort

from routing.rank import occupancy_rank
from routing.state import Agent, Occupancy

Place = tuple[int, int, int]  # occupancy, last assigned, id: the part of a rank all contacts share


class Standing:
    """One order, for queues that pack or for queues that spread. Full agents are left out.

    `order` is to be read only: the agents with room for something, best first.
    """

    def __init__(self, occupancy: Occupancy) -> None:
        self._occupancy = occupancy
        self.order: list[Place] = []
        self._place: dict[int, Place] = {}

    def put(self, agent: Agent) -> None:
        """Add an agent or move them to where they stand now."""
        self.remove(agent.id)
        if agent.available and (agent.interruptible or agent.used < agent.capacity):
            place = (
                occupancy_rank(agent.used, agent.capacity, self._occupancy),
                agent.last_assigned_at,
                agent.id,
            )
            insort(self.order, place)
            self._place[agent.id] = place

    def remove(self, agent_id: int) -> None:
        """Take an agent out, if they are in."""
        place = self._place.pop(agent_id, None)
        if place is not None:
            del self.order[bisect_left(self.order, place)]
