"""Business hours out of the database as the calendar routing and promises reckon with: weekly
spans, own closed days, and the public holidays of a country and region."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, Row, bindparam, select

from app import clock
from app.models.organisation import business_hours
from app.queries.public_holidays import public_holidays
from routing.hours import HORIZON_DAYS, Hours, Span, add_business_ms

YEARS_BACK, YEARS_AHEAD = 1, 1 + HORIZON_DAYS // 365  # as far as anything is reckoned

_HOURS = select(business_hours).where(business_hours.c.id == bindparam("hours_id"))


@dataclass(frozen=True, slots=True)
class ClosedDay:
    """A whole day closed; `name` is the public holiday's, empty for a day of the own list."""

    day: date
    name: str


def calendar(conn: Connection, hours_id: int | None) -> Hours | None:
    """The calendar of these business hours, public holidays of the years around included.

    None means always open: no hours are given, or they are gone.
    """
    if hours_id is None:
        return None
    row = conn.execute(_HOURS, {"hours_id": hours_id}).first()
    return None if row is None else hours_of(row)


def due_at(conn: Connection, hours_id: int | None, now: int, target_ms: int) -> int | None:
    """The instant at which `target_ms` of business time have passed since `now`.

    None if the hours never open for so long.
    """
    return after_business_ms(calendar(conn, hours_id), now, target_ms)


def after_business_ms(hours: Hours | None, now: int, ms: int) -> int | None:
    """`ms` of opening time after `now`; plain time where there are no hours."""
    return now + ms if hours is None else add_business_ms(hours, now, ms)


def hours_of(row: Row[Any]) -> Hours:
    """The values of a row of `business_hours`: {"0": [["09:00", "17:30"]]}, 0 is Monday."""
    spans: Mapping[str, Sequence[Sequence[str]]] = row.spans
    return _hours(
        row.time_zone,
        tuple((day, opens, closes) for day, each in spans.items() for opens, closes in each),
        tuple(row.holidays),
        row.country,
        row.region,
        datetime.fromtimestamp(clock.now() / 1000, UTC).year,
    )


@lru_cache(maxsize=256)
def _hours(
    time_zone: str,
    spans: tuple[tuple[str, str, str], ...],
    closed: tuple[str, ...],
    country: str,
    region: str,
    year: int,
) -> Hours:
    """Made once for the same settings: promises ask for it with every contact."""
    days = {date.fromisoformat(day) for day in closed}
    if country:
        for each in range(year - YEARS_BACK, year + YEARS_AHEAD + 1):
            days |= public_holidays(country, region, each).keys()
    return Hours(
        time_zone=time_zone,
        weekly=tuple(
            Span(int(weekday), _minute(opens), _minute(closes)) for weekday, opens, closes in spans
        ),
        closed_on=frozenset(days),
    )


def next_closed_days(
    country: str, region: str, closed: Sequence[str], after: date, locale: str, limit: int = 8
) -> list[ClosedDay]:
    """The days from `after` on that are closed whatever the week says, soonest first."""
    own = {date.fromisoformat(day): "" for day in closed}

    def upcoming() -> Iterator[ClosedDay]:
        for year in range(after.year, after.year + 3):
            named = public_holidays(country, region, year, locale) if country else {}
            of_year = {day: name for day, name in own.items() if day.year == year} | named
            for day in sorted(of_year):
                if day >= after:
                    yield ClosedDay(day, of_year[day])

    return [day for day, _ in zip(upcoming(), range(limit), strict=False)]


def _minute(clock_time: str) -> int:
    hours, _, minutes = clock_time.partition(":")
    return int(hours) * 60 + int(minutes)
