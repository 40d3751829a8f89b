"""How many contacts will come in each quarter of an hour, from how many came before.

A day's arrivals are level × weekday × share of the day, each found by medians so that a holiday or
a storm moves none of them: the multiplicative model of Shen and Huang (M&SOM 10:391, 2008) and
Ibrahim, Ye, L'Ecuyer, Shen (Int. J. Forecasting 32:865, 2016) in its simplest form. The trend is
the slope of Theil (1950) and Sen (1968), used only where the test of Mann (1945) and Kendall (1975)
finds one, and damped (Gardner, McKenzie 1985). Counts scatter more than Poisson (Jongbloed, Koole
2001), so the range is that of a negative binomial, as wide as earlier forecasts would have needed.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from itertools import combinations
from math import sqrt
from statistics import median

from routing.scatter import count_range, scatter_of

QUARTER_MS = 15 * 60_000
QUARTERS = 96
LEAST_DAYS = 14
LEAST_CONTACTS = 50
LOOK_BACK_DAYS = 56
REHEARSALS = 3  # weeks that are forecast from what was known before them, to learn the scatter
UNREHEARSED = 0.15  # scatter to assume while no week can be rehearsed
TREND_DAYS = 28  # fewer days show no trend, only chance
DAMPING = 0.95  # of the trend, a day
CLOSED_RUN = 4  # quarters: an hour in which nobody has ever come is closed

Quarters = list[float | None]


@dataclass(frozen=True, slots=True)
class History:
    """Arrivals by the start of their quarter of an hour, ms since the epoch.

    Everything from `since` up to `until` was watched: a quarter without an entry had no arrivals.
    """

    counts: Mapping[int, int]
    since: int
    until: int

    def before(self, until: int) -> "History":
        """What was known at an earlier moment."""
        return History(self.counts, self.since, min(until, self.until))


@dataclass(frozen=True, slots=True)
class Expected:
    """A quarter of an hour to come: the mean, and the range that holds `coverage` of the cases."""

    starts_at: int
    mean: float
    low: int
    high: int


@dataclass(frozen=True, slots=True)
class Fit:
    """What a history teaches: the level of its last day, the trend, weekdays, shares of a day."""

    last_day: date
    level: float  # contacts on an average day
    trend: float  # more each day
    weekday: tuple[float, ...]  # times the level
    shares: tuple[tuple[float, ...], ...]  # of each weekday's contacts, by quarter of an hour
    weeks: float

    def mean(self, day: date, quarter: int) -> float:
        """The arrivals to expect in a quarter (0 to 95 by the wall clock) of a day."""
        ahead = max(0, (day - self.last_day).days)
        drift = self.trend * DAMPING * (1 - DAMPING**ahead) / (1 - DAMPING)
        level = max(0.0, self.level + drift)
        return level * self.weekday[day.weekday()] * self.shares[day.weekday()][quarter]


def days_of_history(history: History, zone: tzinfo) -> int:
    """How many whole days by the wall clock the history covers."""
    return len(_whole_days(history, zone))


def fit(history: History, zone: tzinfo) -> Fit | None:
    """Learn from the last eight weeks; None with less than two weeks or fifty contacts."""
    days = _days(history, zone)
    totals = {day: sum(count or 0 for count in quarters) for day, quarters in days.items()}
    if len(days) < LEAST_DAYS or sum(totals.values()) < LEAST_CONTACTS:
        return None
    medians = [median(totals[day] for day in days if day.weekday() == k) for k in range(7)]
    average = sum(medians) / 7
    if average == 0:
        return None
    weekday = tuple(middle / average for middle in medians)
    levels = {day: totals[day] / weekday[day.weekday()] for day in days if weekday[day.weekday()]}
    last_day = max(days)
    trend = _trend(levels)
    recent = [
        value + trend * (last_day - day).days
        for day, value in levels.items()
        if (last_day - day).days < LEAST_DAYS + 7
    ]
    usual = _without_outliers(levels)
    shares = tuple(_shares([days[day] for day in usual if day.weekday() == k]) for k in range(7))
    return Fit(last_day, median(recent), trend, weekday, shares, len(days) / 7)


def forecast(
    history: History, zone: tzinfo, first_day: date, days: int = 1, coverage: float = 0.8
) -> list[Expected] | None:
    """The quarters of `days` days from `first_day` on, by the wall clock of `zone`.

    None without enough data (see `fit`). A range holds `coverage` of what comes, as far as the
    weeks before can tell.
    """
    learnt = fit(history, zone)
    if learnt is None:
        return None
    scatter = learn_scatter(history, zone, coverage)
    expected = []
    for start in _starts(first_day, days, zone):
        mean = learnt.mean(*_place(start, zone))
        low, high = count_range(mean, scatter, coverage, learnt.weeks)
        expected.append(Expected(start, mean, low, high))
    return expected


def rehearse(history: History, zone: tzinfo, weeks: int) -> list[tuple[int, float, float]]:
    """Forecast each of the last `weeks` weeks from what was known before it.

    Returns (start of the quarter, forecast mean, weeks learnt from); weeks with too little
    before them are left out.
    """
    whole = sorted(_whole_days(history, zone))
    told = []
    for back in range(weeks, 0, -1):
        if len(whole) < 7 * back + LEAST_DAYS:
            continue
        first = whole[-7 * back]
        starts = _starts(first, 7, zone)
        learnt = fit(history.before(starts[0]), zone)
        if learnt is not None:
            told += [(at, learnt.mean(*_place(at, zone)), learnt.weeks) for at in starts]
    return told


def learn_scatter(history: History, zone: tzinfo, coverage: float) -> float:
    """How much more than Poisson counts scatter: the least with which `coverage` of the quarters
    of the last weeks would have been in range."""
    told = [
        (history.counts.get(at, 0), mean, weeks)
        for at, mean, weeks in rehearse(history, zone, REHEARSALS)
        if mean > 0
    ]
    return scatter_of(told, coverage) if told else UNREHEARSED


def _place(start: int, zone: tzinfo) -> tuple[date, int]:
    local = datetime.fromtimestamp(start / 1000, zone)
    return local.date(), local.hour * 4 + local.minute // 15


def _midnight(day: date, zone: tzinfo) -> int:
    return round(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp() * 1000)


def _starts(first_day: date, days: int, zone: tzinfo) -> list[int]:
    """Every quarter of these days; 92 or 100 of them when the clock is changed."""
    until = _midnight(first_day + timedelta(days), zone)
    return list(range(_midnight(first_day, zone), until, QUARTER_MS))


def _whole_days(history: History, zone: tzinfo) -> list[date]:
    first = datetime.fromtimestamp(history.since / 1000, zone).date()
    if _midnight(first, zone) < history.since:
        first += timedelta(1)
    last = datetime.fromtimestamp(history.until / 1000, zone).date() - timedelta(1)
    return [first + timedelta(n) for n in range((last - first).days + 1)]


def _days(history: History, zone: tzinfo) -> dict[date, Quarters]:
    """The last whole days, each as 96 counts by the wall clock.

    An hour that the clock skips has none; one that comes twice has the mean of the two.
    """
    days: dict[date, Quarters] = {}
    for day in _whole_days(history, zone)[-LOOK_BACK_DAYS:]:
        sums, seen = [0.0] * QUARTERS, [0] * QUARTERS
        for start in _starts(day, 1, zone):
            quarter = _place(start, zone)[1]
            sums[quarter] += history.counts.get(start, 0)
            seen[quarter] += 1
        days[day] = [total / n if n else None for total, n in zip(sums, seen, strict=True)]
    return days


def _trend(levels: Mapping[date, float]) -> float:
    """Theil and Sen's slope a day, or 0 where Mann and Kendall's test sees none at 5 %."""
    if len(levels) < TREND_DAYS:
        return 0.0
    pairs = [(j - i, levels[j] - levels[i]) for i, j in combinations(sorted(levels), 2)]
    rises = sum((rise > 0) - (rise < 0) for _, rise in pairs)
    n = len(levels)
    if abs(rises) < 1.96 * sqrt(n * (n - 1) * (2 * n + 5) / 18):
        return 0.0
    return median(rise / gap.days for gap, rise in pairs)


def _without_outliers(levels: Mapping[date, float]) -> list[date]:
    """The days whose level is not far off, on the root scale, where counts scatter alike."""
    roots = {day: sqrt(level) for day, level in levels.items()}
    middle = median(roots.values())
    off = 1.4826 * median(abs(root - middle) for root in roots.values())
    return [day for day, root in roots.items() if abs(root - middle) <= 3 * max(off, 0.5)]


def _shares(days: Sequence[Quarters]) -> tuple[float, ...]:
    """The share of a day's contacts in each quarter: means without far-off values, smoothed."""
    means = [_usual([d[q] for d in days if d[q] is not None]) for q in range(QUARTERS)]
    closed = _closed(means)
    smooth = [0.0 if q in closed else _smoothed(means, closed, q) for q in range(QUARTERS)]
    total = sum(smooth)
    return tuple(value / total for value in smooth) if total else (0.0,) * QUARTERS


def _usual(counts: Sequence[float | None]) -> float:
    """The mean of counts, each brought to within three deviations of their median at most."""
    known = [count for count in counts if count is not None]
    if len(known) < 3:
        return sum(known) / len(known) if known else 0.0
    roots = [sqrt(count + 0.375) for count in known]
    middle = median(roots)
    reach = 3 * max(0.5, 1.4826 * median(abs(root - middle) for root in roots))
    brought = [min(max(root, middle - reach), middle + reach) for root in roots]
    return sum(max(0.0, max(root, 0.0) ** 2 - 0.375) for root in brought) / len(known)


def _closed(means: Sequence[float]) -> set[int]:
    """Quarters in a run of an hour or more without anybody: nothing is smoothed into them."""
    full = [q for q, value in enumerate(means) if value > 0]
    closed = set()
    for q in range(QUARTERS):
        at = bisect_left(full, q)
        before = full[at - 1] if at else -CLOSED_RUN
        after = full[at] if at < len(full) else QUARTERS + CLOSED_RUN
        if means[q] == 0 and after - before - 1 >= CLOSED_RUN:
            closed.add(q)
    return closed


def _smoothed(means: Sequence[float], closed: set[int], quarter: int) -> float:
    weighed = [
        (weight, means[at])
        for weight, at in zip((1, 2, 1), (quarter - 1, quarter, quarter + 1), strict=True)
        if 0 <= at < QUARTERS and at not in closed
    ]
    return sum(w * value for w, value in weighed) / sum(w for w, _ in weighed)
