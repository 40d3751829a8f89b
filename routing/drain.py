"""Keeping an agent free for a big contact that would otherwise wait for ever.

While small contacts keep coming, the few units that come free never add up to a big one. So when
the first in line has long failed for capacity only, the least busy agent who may have it takes
nothing behind it until it fits.
"""

from collections.abc import Mapping, Set
from dataclasses import dataclass

from routing.eligible import could_have, has_capacity, request
from routing.state import Agent, Contact, Drain, Queue, State


@dataclass(frozen=True, slots=True)
class DrainRules:
    """How long a contact is watched before an agent is held for it, and how long the hold lasts."""

    patience_ms: int = 30_000
    hold_ms: int = 120_000


def rules_of(queue: Queue | None) -> DrainRules | None:
    """A queue's own rules; None if it holds nobody."""
    if queue is None or not queue.drain_after_ms or not queue.drain_for_ms:
        return None
    return DrainRules(queue.drain_after_ms, queue.drain_for_ms)


def update_drains(state: State, now: int, rules: DrainRules | None = None) -> tuple[Drain, ...]:
    """The watches and holds from `now` on, by contact, for a state that has just been settled.

    Whoever still waits was left waiting; so all that is asked is whether somebody present could
    have the contact if they had nothing else to do. At most one a queue, for its smallest key. A
    hold lasts until the contact is placed or gone, or its time is over; then the watch starts anew.
    `rules` are for all queues. Without them each queue has its own, and what is known of contacts
    in queues without any is left as it is.
    """
    known = {drain.contact: drain for drain in state.drains if drain.contact in state.contacts}
    drains, queues, held = list[Drain](), set[int](), set[int]()
    for contact in _in_order(state, known, now):
        its_rules = rules or rules_of(state.queues.get(contact.queue))
        if its_rules is None:
            drain = known.get(contact.id)
        elif contact.queue not in queues:
            queues.add(contact.queue)
            those = _who_could_have(state, contact, now)
            drain = next_drain(contact, known.get(contact.id), those, held, now, its_rules)
        else:
            continue
        if drain is not None:
            drains.append(drain)
            if drain.agent is not None:
                held.add(drain.agent)
    return tuple(sorted(drains, key=lambda drain: drain.contact))


def next_drain(
    contact: Contact,
    before: Drain | None,
    those: Mapping[int, Agent],
    held: Set[int],
    now: int,
    rules: DrainRules,
) -> Drain | None:
    """What becomes of the watch or hold of the first in line, if `those` could have it.

    `held` are the agents held for others.
    """
    if not those:
        return None
    if before is None or (before.agent is not None and before.until <= now):
        return Drain(contact.id, since=now, until=now + rules.patience_ms)
    if before.agent is None and before.until > now:
        return before
    if before.agent in those and before.agent not in held:
        return before
    busy = [
        agent for id, agent in those.items() if id not in held and not has_capacity(agent, contact)
    ]
    if not busy:
        return Drain(contact.id, since=before.since, until=now + rules.patience_ms)
    agent = min(busy, key=lambda agent: (agent.used, agent.last_assigned_at, agent.id))
    return Drain(contact.id, before.since, agent.id, now + rules.hold_ms)


def is_holding(drain: Drain | None, now: int) -> bool:
    """Whether an agent is held at `now`."""
    return drain is not None and drain.agent is not None and drain.until > now


def _in_order(state: State, known: Mapping[int, Drain], now: int) -> list[Contact]:
    """Those with a hold keep it, though somebody may have come before them since; then by key."""
    return sorted(
        state.contacts.values(),
        key=lambda contact: (not is_holding(known.get(contact.id), now), contact.key),
    )


def _who_could_have(state: State, contact: Contact, now: int) -> dict[int, Agent]:
    asked = request(state, contact, now, drained={})
    return {id: agent for id, agent in state.agents.items() if could_have(asked, agent)}
