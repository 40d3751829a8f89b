"""How much sooner a contact counts as having come: priorities and service-level targets.

Any two boosts differ by at most `LARGEST_BOOST_MS`, so whoever overtakes arrived at most that much
later: no contact can be overtaken for ever.
"""

from collections.abc import Mapping
from typing import Literal

Priority = Literal["low", "normal", "high", "urgent"]

MINUTE_MS = 60_000
LARGEST_BOOST_MS = 20 * MINUTE_MS
PRIORITY_BOOST_MS: Mapping[Priority, int] = {
    "low": -5 * MINUTE_MS,
    "normal": 0,
    "high": 5 * MINUTE_MS,
    "urgent": 15 * MINUTE_MS,
}


def priority_boost(priority: Priority) -> int:
    """The boost in ms of a priority."""
    return PRIORITY_BOOST_MS[priority]


def sla_boost(
    target_ms: int, longest_target_ms: int, largest_boost_ms: int = LARGEST_BOOST_MS
) -> int:
    """The boost in ms of a service-level target: how much shorter it is than the longest one.

    With it, the key orders contacts by deadline. Clamped to 0..`largest_boost_ms`. Give targets in
    real time: a target in business hours goes through `routing.hours.add_business_ms` once, when
    the contact is enqueued, and `target_ms` is then the deadline minus the time of entry.
    """
    return max(0, min(longest_target_ms - target_ms, largest_boost_ms))


def boost_ms(priority: Priority, sla_ms: int = 0, largest_boost_ms: int = LARGEST_BOOST_MS) -> int:
    """Priority and service-level boost together, kept within `largest_boost_ms` of the lowest."""
    lowest = PRIORITY_BOOST_MS["low"]
    return max(lowest, min(PRIORITY_BOOST_MS[priority] + sla_ms, lowest + largest_boost_ms))
