"""Keeping an agent free for a big contact that would otherwise wait for ever.

While small contacts keep coming, the few units that come free never add up to a big one. So when
the first in line has long failed for capacity only, the least busy agent who may have it takes
nothing behind it until it fits.
"""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass
from typing import NamedTuple

from routing.eligible import could_have, has_capacity, request
from routing.state import Contact, Drain, Queue, State


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
            those = _those(state, contact, held, now)
            drain = next_drain(contact, known.get(contact.id), those, now, its_rules)
        else:
            continue
        if drain is not None:
            drains.append(drain)
            if drain.agent is not None and is_holding(drain, now):
                held.add(drain.agent)
    return tuple(sorted(drains, key=lambda drain: drain.contact))


class Those(NamedTuple):
    """The agents present who could have a contact if they had nothing else to do.

    Whether there are any; whether one is among them and not held for somebody else; and the least
    busy of those not held who lack the room for it.
    """

    anybody: bool
    has: Callable[[int], bool]
    least_busy: Callable[[], int | None]


def next_drain(
    contact: Contact, before: Drain | None, those: Those, now: int, rules: DrainRules
) -> Drain | None:
    """What becomes of the watch or hold of the first in line."""
    if not those.anybody:
        return None
    if before is None or (before.agent is not None and before.until <= now):
        return Drain(contact.id, since=now, until=now + rules.patience_ms)
    if before.until > now and (before.agent is None or those.has(before.agent)):
        return before
    agent = those.least_busy()
    if agent is None:
        return Drain(contact.id, since=before.since, until=now + rules.patience_ms)
    return Drain(contact.id, before.since, agent, now + rules.hold_ms)


def is_holding(drain: Drain | None, now: int) -> bool:
    """Whether an agent is held at `now`."""
    return drain is not None and drain.agent is not None and drain.until > now


def _in_order(state: State, known: Mapping[int, Drain], now: int) -> list[Contact]:
    """Those with a hold keep it, though somebody may have come before them since; then by key."""
    return sorted(
        state.contacts.values(),
        key=lambda contact: (not is_holding(known.get(contact.id), now), contact.key),
    )


def _those(state: State, contact: Contact, held: Set[int], now: int) -> Those:
    asked = request(state, contact, now, drained={})
    could = [agent for agent in state.agents.values() if could_have(asked, agent)]
    busy = [a for a in could if a.id not in held and not has_capacity(a, contact)]
    free = {agent.id for agent in could} - held
    least_busy = min(((a.used, a.last_assigned_at, a.id) for a in busy), default=None)
    return Those(bool(could), free.__contains__, lambda: least_busy and least_busy[2])
