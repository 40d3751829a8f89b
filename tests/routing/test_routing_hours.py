"""Opening hours across days, holidays and changes of the clock."""

from datetime import date, datetime
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
)
from tests.routing.worlds import quick

HOUR = 3_600_000
NINE_TO_FIVE = tuple(Span(day, 9 * 60, 17 * 60) for day in range(5))
HONG_KONG = Hours("Asia/Hong_Kong", NINE_TO_FIVE)
NIGHT_OWL = tuple(Span(day, 0, 24 * 60) for day in range(7))


def at(zone: str, *parts: int, fold: int = 0) -> int:
    moment = datetime(*parts, tzinfo=ZoneInfo(zone), fold=fold)  # type: ignore[arg-type, misc]
    return int(moment.timestamp() * 1000)


def hong_kong(*parts: int) -> int:
    return at("Asia/Hong_Kong", *parts)


def test_the_first_minute_is_open_and_the_last_is_closed() -> None:
    assert not is_open(HONG_KONG, hong_kong(2026, 3, 2, 8, 59))
    assert is_open(HONG_KONG, hong_kong(2026, 3, 2, 9, 0))
    assert is_open(HONG_KONG, hong_kong(2026, 3, 2, 16, 59))
    assert not is_open(HONG_KONG, hong_kong(2026, 3, 2, 17, 0))


def test_friday_evening_opens_again_on_monday() -> None:
    friday = hong_kong(2026, 3, 6, 18, 0)
    assert next_opening(HONG_KONG, friday) == hong_kong(2026, 3, 9, 9, 0)


def test_while_open_the_next_opening_is_now() -> None:
    noon = hong_kong(2026, 3, 2, 12, 0)
    assert next_opening(HONG_KONG, noon) == noon


def test_a_lunch_break_is_closed_and_stops_the_clock() -> None:
    hours = Hours("Asia/Hong_Kong", (Span(0, 9 * 60, 12 * 60), Span(0, 13 * 60, 18 * 60)))
    assert not is_open(hours, hong_kong(2026, 3, 2, 12, 30))
    due = add_business_ms(hours, hong_kong(2026, 3, 2, 11, 0), 2 * HOUR)
    assert due == hong_kong(2026, 3, 2, 14, 0)


def test_a_deadline_runs_over_the_weekend_and_a_holiday() -> None:
    hours = Hours("Asia/Hong_Kong", NINE_TO_FIVE, frozenset({date(2026, 3, 9)}))
    friday = hong_kong(2026, 3, 6, 16, 0)
    assert add_business_ms(hours, friday, 4 * HOUR) == hong_kong(2026, 3, 10, 12, 0)


def test_a_deadline_exactly_at_closing_time_stays_on_that_day() -> None:
    friday = hong_kong(2026, 3, 6, 16, 0)
    assert add_business_ms(HONG_KONG, friday, HOUR) == hong_kong(2026, 3, 6, 17, 0)


def test_without_opening_hours_nothing_ever_opens() -> None:
    never = Hours("UTC", ())
    assert not is_open(never, 0)
    assert next_opening(never, 0) is None
    assert next_closing(never, 0) is None
    assert add_business_ms(never, 0, 1) is None


def test_a_day_of_twenty_three_hours_counts_as_twenty_three() -> None:
    hours = Hours("Europe/Berlin", (Span(6, 0, 24 * 60),))
    start, end = at("Europe/Berlin", 2026, 3, 29), at("Europe/Berlin", 2026, 3, 30)
    assert business_ms_between(hours, start, end) == 23 * HOUR == end - start


def test_a_day_of_twenty_five_hours_counts_as_twenty_five() -> None:
    hours = Hours("Europe/Berlin", (Span(6, 0, 24 * 60),))
    start, end = at("Europe/Berlin", 2026, 10, 25), at("Europe/Berlin", 2026, 10, 26)
    assert business_ms_between(hours, start, end) == 25 * HOUR == end - start


def test_an_opening_time_that_does_not_occur_is_the_first_minute_after() -> None:
    hours = Hours("Europe/Berlin", (Span(6, 2 * 60 + 30, 6 * 60),))
    midnight = at("Europe/Berlin", 2026, 3, 29)
    assert next_opening(hours, midnight) == at("Europe/Berlin", 2026, 3, 29, 3, 0)


def test_a_closing_time_that_occurs_twice_is_the_second() -> None:
    hours = Hours("Europe/Berlin", (Span(6, 0, 2 * 60 + 30),))
    assert is_open(hours, at("Europe/Berlin", 2026, 10, 25, 2, 29, fold=1))
    assert not is_open(hours, at("Europe/Berlin", 2026, 10, 25, 2, 30, fold=1))


def test_spans_that_touch_at_midnight_close_only_once() -> None:
    hours = Hours("UTC", (Span(0, 20 * 60, 24 * 60), Span(1, 0, 2 * 60)))
    monday_night = at("UTC", 2026, 3, 2, 21, 0)
    assert next_closing(hours, monday_night) == at("UTC", 2026, 3, 3, 2, 0)


def test_always_open_adds_plain_time() -> None:
    hours = Hours("America/New_York", NIGHT_OWL)
    start = at("America/New_York", 2026, 3, 7, 12, 0)
    assert add_business_ms(hours, start, 48 * HOUR) == start + 48 * HOUR


@pytest.mark.parametrize(("opens", "closes"), [(60, 60), (120, 60), (-1, 5), (0, 1441)])
def test_a_span_that_does_not_fit_in_a_day_is_refused(opens: int, closes: int) -> None:
    with pytest.raises(ValueError, match="split at 24:00"):
        Span(0, opens, closes)


def test_an_unknown_time_zone_is_refused_with_an_example() -> None:
    with pytest.raises(ValueError, match="Asia/Hong_Kong"):
        Hours("Mars/Olympus", NINE_TO_FIVE)


@quick
@given(
    st.sampled_from(["Asia/Hong_Kong", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe"]),
    st.integers(at("UTC", 2026, 1, 1), at("UTC", 2026, 12, 31)),
    st.integers(0, 100 * HOUR),
)
def test_a_deadline_has_exactly_its_opening_time_before_it(zone: str, start: int, ms: int) -> None:
    hours = Hours(zone, NINE_TO_FIVE)
    due = add_business_ms(hours, start, ms)
    assert due is not None
    assert business_ms_between(hours, start, due) == ms


@quick
@given(st.integers(at("UTC", 2026, 1, 1), at("UTC", 2026, 12, 31)))
def test_open_means_that_the_next_opening_is_now(moment: int) -> None:
    hours = Hours("America/New_York", NINE_TO_FIVE)
    opening = next_opening(hours, moment)
    assert is_open(hours, moment) == (opening == moment)
