"""What the wallboard says of the last 24 hours, quarter by quarter, beside the same hours a week
before."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    and_,
    case,
    func,
    literal_column,
    or_,
    select,
    true,
)

from app.models.contact import contacts
from app.models.history import queue_intervals
from app.models.organisation import queues
from app.queries.answered import answered_at, target_ms
from app.queries.board_people import Person, people_of, presence_of, staffed
from routing.intervals import QUARTER_MS, quarter_of
from routing.metrics import SHORT_ABANDON_MS, service_level_of_counts

DAY_MS = 96 * QUARTER_MS
WEEK_MS = 7 * DAY_MS
Brands = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What came and what became of it in a span of time; abandons without the short ones."""

    offered: int = 0
    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    waits_ms: int = 0
    targets_ms: int = 0  # of the answered: what the waits are measured against
    handled: int = 0
    longest_ms: int = 0

    def __add__(self, other: "Counts") -> "Counts":
        """Both together: sums, and the longer of the longest waits."""
        both = {each.name: getattr(self, each.name) + getattr(other, each.name) for each in _ALL}
        return Counts(**both | {"longest_ms": max(self.longest_ms, other.longest_ms)})

    @property
    def service_level(self) -> float | None:
        """Answered within target ÷ (answered + abandoned)."""
        return service_level_of_counts(self.in_target, self.answered, self.abandoned)

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer."""
        return self.waits_ms / self.answered if self.answered else None

    @property
    def asa_target_ms(self) -> float | None:
        """The targets of the same contacts, on average."""
        return self.targets_ms / self.answered if self.answered else None

    @property
    def abandonment(self) -> float | None:
        """Abandoned ÷ (answered + abandoned)."""
        whole = self.answered + self.abandoned
        return self.abandoned / whole if whole else None


_ALL = fields(Counts)


@dataclass(frozen=True, slots=True)
class Rates:
    """The slow half of the board. `quarters` are the last 96 quarters of an hour, the last one
    ending at `at`; `before` the same ones a week earlier."""

    at: int
    queues: Mapping[int, Counts]
    quarters: tuple[Counts, ...]
    before: tuple[Counts, ...]
    staffed: tuple[float, ...]  # agents signed in, on average of each quarter
    people: Mapping[int, Person]

    @property
    def day(self) -> Counts:
        """All queues together."""
        return added(self.queues.values())

    @property
    def week_ago(self) -> Counts:
        """The same 24 hours a week before."""
        return added(self.before)


def added(parts: Iterable[Counts]) -> Counts:
    """Counts of several spans or queues together."""
    return sum(parts, Counts())


def board_rates(conn: Connection, brands: Brands, now: int) -> Rates:
    """The last 24 hours of the queues of these brands (None: all), in five statements."""
    today = _by_queue_and_quarter(conn, brands, now)
    spans = presence_of(conn, now - DAY_MS, now)
    return Rates(
        at=now,
        queues={id: added(parts.values()) for id, parts in today.items()},
        quarters=_in_order(today),
        before=_a_week_ago(conn, brands, now - WEEK_MS),
        staffed=staffed(spans, now - DAY_MS),
        people=people_of(conn, spans, now - DAY_MS, now),
    )


def _in_order(parts: Mapping[int, Mapping[int, Counts]]) -> tuple[Counts, ...]:
    return tuple(
        added(of_queue[quarter] for of_queue in parts.values() if quarter in of_queue)
        for quarter in range(96)
    )


def _by_queue_and_quarter(
    conn: Connection, brands: Brands, until: int
) -> dict[int, dict[int, Counts]]:
    since = until - DAY_MS
    quarter = (contacts.c.enqueued_at - literal_column(str(since + 1))) // literal_column(
        str(QUARTER_MS)
    )
    rows = conn.execute(
        select(contacts.c.queue_id, quarter.label("quarter"), *_figures())
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(contacts.c.enqueued_at > since, contacts.c.enqueued_at <= until, of_brands(brands))
        .group_by(contacts.c.queue_id, quarter)
    )
    found: dict[int, dict[int, Counts]] = {}
    for queue_id, at, *numbers in rows:
        found.setdefault(queue_id, {})[int(at)] = Counts(*(int(number) for number in numbers))
    return found


def _a_week_ago(conn: Connection, brands: Brands, until: int) -> tuple[Counts, ...]:
    """The same hours from the rows that reports are made of; quarters begin where theirs do."""
    rows, first = queue_intervals.c, quarter_of(until) - DAY_MS
    names = ("offered", "answered", "in_target", "abandoned", "short_abandoned", "waits_ms")
    found = conn.execute(
        select(
            rows.starts_at,
            *(func.sum(rows[name]) for name in names),
            func.sum(rows.handled),
            func.max(rows.longest_ms),
        )
        .join(queues, queues.c.id == rows.queue_id)
        .where(rows.starts_at >= first, rows.starts_at < first + DAY_MS, of_brands(brands))
        .group_by(rows.starts_at)
    )
    quarters = [Counts()] * 96
    for starts_at, *sums, handled, longest in found:
        figures = dict(zip(names, map(int, sums), strict=True))
        quarters[(starts_at - first) // QUARTER_MS] = Counts(
            **figures, handled=int(handled), longest_ms=int(longest)
        )
    return tuple(quarters)


def _figures() -> list[ColumnElement[Any]]:
    """The columns of Counts, in its order."""
    answered = answered_at()
    waited = answered - contacts.c.enqueued_at
    left_after = contacts.c.ended_at - contacts.c.enqueued_at
    short = left_after < SHORT_ABANDON_MS
    is_answered = answered.is_not(None)
    return [
        func.count(),
        _count(is_answered),
        _count(waited <= target_ms()),
        _count(and_(abandoned(), ~short)),
        _count(and_(abandoned(), short)),
        func.coalesce(func.sum(waited), 0),
        func.coalesce(func.sum(case((is_answered, target_ms()))), 0),
        _count(contacts.c.outcome == "handled"),
        func.coalesce(func.max(func.coalesce(waited, left_after)), 0),
    ]


def _count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
    return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)


def abandoned() -> ColumnElement[bool]:
    """Contacts whose customer left before anybody answered."""
    return and_(contacts.c.outcome == "abandoned", answered_at().is_(None))


def of_brands(brands: Brands) -> ColumnElement[bool]:
    """The condition on queues: those of these brands, and those of none; None: all."""
    if brands is None:
        return true()
    return or_(queues.c.brand_id.is_(None), queues.c.brand_id.in_(sorted(brands)))
