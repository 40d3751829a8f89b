"""Which of the agents who can take a contact gets it: the smallest rank."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from routing.state import Agent, Contact, Occupancy, Queue

LAST_OF_ALL = 1_000_000  # the occupancy of an empty agent whom the queue keeps free


class Rank(NamedTuple):
    """Smallest first. `skill` is minus the sum of levels, or 0 where the queue does not ask.

    `occupancy` is the agent's used capacity in thousandths, negated where the queue packs;
    `LAST_OF_ALL` for an empty agent where the queue has none to spare.
    """

    not_preferred: bool
    skill: int
    occupancy: int
    last_assigned_at: int
    agent: int


class Ranked(Protocol):
    """What a rank asks of an agent; an `Agent`, or one as the engine keeps them."""

    @property
    def id(self) -> int: ...
    @property
    def capacity(self) -> int: ...
    @property
    def used(self) -> int: ...
    @property
    def skills(self) -> Mapping[int, int]: ...
    @property
    def last_assigned_at(self) -> int: ...


def rank(contact: Contact, queue: Queue, agent: Ranked, keeps_free: bool = False) -> Rank:
    """The agent's rank for this contact under the queue's rules.

    `keeps_free` says that no more agents of the queue are empty than it wants kept so.
    """
    skill = 0
    if queue.agent_rule == "best_skilled":
        skill = -sum(agent.skills.get(need.skill, 0) for need in contact.skills)
    occupancy = occupancy_rank(agent.used, agent.capacity, queue.occupancy)
    return Rank(
        agent.id != contact.preferred,
        skill,
        LAST_OF_ALL if keeps_free and not agent.used else occupancy,
        agent.last_assigned_at,
        agent.id,
    )


def occupancy_rank(used: int, capacity: int, occupancy: Occupancy) -> int:
    """Used capacity in thousandths; negated for packing, so that the fullest comes first."""
    occupied = used * 1000 // capacity if capacity else 1000
    return -occupied if occupancy == "pack" else occupied


def is_whole(agent: Agent, now: int) -> bool:
    """Whether the agent is here with nothing to do: what `Queue.keep_free` counts."""
    return agent.available and not agent.used and agent.wrap_up_until <= now
