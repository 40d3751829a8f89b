"""The forecast of arrivals on histories whose truth is known."""

from datetime import date, datetime, timedelta
from math import exp
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.backtest import backtest
from routing.forecast import QUARTER_MS, History, days_of_history, fit, forecast
from routing.scatter import count_range, scatter_of

HONG_KONG = ZoneInfo("Asia/Hong_Kong")
LONDON = ZoneInfo("Europe/London")
MONDAY = date(2026, 9, 7)
WEEKDAYS = (1.2, 1.1, 1.0, 1.0, 0.9, 0.4, 0.0)
OPENS, CLOSES = 36, 72  # quarters: 9:00 and 18:00
SHAPE = [exp(-(((q - 44) / 9) ** 2)) if OPENS <= q < CLOSES else 0.0 for q in range(96)]


def shop(
    weeks: int,
    daily: float = 300,
    seed: int = 1,
    zone: ZoneInfo = HONG_KONG,
    growth: float = 0.0,
    odd_days: dict[int, float] | None = None,
    first: date = MONDAY,
) -> History:
    """Arrivals of a shop that is closed on Sundays: level × weekday × shape, gamma × Poisson."""
    random, counts = Random(seed), {}
    for n in range(7 * weeks):
        day = first + timedelta(n)
        factor = random.gammavariate(100, 1 / 100) * (odd_days or {}).get(n, 1.0)
        volume = daily * (1 + growth * n) * WEEKDAYS[day.weekday()] * factor
        for quarter, share in enumerate(SHAPE):
            if came := poisson(random, volume * share / sum(SHAPE)):
                counts[instant(day, quarter, zone)] = came
    return History(counts, instant(first, 0, zone), instant(first + timedelta(7 * weeks), 0, zone))


def instant(day: date, quarter: int, zone: ZoneInfo) -> int:
    clock = datetime(day.year, day.month, day.day, quarter // 4, quarter % 4 * 15, tzinfo=zone)
    return round(clock.timestamp() * 1000)


def poisson(random: Random, mean: float) -> int:
    count, left = 0, random.expovariate(1.0)
    while left < mean:
        count += 1
        left += random.expovariate(1.0)
    return count


def total(history: History, weeks: int) -> float:
    told = forecast(history, HONG_KONG, MONDAY + timedelta(7 * weeks), 7)
    assert told is not None
    return sum(quarter.mean for quarter in told)


def test_less_than_two_weeks_or_fifty_contacts_give_no_forecast() -> None:
    short = shop(2).before(instant(MONDAY + timedelta(13), 0, HONG_KONG))
    assert days_of_history(short, HONG_KONG) == 13
    assert forecast(short, HONG_KONG, MONDAY) is None
    assert forecast(shop(4, daily=1), HONG_KONG, MONDAY) is None
    assert forecast(shop(2), HONG_KONG, MONDAY) is not None


def test_two_weeks_are_enough_to_tell_weekdays_and_hours_apart() -> None:
    told = forecast(shop(2), HONG_KONG, MONDAY + timedelta(14), 7)
    assert told is not None
    assert len(told) == 7 * 96
    days = [sum(quarter.mean for quarter in told[96 * n : 96 * n + 96]) for n in range(7)]
    assert days[0] == pytest.approx(360, rel=0.25)
    assert days[5] == pytest.approx(120, rel=0.35)
    assert days[6] == 0
    assert all(q.mean == q.low == q.high == 0 for q in told[:OPENS])  # closed before nine
    assert all(q.low <= q.mean <= q.high for q in told)


def test_a_holiday_and_a_storm_do_not_move_the_forecast() -> None:
    truth = 300 * sum(WEEKDAYS)
    for seed in range(5):
        odd = shop(6, seed=seed, odd_days={15: 0.0, 23: 6.0, 36: 0.05})
        assert total(odd, 6) == pytest.approx(truth, rel=0.1)


def test_growth_is_seen_and_goes_on_damped() -> None:
    history = shop(8, daily=500, growth=0.01)
    learnt = fit(history, HONG_KONG)
    assert learnt is not None
    assert learnt.trend > 2
    last_week = sum(c for at, c in history.counts.items() if at >= history.until - 672 * QUARTER_MS)
    assert last_week < total(history, 8) < 1.25 * last_week


def test_chance_alone_is_no_trend() -> None:
    slopes = [fit(shop(6, seed=seed), HONG_KONG) for seed in range(20)]
    assert sum(learnt is not None and learnt.trend != 0 for learnt in slopes) <= 3


def test_the_profile_follows_the_wall_clock_over_a_change_to_winter_time() -> None:
    history = shop(5, zone=LONDON, first=date(2026, 10, 5))  # the clock goes back on 25 October
    told = forecast(history, LONDON, date(2026, 11, 9))
    assert told is not None
    open_at = [q.starts_at for q in told if q.mean > 0]
    assert open_at[0] >= instant(date(2026, 11, 9), OPENS, LONDON)
    assert open_at[-1] < instant(date(2026, 11, 9), CLOSES, LONDON)


def test_a_day_on_which_the_clock_changes_has_its_own_number_of_quarters() -> None:
    history = shop(5, zone=LONDON, first=date(2026, 9, 14))
    told = forecast(history, LONDON, date(2026, 10, 25))
    assert told is not None
    assert len(told) == 100
    assert len({quarter.starts_at for quarter in told}) == 100


@pytest.mark.parametrize("daily", [150, 600, 3000])
def test_the_forecast_beats_the_same_quarter_last_week(daily: float) -> None:
    rehearsed = backtest(shop(8, daily), HONG_KONG)
    assert rehearsed is not None
    assert rehearsed.weeks == 4
    assert rehearsed.wape < 0.85 * rehearsed.naive_wape
    assert rehearsed.mape < rehearsed.naive_mape


def test_the_range_holds_what_it_says() -> None:
    shares = []
    for seed in range(5):
        rehearsed = backtest(shop(8, 600, seed), HONG_KONG)
        assert rehearsed is not None
        shares.append(rehearsed.covered)
    assert 0.75 <= sum(shares) / len(shares) <= 0.9


def test_a_history_without_two_weeks_before_the_last_cannot_be_rehearsed() -> None:
    assert backtest(shop(2), HONG_KONG) is None
    rehearsed = backtest(shop(3), HONG_KONG)
    assert rehearsed is not None
    assert rehearsed.weeks == 1


def test_wild_scatter_makes_the_range_wider() -> None:
    calm = [(10, 10.0, 8.0), (9, 10.0, 8.0), (12, 10.0, 8.0)] * 50
    wild = [(2, 10.0, 8.0), (25, 10.0, 8.0), (10, 10.0, 8.0)] * 50
    assert scatter_of(calm, 0.8) == 0
    assert scatter_of(wild, 0.8) > 0.3


@settings(max_examples=100, deadline=None)
@given(st.floats(0.01, 500), st.floats(0, 1), st.floats(0.5, 0.95), st.floats(2, 8))
def test_a_range_is_around_its_mean_and_wider_for_more_coverage(
    mean: float, scatter: float, coverage: float, weeks: float
) -> None:
    low, high = count_range(mean, scatter, coverage, weeks)
    wider = count_range(mean, scatter, min(0.99, coverage + 0.04), weeks)
    assert 0 <= low <= high
    assert wider[0] <= low
    assert high <= wider[1]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.integers(0, 40), min_size=96, max_size=96), st.integers(2, 6))
def test_weeks_that_are_all_alike_are_forecast_as_they_were(day: list[int], weeks: int) -> None:
    counts = {
        instant(MONDAY + timedelta(n), quarter, HONG_KONG): count
        for n in range(7 * weeks)
        for quarter, count in enumerate(day)
        if count
    }
    end = MONDAY + timedelta(7 * weeks)
    history = History(counts, instant(MONDAY, 0, HONG_KONG), instant(end, 0, HONG_KONG))
    told = forecast(history, HONG_KONG, end)
    if sum(counts.values()) < 50:
        assert told is None
        return
    assert told is not None
    assert sum(quarter.mean for quarter in told) == pytest.approx(sum(day))
