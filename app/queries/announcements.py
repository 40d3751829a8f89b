"""What customers were told of their wait beside how long it was: nobody else shows this.

A customer is told a range once, when first anything is known. The error is the middle of the range
minus the wait from then on, of those who were answered.
"""

from dataclasses import dataclass
from statistics import mean

from sqlalchemy import ColumnElement, Connection, select

from app.models.contact import contacts
from app.queries.history import Filters
from routing.intervals import Span
from routing.metrics import announcement_error_ms, announcement_hit_rate, percentile_ms

MOST = 50_000  # announcements of a report; the newest count


@dataclass(frozen=True, slots=True)
class Announcement:
    """A range that was announced, and the wait that followed; all in ms."""

    queue_id: int
    at: int
    low_ms: int
    high_ms: int
    waited_ms: int

    @property
    def error_ms(self) -> int:
        """Above 0: told longer than it was."""
        return (self.low_ms + self.high_ms) // 2 - self.waited_ms


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How good some announcements were."""

    count: int = 0
    kept: int = 0  # the wait lay within the range
    sooner: int = 0
    later: int = 0
    mae_ms: float | None = None
    bias_ms: float | None = None  # mean error: above 0 they were told longer than it was
    p90_ms: int | None = None  # nine of ten errors were no larger
    kept_share: float | None = None


def announcements(conn: Connection, span: Span, filters: Filters) -> tuple[Announcement, ...]:
    """The announcements to contacts that came in the span and were answered, oldest first."""
    c = contacts.c
    chosen: list[ColumnElement[bool]] = [
        c.enqueued_at >= span[0],
        c.enqueued_at < span[1],
        c.queue_id.in_(filters.queue_ids),
        c.announced_at.is_not(None),
        c.announced_low_ms.is_not(None),
        c.answered_at >= c.announced_at,
    ]
    for name in ("channel", "priority"):
        if wanted := getattr(filters, name):
            chosen.append(c[name] == wanted)
    rows = conn.execute(
        select(
            c.queue_id,
            c.announced_at,
            c.announced_low_ms,
            c.announced_high_ms,
            c.answered_at - c.announced_at,
        )
        .where(*chosen)
        .order_by(c.enqueued_at.desc())
        .limit(MOST)
    ).all()
    return tuple(Announcement(*row) for row in reversed(rows))


def accuracy(told: list[Announcement]) -> Accuracy:
    """How good these were."""
    if not told:
        return Accuracy()
    errors = [one.error_ms for one in told]
    ranges = [(one.low_ms, one.high_ms, one.waited_ms) for one in told]
    sooner = sum(one.waited_ms < one.low_ms for one in told)
    later = sum(one.waited_ms > one.high_ms for one in told)
    return Accuracy(
        len(told),
        len(told) - sooner - later,
        sooner,
        later,
        announcement_error_ms(ranges),
        mean(errors),
        percentile_ms([abs(error) for error in errors], 0.9),
        announcement_hit_rate(ranges),
    )
