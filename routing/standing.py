"""The agents in the order in which a queue prefers them, kept sorted."""

from bisect import bisect_left, insort

from routing.desk import Desk
from routing.rank import occupancy_rank
from routing.state import Occupancy

# Occupancy, last assigned, id: the part of a rank all contacts share; and the agent's bit.
Place = tuple[int, int, int, int]


class Standing:
    """One order, for queues that pack or for queues that spread. Full agents are left out.

    `order` is to be read only: the agents with room for something, best first.
    """

    def __init__(self, occupancy: Occupancy) -> None:
        self._occupancy = occupancy
        self.order: list[Place] = []
        self._place: dict[int, Place] = {}

    def put(self, desk: Desk) -> None:
        """Add an agent or move them to where they stand now."""
        order = self.order
        before = self._place.pop(desk.id, None)
        if before is not None:
            del order[bisect_left(order, before)]
        if desk.available and (desk.used < desk.capacity or desk.interruptible):
            occupied = occupancy_rank(desk.used, desk.capacity, self._occupancy)
            place = self._place[desk.id] = occupied, desk.last_assigned_at, desk.id, desk.bit
            insort(order, place)

    def remove(self, agent_id: int) -> None:
        """Take an agent out, if they are in."""
        place = self._place.pop(agent_id, None)
        if place is not None:
            del self.order[bisect_left(self.order, place)]
