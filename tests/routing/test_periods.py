"""Steps of a report: they fill their span without gaps, on the clocks of any zone, also when those
change."""

from datetime import date, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.intervals import QUARTER_MS
from routing.periods import day_of, days, midnight, steps

HOUR = 4 * QUARTER_MS
zones = st.sampled_from(
    [
        "UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Australia/Lord_Howe",
        "America/Santiago", "Pacific/Apia", "Asia/Shanghai", "America/St_Johns",
    ]
).map(ZoneInfo)  # fmt: skip
dates = st.dates(date(2005, 1, 1), date(2030, 12, 31))


@given(
    first=dates,
    count=st.integers(1, 40),
    zone=zones,
    step=st.sampled_from(["quarter", "hour", "day", "week"]),
)
def test_steps_fill_their_span_without_gap_or_overlap(
    first: date, count: int, zone: ZoneInfo, step: str
) -> None:
    span = days(first, count, zone)
    found = steps(span, step, zone)  # type: ignore[arg-type]
    if span[0] == span[1]:  # Samoa had no 30 December 2011
        assert found == []
        return
    assert (found[0][0], found[-1][1]) == span
    assert all(one[1] == other[0] for one, other in pairwise(found))
    assert all(began < ended for began, ended in found)
    assert all(began % QUARTER_MS == 0 for began, _ in found)


@given(first=dates, zone=zones)
def test_a_day_begins_on_its_own_date_and_the_next_follows(first: date, zone: ZoneInfo) -> None:
    began, ended = days(first, 1, zone)
    if ended > began:
        assert day_of(began, zone) == first
        assert day_of(ended - 1, zone) == first
    assert ended == midnight(first + timedelta(days=1), zone)


@pytest.mark.parametrize(
    ("day", "quarters"),
    [(date(2026, 3, 28), 96), (date(2026, 3, 29), 92), (date(2026, 10, 25), 100)],
)
def test_the_days_on_which_the_clocks_change_have_92_and_100_quarters(
    day: date, quarters: int
) -> None:
    zone = ZoneInfo("Europe/Berlin")
    span = days(day, 1, zone)
    assert len(steps(span, "quarter", zone)) == quarters
    assert len(steps(span, "hour", zone)) == quarters / 4
    assert steps(span, "day", zone) == [span]


def test_weeks_begin_on_monday() -> None:
    zone = ZoneInfo("Europe/Berlin")
    span = days(date(2026, 11, 18), 14, zone)  # from a Wednesday
    starts = [day_of(began, zone) for began, _ in steps(span, "week", zone)]
    assert starts == [date(2026, 11, 18), date(2026, 11, 23), date(2026, 11, 30)]


def test_hours_begin_with_the_clocks_of_a_zone_of_half_hours() -> None:
    zone = ZoneInfo("Asia/Kolkata")
    span = days(date(2026, 5, 5), 1, zone)
    found = steps(span, "hour", zone)
    assert len(found) == 24
    assert all(ended - began == HOUR for began, ended in found)
    assert found[0][0] % HOUR == HOUR // 2
