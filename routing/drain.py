"""Keeping an agent free for a big contact that would otherwise wait for ever.

While small contacts keep coming, the few units that come free never add up to a big one. So when
the first in line has long failed for capacity only, the least busy agent who may have it takes
nothing behind it until it fits.
"""

from dataclasses import dataclass

from routing.eligible import Request, refusal, request
from routing.reasons import ReasonCode
from routing.state import Agent, Contact, Drain, State


@dataclass(frozen=True, slots=True)
class DrainRules:
    """How long a contact is watched before an agent is held for it, and how long the hold lasts."""

    patience_ms: int = 30_000
    hold_ms: int = 120_000


def update_drains(
    state: State,
    now: int,
    rules: DrainRules = DrainRules(),
) -> tuple[Drain, ...]:
    """The watches and holds from `now` on; to be put into the state before it is settled.

    At most one a queue, for its smallest key. A hold lasts until the contact is placed or gone, or
    its time is over; then the watch starts anew.
    """
    line = sorted(state.contacts.values(), key=lambda contact: contact.key)
    known = {drain.contact: drain for drain in state.drains}
    queues, held = set[int](), set[int]()
    drains: list[Drain] = []
    # Those with a hold already keep it, though somebody may have come before them since.
    line.sort(key=lambda contact: not _is_holding(known.get(contact.id), now))
    for contact in line:
        if contact.queue in queues:
            continue
        queues.add(contact.queue)
        drain = _next(state, contact, known.get(contact.id), held, now, rules)
        if drain is not None:
            drains.append(drain)
            if drain.agent is not None:
                held.add(drain.agent)
    return tuple(drains)


def _is_holding(drain: Drain | None, now: int) -> bool:
    return drain is not None and drain.agent is not None and drain.until > now


def _next(
    state: State,
    contact: Contact,
    before: Drain | None,
    held: set[int],
    now: int,
    rules: DrainRules,
) -> Drain | None:
    blocked = _blocked_agents(state, contact, now)
    if not blocked:
        return None
    if before is None or (before.agent is not None and before.until <= now):
        return Drain(contact.id, since=now, until=now + rules.patience_ms)
    if before.agent is None and before.until > now:
        return before
    free = [agent for agent in blocked if agent.id not in held]
    if any(agent.id == before.agent for agent in free):
        return before
    if not free:
        return Drain(contact.id, since=before.since, until=now + rules.patience_ms)
    agent = min(free, key=lambda agent: (agent.used, agent.last_assigned_at, agent.id))
    return Drain(contact.id, before.since, agent.id, now + rules.hold_ms)


def _blocked_agents(state: State, contact: Contact, now: int) -> list[Agent]:
    """The agents who lack nothing but room; none if anybody can take the contact."""
    asked: Request = request(state, contact, now, drained={})
    blocked = []
    for agent in state.agents.values():
        code = refusal(asked, agent)
        if code is None:
            return []
        if code is ReasonCode.CAPACITY and contact.cost <= agent.capacity:
            blocked.append(agent)
    return blocked
