"""How long a contact will wait, as a range; None rather than a guess where there is no data.

QL_A of Ibrahim and Whitt (M&SOM 11:397, 2009): with Q contacts ahead, n slots, each ending at rate
mu, and each waiting contact giving up at rate theta, the wait is the sum over i = 0..Q of
1/(n mu + i theta). Ahead are those whom the rules would serve first and who could use the same
agents, which also holds with priorities and skills.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt
from typing import Literal

from routing.eligible import out_of_reach, request
from routing.state import Agent, Contact, State

LEAST_SAMPLES = 5
LEAST_MS = 1_000

WhyLonger = Literal["fewer_agents", "overtaken", "slower_handling", "fewer_give_up", "less_certain"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """The wait from now on is probably `low_ms` to `high_ms`, whole seconds; `mean_ms` on average.

    It rests on `ahead` contacts before this one, `slots` contacts that can be handled at a time,
    and a mean handling time of `handling_ms`. `recent_error` is by how much the last estimates were
    off, as a share of what was announced; None if none has been checked yet.
    """

    low_ms: int
    high_ms: int
    ahead: int
    slots: int
    handling_ms: int
    mean_ms: int
    recent_error: float | None = None


def estimate_wait(
    state: State,
    contact_id: int,
    now: int,
    handled_ms: Sequence[int],
    patience_ms: float | None = None,
    recent_errors: Sequence[float] = (),
) -> Estimate | None:
    """The estimate for a waiting contact, or None if nothing honest can be said.

    `handled_ms` are recent handling times in the queue, `patience_ms` the mean time until people
    give up (None: they do not), `recent_errors` the `relative_error`s of the last estimates. Raises
    KeyError if the contact does not wait.
    """
    contact = state.contacts[contact_id]
    agents = _present_in_reach(state, contact, now)
    slots = sum(_slots(agent, contact) for agent in agents)
    ahead = _ahead(state, contact, {agent.id for agent in agents}, now)
    return wait_range(ahead, slots, handled_ms, patience_ms, recent_errors)


def wait_range(
    ahead: int,
    slots: int,
    handled_ms: Sequence[int],
    patience_ms: float | None = None,
    recent_errors: Sequence[float] = (),
) -> Estimate | None:
    """The range for a place in line: None under 5 handling times or without a slot.

    Its half width is the larger of what theory gives for this place (the standard deviation of the
    sum of exponential stages, and the error of the mean of so few samples) and the mean of the
    recent errors. Never below a second: nobody is told that there is no wait.
    """
    known = [ms for ms in handled_ms if ms > 0]
    if len(known) < LEAST_SAMPLES or slots < 1:
        return None
    handling = sum(known) / len(known)
    theta = 1 / patience_ms if patience_ms else 0.0
    stages = [1 / (slots / handling + place * theta) for place in range(ahead + 1)]
    mean = sum(stages)
    spread = sqrt(sum(stage * stage for stage in stages)) / mean
    relative = sqrt(spread**2 + 1 / len(known))
    error = sum(recent_errors) / len(recent_errors) if recent_errors else None
    relative = max(relative, error or 0.0)
    low, high = mean * max(0.0, 1 - relative), mean * (1 + relative)
    return Estimate(
        _seconds(low), _seconds(high), ahead, slots, round(handling), round(mean), error
    )


def relative_error(low_ms: int, high_ms: int, waited_ms: int) -> float:
    """By how much an announced range was off: |actual ÷ its middle − 1|."""
    middle = max(LEAST_MS, (low_ms + high_ms) / 2)
    return abs(waited_ms / middle - 1)


def contacts_ahead(state: State, contact_id: int, now: int) -> int:
    """How many waiting contacts go first: a smaller key and an agent present in common."""
    contact = state.contacts[contact_id]
    agents = _present_in_reach(state, contact, now)
    return _ahead(state, contact, {agent.id for agent in agents}, now)


def why_longer(before: Estimate, after: Estimate) -> WhyLonger | None:
    """What made an announced wait grow; None if it did not. The first of several causes.

    As long as nobody leaves, nobody is put before the contact and the figures of the queue stay the
    same, it never grows.
    """
    if after.high_ms <= before.high_ms:
        return None
    if after.slots < before.slots:
        return "fewer_agents"
    if after.ahead > before.ahead:
        return "overtaken"
    if after.handling_ms > before.handling_ms:
        return "slower_handling"
    return "fewer_give_up" if after.mean_ms > before.mean_ms else "less_certain"


def _present_in_reach(state: State, contact: Contact, now: int) -> list[Agent]:
    asked = request(state, contact, now, {})
    return [
        agent
        for agent in state.agents.values()
        if agent.available and agent.id not in asked.excluded and out_of_reach(asked, agent) is None
    ]


def _ahead(state: State, contact: Contact, agents: set[int], now: int) -> int:
    delays = {
        (queue, seat.delay_ms)
        for agent in state.agents.values()
        for queue, seat in agent.queues.items()
        if seat.delay_ms
    }
    # Whom a contact can reach depends on little; those alike in that are asked about once.
    known: dict[object, bool] = {}
    count = 0
    for other in state.contacts.values():
        if other.key >= contact.key:
            continue
        alike: object = other.id
        if not other.excluded and (other.preferred is None or now >= other.preferred_until):
            age = other.age(now)
            delays_over = sum(queue == other.queue and delay <= age for queue, delay in delays)
            steps_open = sum(step.after_ms <= age for step in other.steps)
            alike = (other.queue, other.skills, other.steps, steps_open, delays_over)
        if alike not in known:
            reach = _present_in_reach(state, other, now)
            known[alike] = any(agent.id in agents for agent in reach)
        count += known[alike]
    return count


def _slots(agent: Agent, contact: Contact) -> int:
    """How many contacts of this kind the agent can have at once."""
    most = agent.capacity // contact.cost
    maximum = agent.max_by_channel.get(contact.channel)
    return most if maximum is None else min(most, maximum)


def _seconds(ms: float) -> int:
    return max(LEAST_MS, ceil(ms / 1000) * 1000)
