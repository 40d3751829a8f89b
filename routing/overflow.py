"""When a contact leaves its line for somewhere else: another queue, a callback, a message."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from routing.eligible import out_of_reach, request
from routing.state import Contact, State

When = Literal["too_many", "too_long", "nobody_staffed", "closed", "declined_by_all"]
Way = Literal["queue", "callback", "voicemail", "message"]


@dataclass(frozen=True, slots=True)
class OverflowRule:
    """`when` it happens, and the way the contact goes.

    `limit` is a number of contacts for `too_many` (those beyond it overflow) and ms of waiting for
    `too_long`; the others have none. `queue` is the queue to go to if the way is `queue`.
    """

    when: When
    way: Way
    limit: int = 0
    queue: int | None = None

    def __post_init__(self) -> None:
        if (self.way == "queue") != (self.queue is not None):
            raise ValueError("name the queue to overflow to, and only if the way is 'queue'")
        if (self.when in ("too_many", "too_long")) != (self.limit > 0):
            raise ValueError(
                f"{self.when} with limit {self.limit}: 'too_many' and 'too_long' need a limit "
                "above 0, the others none"
            )


@dataclass(frozen=True, slots=True)
class Overflowed:
    """A contact that overflows, and by which rule."""

    contact: int
    rule: OverflowRule


def overflows(
    state: State,
    rules: Mapping[int, Sequence[OverflowRule]],
    now: int,
    closed: frozenset[int] = frozenset(),
) -> list[Overflowed]:
    """The waiting contacts that overflow at `now`, in key order, each by its queue's first rule.

    `rules` are by queue, in order; `closed` are the queues out of hours. To be asked after a
    settlement, so that nobody overflows whom an agent could take.
    """
    line = sorted(state.contacts.values(), key=lambda contact: contact.key)
    staying: dict[int, int] = {}
    leaving = []
    for contact in line:
        before = staying.get(contact.queue, 0)
        for rule in rules.get(contact.queue, ()):
            may_go = _may_go(state, contact, rule)
            if may_go and _applies(state, contact, rule, before, now, closed):
                leaving.append(Overflowed(contact.id, rule))
                break
        else:
            staying[contact.queue] = before + 1
    return leaving


def next_overflow_at(
    state: State, rules: Mapping[int, Sequence[OverflowRule]], now: int
) -> int | None:
    """The next instant after `now` at which a contact will have waited too long; None if never."""
    instants = (
        contact.enqueued_at + rule.limit
        for contact in state.contacts.values()
        for rule in rules.get(contact.queue, ())
        if rule.when == "too_long" and _may_go(state, contact, rule)
    )
    return min((at for at in instants if at > now), default=None)


def moved(contact: Contact, queue: int) -> Contact:
    """The contact in another queue: it keeps its age, its boost and who declined it."""
    return replace(
        contact,
        queue=queue,
        been_in=contact.been_in | {contact.queue},
        version=contact.version + 1,
    )


def passed_on(
    contact: Contact, agents: Iterable[int], cleared: bool, rules: Sequence[OverflowRule]
) -> Contact:
    """The contact after offers to `agents` came to nothing: it waits again, in its own place.

    `cleared` is the decision's `clears_exclusion`. Who was asked is asked again only in the one
    extra round that comes when all present have declined; a queue with a rule for
    `declined_by_all` takes it after that, in any other every further round is one like the first.
    """
    excluded = frozenset() if cleared else contact.excluded
    overflows_then = any(rule.when == "declined_by_all" for rule in rules)
    return replace(
        contact,
        excluded=excluded.union(agents),
        exclusion_cleared=overflows_then and (cleared or contact.exclusion_cleared),
        version=contact.version + 1,
    )


def _may_go(state: State, contact: Contact, rule: OverflowRule) -> bool:
    """Never back into a queue it came from: two queues would pass it to and fro. Nor into one that
    is closed for the moment: it would wait there for nothing."""
    if rule.queue is None:
        return True
    queue = state.queues.get(rule.queue)
    return rule.queue not in contact.been_in | {contact.queue} and not (queue and queue.paused)


def _applies(
    state: State,
    contact: Contact,
    rule: OverflowRule,
    before: int,
    now: int,
    closed: frozenset[int],
) -> bool:
    match rule.when:
        case "too_many":
            return before >= rule.limit
        case "too_long":
            return now - contact.enqueued_at >= rule.limit
        case "closed":
            return contact.queue in closed
        case "nobody_staffed":
            return not any(
                agent.available and contact.queue in agent.queues for agent in state.agents.values()
            )
        case "declined_by_all":
            return contact.exclusion_cleared and _all_declined(state, contact, now)


def _all_declined(state: State, contact: Contact, now: int) -> bool:
    asked = request(state, contact, now, drained={})
    present = [
        agent.id
        for agent in state.agents.values()
        if agent.available and out_of_reach(asked, agent) is None
    ]
    return bool(present) and contact.excluded.issuperset(present)
