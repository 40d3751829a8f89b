"""Each figure against numbers worked out by hand."""

import pytest

from routing import metrics

SECOND = 1_000


def test_service_level_counts_abandons_but_not_short_ones() -> None:
    answered = [10 * SECOND, 60 * SECOND, 61 * SECOND]
    abandoned = [4_999, 5_000]
    assert metrics.service_level(answered, abandoned, target_ms=60 * SECOND) == 2 / 4


def test_service_level_without_contacts_is_undefined() -> None:
    assert metrics.service_level([], [1_000], target_ms=60 * SECOND) is None
    assert metrics.service_level_of_counts(0, 0, 0) is None


def test_service_level_of_counts_agrees_with_that_of_waits() -> None:
    by_waits = metrics.service_level([1, 90_000], [70_000], target_ms=60_000)
    assert metrics.service_level_of_counts(1, 2, 1) == by_waits


def test_average_speed_of_answer_is_the_mean_wait_of_the_answered() -> None:
    assert metrics.average_speed_of_answer_ms([10_000, 20_000]) == 15_000
    assert metrics.average_speed_of_answer_ms([]) is None


def test_an_answer_without_waiting_counts_as_zero_and_not_as_no_data() -> None:
    assert metrics.average_speed_of_answer_ms([0, 0]) == 0


def test_handling_time_includes_wrap_up() -> None:
    assert metrics.average_handling_time_ms([100, 200], [30]) == 165
    assert metrics.average_handling_time_ms([]) is None


def test_occupancy_leaves_out_time_not_ready() -> None:
    assert metrics.occupancy(busy_ms=30, signed_in_ms=60, not_ready_ms=20) == 0.75
    assert metrics.occupancy(busy_ms=0, signed_in_ms=20, not_ready_ms=20) is None


def test_capacity_used_weighs_units() -> None:
    assert metrics.capacity_used(unit_ms_used=3, unit_ms_offered=6) == 0.5
    assert metrics.capacity_used(0, 0) is None


def test_abandonment_rate_leaves_out_short_abandons() -> None:
    assert metrics.abandonment_rate(3, [1_000, 8_000]) == 0.25
    assert metrics.abandonment_rate(0, [1_000]) is None


def test_longest_wait_is_that_of_the_earliest_entry() -> None:
    assert metrics.longest_wait_ms([500, 200, 900], now=1_000) == 800
    assert metrics.longest_wait_ms([], now=1_000) is None


def test_a_percentile_is_a_wait_somebody_had() -> None:
    assert metrics.percentile_ms(range(1, 11), 0.7) == 7
    assert metrics.percentile_ms(range(1, 21), 0.95) == 19
    assert metrics.percentile_ms([5], 0.01) == 5
    assert metrics.percentile_ms([], 0.5) is None


def test_a_share_beyond_one_is_refused() -> None:
    with pytest.raises(ValueError, match="up to 1"):
        metrics.percentile_ms([1], 95)


def test_fairness_compares_the_slow_ends_of_two_tiers() -> None:
    assert metrics.fairness([10, 40], [10, 20]) == 2
    assert metrics.fairness([], [10]) is None
    assert metrics.fairness([10], [0]) is None
