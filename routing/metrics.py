"""The formulas of a contact centre's figures: the one place where each is written down.

Every function takes plain counts or durations in ms and returns None where the figure is undefined,
so that "no data" never looks like a zero.
"""

from collections.abc import Iterable, Mapping, Sequence
from math import ceil

SHORT_ABANDON_MS = 5_000
FAIR_MULTIPLE = 2.0  # the p95 wait of the lowest priority ÷ that of the highest: at most


def is_short_abandon(waited_ms: int, threshold_ms: int = SHORT_ABANDON_MS) -> bool:
    """Whether someone left too soon for anybody to have answered: waited < threshold."""
    return waited_ms < threshold_ms


def service_level(
    answered_waits_ms: Iterable[int],
    abandoned_waits_ms: Iterable[int],
    target_ms: int,
    short_abandon_ms: int = SHORT_ABANDON_MS,
) -> float | None:
    """Service level = answered within the target ÷ (answered + abandoned), from 0 to 1.

    Within means wait <= target. Short abandons (wait < `short_abandon_ms`) are left out entirely.
    """
    answered = list(answered_waits_ms)
    abandoned = sum(not is_short_abandon(wait, short_abandon_ms) for wait in abandoned_waits_ms)
    return _ratio(sum(wait <= target_ms for wait in answered), len(answered) + abandoned)


def service_level_of_counts(answered_in_target: int, answered: int, abandoned: int) -> float | None:
    """The same from counts: answered in target ÷ (answered + abandoned).

    `abandoned` must already be without the short abandons. Counts of several intervals may be
    added up first; service levels may not be averaged.
    """
    return _ratio(answered_in_target, answered + abandoned)


def average_speed_of_answer_ms(answered_waits_ms: Iterable[int]) -> float | None:
    """ASA = sum of the waits of answered contacts ÷ answered contacts, in ms."""
    return _mean(answered_waits_ms)


def average_handling_time_ms(
    active_ms: Sequence[int], wrap_up_ms: Sequence[int] = ()
) -> float | None:
    """AHT = (sum of active time + sum of wrap-up time) ÷ handled contacts, in ms.

    `active_ms` has one entry for each handled contact (hold time included).
    """
    return _ratio(sum(active_ms) + sum(wrap_up_ms), len(active_ms))


def occupancy(busy_ms: int, signed_in_ms: int, not_ready_ms: int = 0) -> float | None:
    """Occupancy = time handling contacts ÷ (time signed in − time not ready), from 0 to 1.

    Handling is active plus wrap-up, as time on the clock: an agent with three chats at once is busy
    once. Use `capacity_used` for how full they were.
    """
    return _ratio(busy_ms, signed_in_ms - not_ready_ms)


def capacity_used(unit_ms_used: int, unit_ms_offered: int) -> float | None:
    """Capacity used = sum of units × time in use ÷ sum of units × time available, from 0 to 1."""
    return _ratio(unit_ms_used, unit_ms_offered)


def abandonment_rate(
    answered: int,
    abandoned_waits_ms: Iterable[int],
    short_abandon_ms: int = SHORT_ABANDON_MS,
) -> float | None:
    """Abandonment rate = abandoned ÷ (answered + abandoned), short abandons left out of both."""
    waits = list(abandoned_waits_ms)
    abandoned = sum(not is_short_abandon(wait, short_abandon_ms) for wait in waits)
    return _ratio(abandoned, answered + abandoned)


def abandonment_of_counts(answered: int, abandoned: int) -> float | None:
    """The same from counts; `abandoned` must already be without the short abandons."""
    return _ratio(abandoned, answered + abandoned)


def mean_of_sums(total: int, count: int) -> float | None:
    """A mean from the sum and the count of several intervals: ASA from the waits, AHT from active
    plus wrap-up time. Means may not be averaged; sums and counts may be added."""
    return _ratio(total, count)


def share(part: int, whole: int) -> float | None:
    """A share from 0 to 1: accepted ÷ offered, transferred by hand ÷ handled (wrong-queue rate)."""
    return _ratio(part, whole)


def longest_wait_ms(waiting_since: Iterable[int], now: int) -> int | None:
    """Longest wait = now − the earliest entry among the contacts still waiting, in ms."""
    earliest = min(waiting_since, default=None)
    return None if earliest is None else max(0, now - earliest)


def percentile_ms(waits_ms: Iterable[int], share: float) -> int | None:
    """The smallest wait that at least `share` (0 < share <= 1) of the contacts did not exceed.

    The nearest-rank percentile: always a wait that somebody had.
    """
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; give a number above 0 and up to 1, such as 0.95")
    ordered = sorted(waits_ms)
    if not ordered:
        return None
    rank = ceil(share * len(ordered) - 1e-9)  # 0.7 * 10 is a little more than 7
    return ordered[max(rank, 1) - 1]


def percentile_of_counts(counts: Mapping[int, int], share: float) -> int | None:
    """The same from how often each wait occurred: wait in ms -> number of contacts."""
    if not 0 < share <= 1:
        raise ValueError(f"share is {share}; give a number above 0 and up to 1, such as 0.95")
    rank = ceil(share * sum(counts.values()) - 1e-9)
    for wait in sorted(counts):
        rank -= counts[wait]
        if rank <= 0 and counts[wait]:
            return wait
    return None


def tier_ratio(lowest_p95_ms: int | None, highest_p95_ms: int | None) -> float | None:
    """Fairness from the p95 waits of the lowest and the highest tier: lowest ÷ highest."""
    known = lowest_p95_ms is not None and highest_p95_ms is not None
    return _ratio(lowest_p95_ms or 0, highest_p95_ms or 0) if known else None


def fairness(
    lowest_tier_waits_ms: Iterable[int], highest_tier_waits_ms: Iterable[int]
) -> float | None:
    """Fairness = p95 wait of the lowest priority ÷ p95 wait of the highest; aim for <= 2."""
    lowest = percentile_ms(lowest_tier_waits_ms, 0.95)
    highest = percentile_ms(highest_tier_waits_ms, 0.95)
    return None if lowest is None or highest is None else _ratio(lowest, highest)


def announcement_error_ms(announced: Iterable[tuple[int, int, int]]) -> float | None:
    """Announcement error = mean of |actual wait − middle of the announced range|, in ms (MAE).

    Each entry is the range's low and high end and the wait that followed.
    """
    return _mean(abs(waited - (low + high) / 2) for low, high, waited in announced)


def announcement_hit_rate(announced: Iterable[tuple[int, int, int]]) -> float | None:
    """Announcements kept = waits within their announced range ÷ announcements, from 0 to 1."""
    return _mean(low <= waited <= high for low, high, waited in announced)


def _mean(values: Iterable[float]) -> float | None:
    known = list(values)
    return _ratio(sum(known), len(known))


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None


def kept_promise_rate(kept: int, kept_late: int, broken: int, late: int) -> float | None:
    """Promises kept in time ÷ all whose time is over: kept late, broken and open ones included.
    None where no promise was due."""
    due = kept + kept_late + broken + late
    return kept / due if due else None
