"""Which of the agents who can take a contact gets it: the smallest rank."""

from typing import NamedTuple

from routing.state import Agent, Contact, Occupancy, Queue


class Rank(NamedTuple):
    """Smallest first. `skill` is minus the sum of levels, or 0 where the queue does not ask.

    `occupancy` is the agent's used capacity in thousandths, negated where the queue packs.
    """

    not_preferred: bool
    skill: int
    occupancy: int
    last_assigned_at: int
    agent: int


def rank(contact: Contact, queue: Queue, agent: Agent) -> Rank:
    """The agent's rank for this contact under the queue's rules."""
    skill = 0
    if queue.agent_rule == "best_skilled":
        skill = -sum(agent.skills.get(need.skill, 0) for need in contact.skills)
    return Rank(
        agent.id != contact.preferred,
        skill,
        occupancy_rank(agent, queue.occupancy),
        agent.last_assigned_at,
        agent.id,
    )


def occupancy_rank(agent: Agent, occupancy: Occupancy) -> int:
    """Used capacity in thousandths; negated for packing, so that the fullest comes first."""
    occupied = agent.used * 1000 // agent.capacity if agent.capacity else 1000
    return -occupied if occupancy == "pack" else occupied
