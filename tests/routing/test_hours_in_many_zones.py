"""Business time against a count of minutes on the wall clock, where clocks do odd things."""

from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.hours import (
    Hours,
    Span,
    add_business_ms,
    business_ms_between,
    is_open,
    next_closing,
    next_opening,
    subtract_business_ms,
)
from tests.routing.worlds import quick

SECOND, MINUTE, HOUR = 1_000, 60_000, 3_600_000
ALWAYS = tuple(Span(day, 0, 24 * 60) for day in range(7))

# A zone, and a day on which something happens in it.
ODD_DAYS = [
    ("Europe/Berlin", date(2026, 3, 29)),  # 2:00 -> 3:00
    ("Europe/Berlin", date(2026, 10, 25)),  # 3:00 -> 2:00
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
    ("America/St_Johns", date(2026, 3, 8)),  # half an hour off
    ("Australia/Lord_Howe", date(2026, 4, 5)),  # by half an hour
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("America/Havana", date(2026, 11, 1)),  # 1:00 -> 0:00: midnight comes twice
    ("America/Havana", date(2026, 3, 8)),  # 0:00 -> 1:00: no midnight
    ("America/Sao_Paulo", date(2018, 2, 18)),  # 24:00 -> 23:00
    ("Africa/Casablanca", date(2026, 2, 15)),  # back for Ramadan
    ("Pacific/Apia", date(2011, 12, 30)),  # a day that never was
    ("Pacific/Chatham", date(2026, 4, 5)),  # three quarters of an hour off
    ("Asia/Kathmandu", date(2026, 5, 1)),
    ("Asia/Kolkata", date(2026, 5, 1)),
    ("Asia/Hong_Kong", date(2026, 5, 1)),
]

spans = st.builds(
    lambda weekday, opens, length: Span(weekday, opens, min(24 * 60, opens + length)),
    st.integers(0, 6),
    st.one_of(st.integers(0, 4 * 60), st.integers(0, 24 * 60 - 1)),
    st.integers(1, 24 * 60),
)


@st.composite
def moments(draw: st.DrawFn) -> tuple[Hours, int, int]:
    """Opening hours, and two instants, to the second, around an odd day."""
    zone, day = draw(st.sampled_from(ODD_DAYS))
    closed = draw(st.sets(st.integers(-2, 2), max_size=2))
    hours = Hours(
        zone,
        draw(st.one_of(st.just(ALWAYS), st.lists(spans, max_size=5).map(tuple))),
        frozenset(day + timedelta(days=each) for each in closed),
    )
    noon = int(datetime(day.year, day.month, day.day, 12, tzinfo=UTC).timestamp())
    near = st.integers(noon - 40 * 3600, noon + 40 * 3600)
    first, second = sorted((draw(near), draw(near)))
    return hours, first * SECOND, second * SECOND


@lru_cache(maxsize=64)
def walls(zone: str, day: date) -> list[tuple[int, datetime]]:
    """Every minute from two days before until three days after: its instant and its wall clock."""
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp()) - 2 * 86_400
    each_minute = range(start, start + 5 * 86_400, 60)
    return [
        (at * 1000, datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None))
        for at in each_minute
    ]


def open_minutes(hours: Hours, day: date) -> set[int]:
    """The minutes of a day's spans, each from its first opening until its last closing."""
    found: set[int] = set()
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001
    for span in hours.weekly:
        if span.weekday != day.weekday() or day in hours.closed_on:
            continue
        opens = midnight + timedelta(minutes=span.opens)
        closes = midnight + timedelta(minutes=span.closes)
        begins = next(at for at, wall in walls(hours.time_zone, day) if wall >= opens)
        ends = max(at for at, wall in walls(hours.time_zone, day) if wall < closes)
        found |= set(range(begins, ends + 1, MINUTE))
    return found


def counted(hours: Hours, start: int, end: int) -> int:
    """Open time from `start` to `end`, counted minute by minute."""
    day = datetime.fromtimestamp(start / 1000, UTC).date() - timedelta(days=2)
    last = datetime.fromtimestamp(end / 1000, UTC).date() + timedelta(days=2)
    minutes: set[int] = set()
    while day <= last:
        minutes |= open_minutes(hours, day)
        day += timedelta(days=1)
    return sum(max(0, min(at + MINUTE, end) - max(at, start)) for at in minutes)


@quick
@given(moments())
def test_business_time_is_what_the_wall_clock_counts(moment: tuple[Hours, int, int]) -> None:
    hours, start, end = moment
    assert business_ms_between(hours, start, end) == counted(hours, start, end)


@quick
@given(moments())
def test_the_time_between_leads_back_to_where_it_came_from(moment: tuple[Hours, int, int]) -> None:
    hours, start, end = moment
    ms = business_ms_between(hours, start, end)
    due = add_business_ms(hours, start, ms)
    if is_open(hours, end) and end > start and ms:
        assert due == end
    elif due is not None and ms:
        assert due <= end
        assert business_ms_between(hours, start, due) == ms


@quick
@given(moments(), st.integers(0, 60 * HOUR // SECOND))
def test_a_deadline_is_right_to_the_second_and_not_a_second_earlier(
    moment: tuple[Hours, int, int], seconds: int
) -> None:
    hours, start, _ = moment
    ms = seconds * SECOND
    due = add_business_ms(hours, start, ms)
    if not hours.weekly:
        assert due is None
        return
    if due is None or not ms:
        return
    assert business_ms_between(hours, start, due) == ms
    assert business_ms_between(hours, start, due - SECOND) == ms - SECOND


@quick
@given(moments(), st.integers(0, 30 * HOUR), st.integers(0, 30 * HOUR))
def test_two_steps_lead_as_far_as_one(moment: tuple[Hours, int, int], a: int, b: int) -> None:
    hours, start, _ = moment
    half = add_business_ms(hours, start, a)
    if half is not None and b:
        assert add_business_ms(hours, half, b) == add_business_ms(hours, start, a + b)


@quick
@given(moments(), st.integers(0, 60 * HOUR))
def test_going_back_is_the_way_there_turned_round(moment: tuple[Hours, int, int], ms: int) -> None:
    hours, start, end = moment
    ms = min(ms, business_ms_between(hours, start, end))
    back = subtract_business_ms(hours, end, ms)
    assert back >= start
    assert business_ms_between(hours, back, end) == ms
    assert business_ms_between(hours, back + 1, end) < max(ms, 1)


@quick
@given(moments())
def test_more_time_passes_never_backwards(moment: tuple[Hours, int, int]) -> None:
    hours, start, end = moment
    later, sooner = add_business_ms(hours, end, HOUR), add_business_ms(hours, start, HOUR)
    assert (later is None) == (sooner is None)
    assert later is None or sooner is None or sooner <= later


@quick
@given(moments())
def test_closed_means_that_no_time_passes_before_it_opens(moment: tuple[Hours, int, int]) -> None:
    hours, start, _ = moment
    opens = next_opening(hours, start)
    if opens is not None:
        assert is_open(hours, opens)
        assert business_ms_between(hours, start, opens) == 0


@pytest.mark.parametrize(("zone", "day"), ODD_DAYS)
def test_around_the_clock_is_plain_time_on_every_odd_day(zone: str, day: date) -> None:
    hours = Hours(zone, ALWAYS)
    start = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000) - 30 * HOUR
    for ms in (1, 30 * HOUR, 61 * HOUR + 1):
        assert add_business_ms(hours, start, ms) == start + ms
        assert business_ms_between(hours, start, start + ms) == ms
    assert next_closing(hours, start) is None


def test_samoas_skipped_friday_is_no_working_day() -> None:
    weekdays = Hours("Pacific/Apia", tuple(Span(day, 9 * 60, 17 * 60) for day in range(5)))
    apia = ZoneInfo("Pacific/Apia")
    thursday = int(datetime(2011, 12, 29, 16, tzinfo=apia).timestamp() * 1000)
    monday = int(datetime(2012, 1, 2, 10, tzinfo=apia).timestamp() * 1000)
    assert add_business_ms(weekdays, thursday, 2 * HOUR) == monday


def test_hours_that_are_open_once_a_week_add_up_over_years() -> None:
    rare = Hours("UTC", (Span(0, 9 * 60, 10 * 60),))
    monday = int(datetime(2026, 3, 2, 9, tzinfo=UTC).timestamp() * 1000)
    assert add_business_ms(rare, monday, 200 * HOUR) == monday + 199 * 7 * 24 * HOUR + HOUR
