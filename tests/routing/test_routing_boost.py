"""Boosts: what they are worth and how far they may reach."""

import pytest

from routing.boost import LARGEST_BOOST_MS, MINUTE_MS, Priority, boost_ms, priority_boost, sla_boost


@pytest.mark.parametrize(
    ("priority", "minutes"), [("low", -5), ("normal", 0), ("high", 5), ("urgent", 15)]
)
def test_priorities_are_worth_minutes_of_waiting(priority: Priority, minutes: int) -> None:
    assert priority_boost(priority) == minutes * MINUTE_MS


def test_a_shorter_target_is_worth_the_difference_to_the_longest() -> None:
    assert sla_boost(1 * MINUTE_MS, longest_target_ms=11 * MINUTE_MS) == 10 * MINUTE_MS


def test_a_target_boost_stays_between_nothing_and_the_largest() -> None:
    assert sla_boost(MINUTE_MS, longest_target_ms=240 * MINUTE_MS) == LARGEST_BOOST_MS
    assert sla_boost(300 * MINUTE_MS, longest_target_ms=240 * MINUTE_MS) == 0


def test_no_two_boosts_are_further_apart_than_the_largest() -> None:
    priorities: list[Priority] = ["low", "normal", "high", "urgent"]
    boosts = [boost_ms(p, sla) for p in priorities for sla in (0, MINUTE_MS, LARGEST_BOOST_MS)]
    assert max(boosts) - min(boosts) == LARGEST_BOOST_MS
