"""How good a forecast would have been: weeks forecast from what was known before each, beside the
naive forecast, the same quarter of an hour a week earlier."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import tzinfo

from routing.forecast import History, rehearse
from routing.scatter import count_range, scatter_of

WEEK_MS = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Backtest:
    """Errors over `quarters` quarters of an hour of `weeks` weeks in which `contacts` came.

    WAPE is the sum of the absolute errors ÷ the sum of the contacts; MAPE the mean of the absolute
    error ÷ contacts over the quarters that had any; `covered` the share of quarters within a range
    meant for `coverage`.
    """

    weeks: int
    quarters: int
    contacts: int
    wape: float
    naive_wape: float
    mape: float
    naive_mape: float
    coverage: float
    covered: float


def backtest(
    history: History, zone: tzinfo, weeks: int = 4, coverage: float = 0.8
) -> Backtest | None:
    """Rehearse the last `weeks` weeks; None where no week has two others before it.

    The scatter each week is judged by is learnt from the other weeks, so that `covered` is not
    flattered by what it measures.
    """
    told = [row for row in rehearse(history, zone, weeks) if row[0] - WEEK_MS >= history.since]
    if not told:
        return None
    counts = history.counts
    actual = [counts.get(at, 0) for at, _, _ in told]
    naive = [float(counts.get(at - WEEK_MS, 0)) for at, _, _ in told]
    means = [mean for _, mean, _ in told]
    total = sum(actual)
    if total == 0:
        return None
    return Backtest(
        weeks=round(len(told) / (7 * 96)),
        quarters=len(told),
        contacts=total,
        wape=_wape(actual, means, total),
        naive_wape=_wape(actual, naive, total),
        mape=_mape(actual, means),
        naive_mape=_mape(actual, naive),
        coverage=coverage,
        covered=_covered(told, actual, coverage),
    )


def _wape(actual: Iterable[int], told: Iterable[float], total: int) -> float:
    return sum(abs(a - t) for a, t in zip(actual, told, strict=True)) / total


def _mape(actual: Iterable[int], told: Iterable[float]) -> float:
    shares = [abs(a - t) / a for a, t in zip(actual, told, strict=True) if a]
    return sum(shares) / len(shares)


def _covered(told: list[tuple[int, float, float]], actual: list[int], coverage: float) -> float:
    """The share within range among the quarters in which somebody was expected or came."""
    rows = [
        (at, (count, mean, weeks))
        for (at, mean, weeks), count in zip(told, actual, strict=True)
        if mean > 0 or count > 0
    ]
    first = told[0][0]
    week_of = [(at - first) // WEEK_MS for at, _ in rows]
    inside = 0
    for week in set(week_of):
        others = [row for (_, row), w in zip(rows, week_of, strict=True) if w != week]
        scatter = scatter_of(others, coverage)
        for (_, (count, mean, weeks)), w in zip(rows, week_of, strict=True):
            if w == week:
                low, high = count_range(mean, scatter, coverage, weeks)
                inside += low <= count <= high
    return inside / len(rows)
