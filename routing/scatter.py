"""How counts scatter about their mean: negative binomial, of which Poisson is the case of 0.

With scatter v a count of mean m has the variance m + v m²: Poisson, its rate drawn anew from a
gamma distribution (Jongbloed and Koole, Appl. Stochastic Models 17:307, 2001).
"""

from collections.abc import Sequence
from math import ceil, exp, floor, log, sqrt
from statistics import NormalDist

MOST = 4.0  # a mean that says no more than the order of magnitude
EXACT_BELOW = 50.0  # greater means are close enough to normal


def count_range(mean: float, scatter: float, coverage: float, weeks: float) -> tuple[int, int]:
    """The range that holds at least `coverage` of the counts, tails alike, and the
    mean itself.

    The mean was learnt from `weeks` weeks: its own error, about mean / weeks, widens it.
    """
    if not 0 < coverage < 1:
        raise ValueError(f"the coverage is {coverage}; give a share such as 0.8")
    if mean <= 0:
        return 0, 0
    wider = scatter + 1 / (mean * max(weeks, 1.0))
    tail = (1 - coverage) / 2
    if mean >= EXACT_BELOW:
        reach = NormalDist().inv_cdf(1 - tail) * sqrt(mean + wider * mean * mean)
        return max(0, floor(mean - reach)), ceil(mean + reach)
    low, high = _quantiles(mean, wider, tail)
    return min(low, floor(mean)), max(high, ceil(mean))


def scatter_of(told: Sequence[tuple[int, float, float]], coverage: float) -> float:
    """The least scatter with which `coverage` of the counts are in their range.

    `told` has (count, mean that was forecast, weeks learnt from). A few wild counts change nothing.
    """

    def covered(scatter: float) -> float:
        inside = 0
        for count, mean, weeks in told:
            low, high = count_range(mean, scatter, coverage, weeks)
            inside += low <= count <= high
        return inside / len(told)

    if not told or covered(0.0) >= coverage:
        return 0.0
    low, high = 0.0, 0.05
    while covered(high) < coverage and high < MOST:
        low, high = high, 2 * high
    for _ in range(5):
        middle = (low + high) / 2
        if covered(middle) < coverage:
            low = middle
        else:
            high = middle
    return high


def _quantiles(mean: float, scatter: float, tail: float) -> tuple[int, int]:
    """The counts at which the distribution passes `tail` and 1 - `tail`."""
    size = 1 / scatter
    again = mean / (mean + size)
    weight = exp(size * log(size / (mean + size)))
    total, low, count = weight, 0 if weight >= tail else -1, 0
    while total < 1 - tail:
        weight *= again * (count + size) / (count + 1)
        count += 1
        total += weight
        if low < 0 and total >= tail:
            low = count
    return low, count
