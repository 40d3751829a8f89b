"""What was: the figures of queues and agents over a span, from rows of a quarter of an hour.

Sums of several rows are added first and divided then: a service level is never averaged.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Integer,
    Table,
    and_,
    cast,
    column,
    false,
    func,
    or_,
    select,
    true,
    values,
)

from app.models.agent import agents
from app.models.history import agent_intervals, queue_intervals
from app.models.organisation import business_hours, queues
from app.security.permissions import Actor, visible_agents
from routing import metrics
from routing.intervals import Span

LARGEST = ("longest_ms",)  # of several rows the largest counts, not the sum


@dataclass(frozen=True, slots=True)
class QueueSums:
    """What came in, and what became of it; abandons without the short ones."""

    offered: int = 0
    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    waits_ms: int = 0
    longest_ms: int = 0
    handled: int = 0
    handling_ms: int = 0
    wrap_up_ms: int = 0
    transferred: int = 0
    overflowed: int = 0

    @property
    def service_level(self) -> float | None:
        """Answered within target ÷ (answered + abandoned)."""
        return metrics.service_level_of_counts(self.in_target, self.answered, self.abandoned)

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer."""
        return metrics.mean_of_sums(self.waits_ms, self.answered)

    @property
    def aht_ms(self) -> float | None:
        """Average handling time: from acceptance to the end of the work after the contact."""
        return metrics.mean_of_sums(self.handling_ms + self.wrap_up_ms, self.handled)

    @property
    def abandonment(self) -> float | None:
        """Abandoned ÷ (answered + abandoned)."""
        return metrics.abandonment_of_counts(self.answered, self.abandoned)

    @property
    def transfer_rate(self) -> float | None:
        """Moved to another queue by hand ÷ handled."""
        return metrics.share(self.transferred, self.handled)

    @property
    def open(self) -> int:
        """Neither answered nor gone: waiting still, or ended in another way."""
        return self.offered - self.answered - self.abandoned - self.short_abandoned

    @classmethod
    def of(cls, parts: "Iterable[QueueSums]") -> "QueueSums":
        """All of them together."""
        return QueueSums(*_together(cls, parts))


@dataclass(frozen=True, slots=True)
class AgentSums:
    """An agent's time and work."""

    available_ms: int = 0
    away_ms: int = 0
    not_ready_ms: int = 0
    busy_ms: int = 0
    unit_ms: int = 0
    offered: int = 0
    accepted: int = 0
    declined: int = 0
    timed_out: int = 0
    handled: int = 0
    handling_ms: int = 0
    wrap_up_ms: int = 0

    @property
    def signed_in_ms(self) -> int:
        """Available, away and not ready."""
        return self.available_ms + self.away_ms + self.not_ready_ms

    @property
    def occupancy(self) -> float | None:
        """Available with a contact in hand ÷ available."""
        idle_by_choice = self.away_ms + self.not_ready_ms
        return metrics.occupancy(self.busy_ms, self.signed_in_ms, idle_by_choice)

    @property
    def aht_ms(self) -> float | None:
        """Average handling time."""
        return metrics.mean_of_sums(self.handling_ms + self.wrap_up_ms, self.handled)

    @property
    def acceptance(self) -> float | None:
        """Accepted ÷ offered."""
        return metrics.share(self.accepted, self.offered)

    @property
    def at_once(self) -> float | None:
        """Units in use on the average while busy."""
        return metrics.mean_of_sums(self.unit_ms, self.busy_ms)

    @classmethod
    def of(cls, parts: "Iterable[AgentSums]") -> "AgentSums":
        """All of them together."""
        return AgentSums(*_together(cls, parts))


@dataclass(frozen=True, slots=True)
class Filters:
    """Which contacts count; empty: all. `queue_ids` are those that exist for whoever asks."""

    queue_ids: tuple[int, ...]
    channel: str = ""
    priority: str = ""
    language: str = ""


@dataclass(frozen=True, slots=True)
class QueueName:
    """A queue somebody may see the figures of; `time_zone` is its calendar's, or empty."""

    id: int
    name: str
    goal_pct: int
    time_zone: str


@dataclass(frozen=True, slots=True)
class AgentName:
    """An agent somebody may see the figures of."""

    id: int
    name: str
    capacity: int


QueueTable = dict[tuple[int, int], QueueSums]
ChannelTable = dict[tuple[str, int], QueueSums]
AgentTable = dict[tuple[int, int], AgentSums]


def history_queues(
    conn: Connection, actor: Actor, brand_id: int | None = None
) -> tuple[QueueName, ...]:
    """The queues of the brands an actor sees, also those that are no longer in use; or those of
    one brand alone, without the ones that serve every brand."""
    theirs: ColumnElement[bool] = true()
    if brand_id is not None:
        theirs = queues.c.brand_id == brand_id
    elif actor.brands is not None:
        theirs = or_(queues.c.brand_id.is_(None), queues.c.brand_id.in_(sorted(actor.brands)))
    rows = conn.execute(
        select(queues.c.id, queues.c.name, queues.c.goal_pct, business_hours.c.time_zone)
        .outerjoin(business_hours, business_hours.c.id == queues.c.hours_id)
        .where(theirs)
        .order_by(queues.c.active.desc(), queues.c.name, queues.c.id)
    )
    return tuple(QueueName(r.id, r.name, r.goal_pct, r.time_zone or "") for r in rows)


def history_agents(conn: Connection, actor: Actor) -> tuple[AgentName, ...]:
    """The agents an actor sees, also those whose account is closed."""
    rows = conn.execute(
        select(agents.c.id, agents.c.name, agents.c.capacity)
        .where(visible_agents(actor))
        .order_by(agents.c.active.desc(), agents.c.name, agents.c.id)
    )
    return tuple(AgentName(r.id, r.name, r.capacity) for r in rows)


def languages(conn: Connection, span: Span) -> tuple[str, ...]:
    """The languages that came in over a span."""
    starts = queue_intervals.c.starts_at
    rows = conn.execute(
        select(queue_intervals.c.language)
        .where(starts >= span[0], starts < span[1], queue_intervals.c.language != "")
        .distinct()
    )
    return tuple(sorted(rows.scalars()))


def queue_table(conn: Connection, bins: Sequence[Span], filters: Filters) -> QueueTable:
    """(queue, number of the bin) -> its sums, in one statement; where nothing was, nothing is."""
    chosen = _chosen(filters)
    return _binned(conn, queue_intervals, queue_intervals.c.queue_id, bins, chosen, QueueSums)


def channel_table(conn: Connection, bins: Sequence[Span], filters: Filters) -> ChannelTable:
    """The same by channel: waits of chats and of letters tell nothing when they are mixed."""
    chosen = _chosen(filters)
    return _binned(conn, queue_intervals, queue_intervals.c.channel, bins, chosen, QueueSums)


def _chosen(filters: Filters) -> ColumnElement[bool]:
    t = queue_intervals.c
    chosen = [_among(t.queue_id, filters.queue_ids)]
    for name in ("channel", "priority"):
        if wanted := getattr(filters, name):
            chosen.append(t[name] == wanted)
    if filters.language:
        chosen.append(t.language.startswith(filters.language, autoescape=True))
    return and_(*chosen)


def agent_table(conn: Connection, bins: Sequence[Span], agent_ids: Sequence[int]) -> AgentTable:
    """(agent, number of the bin) -> their sums, in one statement."""
    chosen = _among(agent_intervals.c.agent_id, agent_ids)
    return _binned(conn, agent_intervals, agent_intervals.c.agent_id, bins, chosen, AgentSums)


def by_bin(table: Mapping[tuple[Any, int], Any], count: int, empty: type[Any]) -> list[Any]:
    """The sums of each bin over everybody."""
    parts: list[list[Any]] = [[] for _ in range(count)]
    for (_, number), sums in table.items():
        parts[number].append(sums)
    return [empty.of(some) for some in parts]


def by_subject(table: Mapping[tuple[Any, int], Any], empty: type[Any]) -> dict[Any, Any]:
    """The sums of each queue, channel or agent over all bins."""
    parts: dict[Any, list[Any]] = {}
    for (subject, _), sums in table.items():
        parts.setdefault(subject, []).append(sums)
    return {subject: empty.of(some) for subject, some in parts.items()}


def _among(subject: ColumnElement[int], ids: Sequence[int]) -> ColumnElement[bool]:
    """One of these. Not the bare column: its index would lead through years of other days."""
    return (subject + 0).in_(ids) if ids else false()


def _binned(
    conn: Connection,
    table: Table,
    subject: ColumnElement[Any],
    bins: Sequence[Span],
    chosen: ColumnElement[bool],
    sums: type[Any],
) -> dict[tuple[Any, int], Any]:
    if not bins:
        return {}
    names = [field.name for field in fields(sums)]
    numbered = [(number, began, ended) for number, (began, ended) in enumerate(bins)]
    bin_ = (
        values(column("n", Integer), column("began", BigInteger), column("ended", BigInteger))
        .data(numbered)
        .cte("bins")
    )
    added = (
        cast((func.max if name in LARGEST else func.sum)(table.c[name]), BigInteger).label(name)
        for name in names
    )
    rows = conn.execute(
        select(subject.label("subject"), bin_.c.n, *added)
        .join(bin_, and_(table.c.starts_at >= bin_.c.began, table.c.starts_at < bin_.c.ended))
        .where(chosen)
        .group_by(subject, bin_.c.n)
    )
    return {(row[0], row[1]): sums(*row[2:]) for row in rows}


def _together(sums: type[Any], parts: Iterable[Any]) -> list[int]:
    found = list(parts)
    return [
        (max if field.name in LARGEST else sum)(
            [getattr(part, field.name) for part in found] or [0]
        )
        for field in fields(sums)
    ]
