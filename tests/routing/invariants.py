"""The invariants of one settlement as a check that names what is broken, and scenarios to check.

Written from the rules, with keys and ranks of its own: a mistake in the real ones must show.
"""

from collections import Counter
from collections.abc import Sequence
from random import Random

from routing.settle import Decision
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State, Step
from tests.routing import reference

SECOND = 1_000
NOW = 1_000_000
LARGEST_BOOST = 600 * SECOND


def place(contact: Contact) -> tuple[int, int, int]:
    """Its place in line."""
    return contact.enqueued_at - contact.boost, contact.enqueued_at, contact.id


def violations(state: State, decisions: Sequence[Decision], now: int) -> set[str]:
    """The names of the invariants that these decisions break."""
    broken = set[str]()
    offers = Counter(decision.contact for decision in decisions)
    for contact_id, count in offers.items():
        if count > state.queues[state.contacts[contact_id].queue].parallel_offers:
            broken.add("I1 one owner")
    settled = state
    for number, decision in enumerate(decisions):
        broken |= _wrong_with(settled, decision, {d.agent for d in decisions[number + 1 :]}, now)
        settled = reference.given(settled, state.contacts[decision.contact], decision.agent, now)
    for left in (c for c in state.contacts.values() if c.id not in offers):
        if any(reference.can_take(settled, left, a, now) for a in state.agents):
            broken.add("I4 work conserving")
        broken |= _wrongly_left(state, left, decisions, now)
    return broken


def _wrong_with(state: State, decision: Decision, later: set[int], now: int) -> set[str]:
    """What is wrong with one decision; `later` are the agents who get somebody after it."""
    broken = set[str]()
    contact, agent = state.contacts[decision.contact], state.agents[decision.agent]
    if agent.used + contact.cost > agent.capacity:
        broken.add("I2 capacity")
    if agent.id not in reference.reach(state, contact, now) or not agent.available:
        broken.add("I3 in reach")
    own = reference.preference(state, contact, agent.id, now)
    better = {
        id
        for id in state.agents
        if reference.can_take(state, contact, id, now)
        and reference.preference(state, contact, id, now) < own
    }
    if better - later:  # one who gave way has somebody else
        broken.add("I7 best rank")
    return broken


def _wrongly_left(state: State, left: Contact, decisions: Sequence[Decision], now: int) -> set[str]:
    """Whether a contact left waiting could have had what went to one behind it."""
    broken = set[str]()
    for decision in decisions:
        taken = state.contacts[decision.contact]
        if place(left) < place(taken):
            before = _before(state, decisions, taken, now)
            if reference.can_take(before, left, decision.agent, now):
                broken.add("I5 order")
                if left.enqueued_at < taken.enqueued_at - max(0, taken.boost - left.boost):
                    broken.add("I6 bounded overtaking")
    return broken


def _before(state: State, decisions: Sequence[Decision], contact: Contact, now: int) -> State:
    """The state with everybody served who comes before the contact."""
    for decision in decisions:
        earlier = state.contacts[decision.contact]
        if place(earlier) < place(contact):
            state = reference.given(state, earlier, decision.agent, now)
    return state


def scenario(seed: int) -> State:
    """A small busy centre of mixed costs, drawn from a seed."""
    draw = Random(seed)

    def contact(id: int) -> Contact:
        level = draw.choice([0, 0, 1, 2])
        skills = (SkillNeed(1, level),) if level else ()
        return Contact(
            id,
            draw.choice([1, 1, 2]),
            "voice" if (big := draw.random() < 0.3) else "chat",
            6 if big else 2,
            enqueued_at=NOW - draw.randrange(900) * SECOND,
            boost=draw.choice([0, 0, 300 * SECOND, LARGEST_BOOST]),
            skills=skills,
            steps=(Step(draw.choice([100, 800]) * SECOND),) if level else (),
        )

    def agent(id: int) -> Agent:
        used = draw.choice([0, 0, 2, 4, 6])
        return Agent(
            id,
            available=draw.random() < 0.9,
            capacity=6,
            used=used,
            live_by_channel={"chat": used // 2},
            skills={1: draw.choice([0, 1, 2])},
            queues={queue: Membership() for queue in (1, 2) if draw.random() < 0.7},
            last_assigned_at=NOW - draw.randrange(500) * SECOND,
        )

    queues = [Queue(1), Queue(2, occupancy="spread")]
    return State.of(map(contact, range(1, 10)), map(agent, range(1, 6)), queues)
