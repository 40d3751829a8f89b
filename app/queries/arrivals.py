"""What the past says about the days to come: arrivals, handling times, patience, who was there."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from statistics import median
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, true

from app.models.agent import agent_queues, agents
from app.models.contact import contacts
from app.models.history import agent_intervals, queue_intervals
from app.models.organisation import queues
from app.queries.answered import answered_at
from channels import registry
from routing.forecast import History
from routing.intervals import QUARTER_MS, quarter_of
from routing.staffing import patience_s

DAY_MS = 24 * 3_600_000
LOOK_BACK_MS = 12 * 7 * DAY_MS  # of arrivals
LATELY_MS = 28 * DAY_MS  # of handling times, patience and presence
LEAST_HANDLED = 5

Brands = tuple[int, ...] | None


@dataclass(frozen=True, slots=True)
class Measured:
    """What was measured lately; None where there was too little. `at_once` is how many contacts of
    the channel an agent of these queues may have in hand."""

    handling_s: int | None
    patience_s: int | None
    at_once: int


def history_of(
    conn: Connection, queue: int | None, channel: str, brands: Brands, now: int
) -> History:
    """Arrivals by quarter of an hour, up to the last whole quarter; of all queues for None.

    It begins where the rows begin, at most twelve weeks ago.
    """
    i = queue_intervals.c
    of = and_(_queues_of(i.queue_id, queue, brands), i.channel == channel if channel else true())
    since = max(quarter_of(now - LOOK_BACK_MS), _first(conn, of) or now)
    rows = conn.execute(
        select(i.starts_at, func.sum(i.offered))
        .where(of, i.starts_at >= since)
        .group_by(i.starts_at)
    )
    return History({at: int(count) for at, count in rows}, since, quarter_of(now))


def measured(
    conn: Connection, queue: int | None, channel: str, brands: Brands, now: int
) -> Measured:
    """Mean handling time with wrap-up, mean patience, contacts at once: of the last four weeks."""
    return Measured(
        _handling_s(conn, queue, channel, brands, now),
        _patience_s(conn, queue, channel, brands, now),
        _at_once(conn, queue, channel, brands),
    )


def present_by_weekday(
    conn: Connection, queue: int | None, brands: Brands, zone: tzinfo, now: int
) -> dict[tuple[int, int], float]:
    """Agents of the queue who were available, by (weekday, quarter by the wall clock): the mean of
    the last four weeks' days of that weekday on which anybody was there."""
    i, seat = agent_intervals.c, agent_queues.c
    seated = select(seat.agent_id).where(_queues_of(seat.queue_id, queue, brands))
    rows = conn.execute(
        select(i.starts_at, func.sum(i.available_ms))
        .where(
            i.starts_at >= now - LATELY_MS, i.starts_at < quarter_of(now), i.agent_id.in_(seated)
        )
        .group_by(i.starts_at)
    )
    sums: defaultdict[tuple[int, int], float] = defaultdict(float)
    days: defaultdict[int, set[int]] = defaultdict(set)
    for at, available_ms in rows:
        local = datetime.fromtimestamp(at / 1000, zone)
        if available_ms:
            days[local.weekday()].add(local.toordinal())
        sums[local.weekday(), local.hour * 4 + local.minute // 15] += int(available_ms) / QUARTER_MS
    return {place: total / len(days[place[0]]) for place, total in sums.items() if days[place[0]]}


def _first(conn: Connection, of: ColumnElement[bool]) -> int | None:
    """The first quarter there is a row of."""
    first: int | None = conn.execute(
        select(func.min(queue_intervals.c.starts_at)).where(of)
    ).scalar()
    return first


def _queues_of(column: Any, queue: int | None, brands: Brands) -> ColumnElement[bool]:
    if queue is not None:
        return and_(column == queue)
    return and_(column.in_(select(queues.c.id).where(of_brands(brands))))


def of_brands(brands: Brands) -> ColumnElement[bool]:
    """The condition on queues: those of these brands, and those of none; None: all."""
    if brands is None:
        return true()
    return or_(queues.c.brand_id.is_(None), queues.c.brand_id.in_(brands))


def _handling_s(
    conn: Connection, queue: int | None, channel: str, brands: Brands, now: int
) -> int | None:
    i = queue_intervals.c
    handled, worked, wrapped = conn.execute(
        select(func.sum(i.handled), func.sum(i.handling_ms), func.sum(i.wrap_up_ms)).where(
            _queues_of(i.queue_id, queue, brands),
            i.channel == channel,
            i.starts_at >= now - LATELY_MS,
        )
    ).one()
    if (handled or 0) < LEAST_HANDLED:
        return None
    return max(1, round((int(worked) + int(wrapped)) / int(handled) / 1000))


def _patience_s(
    conn: Connection, queue: int | None, channel: str, brands: Brands, now: int
) -> int | None:
    c = contacts.c
    mine = (
        _queues_of(c.queue_id, queue, brands),
        c.channel == channel,
        c.enqueued_at >= now - LATELY_MS,
    )
    answered = answered_at()
    waited = conn.execute(
        select(func.sum(answered - c.enqueued_at)).where(*mine, answered.is_not(None))
    ).scalar()
    left, left_after = conn.execute(
        select(func.count(), func.sum(c.ended_at - c.enqueued_at)).where(
            *mine, answered.is_(None), c.outcome == "abandoned", c.ended_at.is_not(None)
        )
    ).one()
    found = patience_s(int(left), (int(waited or 0) + int(left_after or 0)) / 1000)
    return None if found is None else max(1, round(found))


def _at_once(conn: Connection, queue: int | None, channel: str, brands: Brands) -> int:
    """The median over the agents seated in these queues."""
    cost = registry.get(channel).cost
    rows: Sequence[Any] = conn.execute(
        select(agents.c.capacity, agents.c.max_by_channel).where(
            agents.c.active,
            agents.c.id.in_(
                select(agent_queues.c.agent_id).where(
                    _queues_of(agent_queues.c.queue_id, queue, brands)
                )
            ),
        )
    ).all()
    places = [min(capacity // cost, int(most.get(channel, capacity))) for capacity, most in rows]
    return max(1, round(median(places))) if places else 1
