"""Calling customers back who would rather not wait in line themselves.

Their contact waits on in their place, without them: it keeps its key, comes to an agent first, and
the agent calls. Whom nobody reaches is called again, in the same place in line.
"""

from dataclasses import dataclass, replace

from routing.hours import Hours, next_opening
from routing.state import Contact

MINUTE_MS = 60_000


@dataclass(frozen=True, slots=True)
class CallbackRules:
    """How often a customer is called at most, and how long after a try that reached nobody.

    `again_ms` are the pauses after the first try, the second, and so on; the last one repeats.
    """

    tries: int = 3
    again_ms: tuple[int, ...] = (10 * MINUTE_MS, 60 * MINUTE_MS)

    def __post_init__(self) -> None:
        if self.tries < 1 or not self.again_ms or min(self.again_ms) < 0:
            raise ValueError("a callback needs at least one try, and pauses that are not negative")


def next_try_at(
    tries: int, now: int, rules: CallbackRules = CallbackRules(), hours: Hours | None = None
) -> int | None:
    """When a customer whom `tries` calls have not reached is called again; None: no more.

    Nobody is called while the centre is closed. A callback that is over leaves the line: the caller
    ends it, or sends a message instead.
    """
    if tries >= rules.tries:
        return None
    at = now + rules.again_ms[min(tries, len(rules.again_ms)) - 1] if tries else now
    return at if hours is None else next_opening(hours, at)


def back_in_line(contact: Contact) -> Contact:
    """The contact for the next try: its own place, anybody may call, and a version of its own.

    It waits from `next_try_at` on; until then it is in no line.
    """
    return replace(
        contact,
        preferred=None,
        preferred_until=0,
        excluded=frozenset(),
        exclusion_cleared=False,
        version=contact.version + 1,
    )
