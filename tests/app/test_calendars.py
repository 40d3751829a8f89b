"""Calendars out of the database: public holidays count, names are in the reader's words."""

from datetime import UTC, date, datetime

from sqlalchemy import insert

from app.db import Tx
from app.models.organisation import business_hours
from app.queries.calendars import calendar, due_at, next_closed_days
from app.queries.public_holidays import countries, public_holidays, region_names
from app.runtime import Runtime
from tests.desk import Desk

HOUR = 3_600_000
OFFICE = {str(day): [["09:00", "12:00"], ["13:00", "18:00"]] for day in range(5)}


def at(*parts: int) -> int:
    return int(datetime(*parts, tzinfo=UTC).timestamp() * 1000)  # type: ignore[arg-type, misc]


async def hours(runtime: Runtime, **more: object) -> int:
    """Business hours of these values."""
    values = {"name": "Office", "time_zone": "UTC", "spans": OFFICE, "holidays": []} | more

    def make(tx: Tx) -> int:
        done = tx.execute(insert(business_hours).values(**values).returning(business_hours.c.id))
        return int(done.scalar_one())

    return await runtime.db.write(make)


async def test_without_hours_a_deadline_is_plain_time(desk: Desk) -> None:
    assert await desk.runtime.db.query(calendar, None) is None
    assert await desk.runtime.db.query(due_at, None, 1_000, HOUR) == 1_000 + HOUR


async def test_a_deadline_passes_the_lunch_break_and_a_public_holiday(
    desk: Desk, ticking: object
) -> None:
    bavaria = await hours(desk.runtime, country="DE", region="BY")
    eve = at(2027, 1, 5, 17)  # Epiphany, the sixth, is a holiday in Bavaria
    due = await desk.runtime.db.query(due_at, bavaria, eve, 5 * HOUR)
    assert due == at(2027, 1, 7, 14, 0)


async def test_the_same_day_is_open_in_a_region_that_works(desk: Desk, ticking: object) -> None:
    berlin = await hours(desk.runtime, country="DE", region="BE")
    due = await desk.runtime.db.query(due_at, berlin, at(2027, 1, 5, 17, 0), 5 * HOUR)
    assert due == at(2027, 1, 6, 14, 0)


async def test_hours_that_never_open_have_no_deadline(desk: Desk) -> None:
    shut = await hours(desk.runtime, spans={})
    assert await desk.runtime.db.query(due_at, shut, 0, 1) is None


def test_the_next_closed_days_name_public_holidays_and_hold_the_own_ones() -> None:
    days = next_closed_days("DE", "BY", ["2027-01-04"], date(2026, 12, 26), "en", limit=4)
    assert [(each.day.isoformat(), each.name) for each in days] == [
        ("2026-12-26", "Second Day of Christmas"),
        ("2027-01-01", "New Year's Day"),
        ("2027-01-04", ""),
        ("2027-01-06", "Epiphany"),
    ]


def test_holidays_are_named_in_the_readers_language_where_it_is_known() -> None:
    new_year = date(2027, 1, 1)
    assert public_holidays("HK", "", 2027, "zh_Hans")[new_year] == "一月一日"
    assert public_holidays("HK", "", 2027, "en")[new_year].isascii()


def test_every_country_of_the_list_has_its_calendar() -> None:
    assert len(countries()) > 200
    assert region_names("DE")["BY"] == "Bayern"
    assert public_holidays("XX", "", 2027) == {} == public_holidays("DE", "XX", 2027)
