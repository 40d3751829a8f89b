"""An agent's calendar: what is due day by day in their own time zone, and when nobody works."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import Connection, select

from app.models.agent import agent_queues
from app.models.organisation import business_hours, queues
from app.queries.calendars import hours_of
from app.queries.due_list import DueItem, due_list
from app.queries.public_holidays import public_holidays
from app.security.permissions import Actor
from routing.hours import Hours, is_open, next_opening

DAY = timedelta(days=1)
HOURS = range(24)


@dataclass(frozen=True, slots=True)
class AgendaDay:
    """A day from midnight (`at`, ms) with what is due on it, the earliest first. `closed`: none of
    the agent's queues is open on it; `open_in` has the hours of the day in which one is, where it
    was asked for; `holiday` names the public holiday."""

    day: date
    at: int
    items: tuple[DueItem, ...]
    closed: bool
    holiday: str
    open_in: frozenset[int]
    zone: ZoneInfo

    def in_hour(self, hour: int) -> tuple[DueItem, ...]:
        """What is due within this hour by the clock."""
        return tuple(item for item in self.items if self.hour_of(item) == hour)

    def hour_of(self, item: DueItem) -> int:
        """The hour by the clock in which an item is due."""
        return datetime.fromtimestamp((item.at or 0) / 1000, self.zone).hour


@dataclass(frozen=True, slots=True)
class Agenda:
    """Days in a row, and what was due before the first of them and is not done."""

    days: tuple[AgendaDay, ...]
    late: tuple[DueItem, ...]


def agenda(
    conn: Connection, actor: Actor, first: date, count: int, now: int, *, by_hour: bool = False
) -> Agenda:
    """The actor's own items of `count` days from `first` on; `by_hour`: with the hours that are
    open."""
    zone = zone_of(actor.time_zone)
    days = [first + number * DAY for number in range(count)]
    ends = [midnight(day, zone) for day in [*days, first + count * DAY]]
    items = due_list(conn, actor, until=ends[-1])
    calendars, places = _calendars(conn, actor)
    holidays = _holidays(places, days, actor.locale)
    found = []
    for day, at, end in zip(days, ends, ends[1:], strict=False):
        opens = frozenset(HOURS)
        if calendars and by_hour:
            opens = frozenset(hour for hour in HOURS if _some_open(calendars, _in(day, hour, zone)))
        found.append(
            AgendaDay(
                day, at, tuple(item for item in items if at <= (item.at or 0) < end),
                bool(calendars) and not _opens_between(calendars, at, end),
                holidays.get(day, ""), opens, zone,
            )
        )  # fmt: skip
    late = tuple(item for item in items if item.at is not None and item.at < min(ends[0], now))
    return Agenda(tuple(found), late)


def zone_of(name: str) -> ZoneInfo:
    """The agent's time zone; UTC where nobody knows it."""
    try:
        return ZoneInfo(name or "UTC")
    except (ZoneInfoNotFoundError, ValueError):
        return ZoneInfo("UTC")


def midnight(day: date, zone: ZoneInfo) -> int:
    """The moment at which a day begins there."""
    return _in(day, 0, zone)


def _in(day: date, hour: int, zone: ZoneInfo) -> int:
    moment = datetime(day.year, day.month, day.day, hour, tzinfo=zone)
    return int(moment.astimezone(UTC).timestamp() * 1000)


def _calendars(
    conn: Connection, actor: Actor
) -> tuple[tuple[Hours, ...], tuple[tuple[str, str], ...]]:
    """The business hours of the agent's queues, none where one of them is always open; and the
    countries and regions whose holidays they keep."""
    rows = conn.execute(
        select(business_hours, queues.c.hours_id)
        .select_from(agent_queues)
        .join(queues, queues.c.id == agent_queues.c.queue_id)
        .outerjoin(business_hours, business_hours.c.id == queues.c.hours_id)
        .where(agent_queues.c.agent_id == actor.agent_id, queues.c.active)
    ).all()
    kept = {row.hours_id: row for row in rows if row.hours_id is not None}
    places = tuple({(row.country, row.region) for row in kept.values() if row.country})
    if len(kept) < len({row.hours_id for row in rows}):
        return (), places
    return tuple(hours_of(row) for row in kept.values()), places


def _some_open(calendars: Sequence[Hours], at: int) -> bool:
    return any(is_open(each, at) for each in calendars)


def _opens_between(calendars: Sequence[Hours], at: int, end: int) -> bool:
    openings = (next_opening(each, at) for each in calendars)
    return any(opening is not None and opening < end for opening in openings)


def _holidays(
    places: Sequence[tuple[str, str]], days: Sequence[date], locale: str
) -> dict[date, str]:
    """The names of the days that are public holidays at every place."""
    if not places:
        return {}
    named = [
        {
            day: name
            for year in {each.year for each in days}
            for day, name in public_holidays(country, region, year, locale).items()
        }
        for country, region in places
    ]
    return {day: named[0][day] for day in days if all(day in each for each in named)}
