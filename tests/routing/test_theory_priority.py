"""Priorities against theory: strict (Cobham), accumulating and equal-slope (Kleinrock).

Ten agents nine tenths busy, three classes with arrivals 2 : 3 : 4. Chance moves all waits of a day
alike, so each is compared as a multiple of what the same day gives first come, first served.
"""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from random import Random

import pytest

from routing import erlang
from routing.boost import Priority
from routing.day import Coming
from routing.simulate import Stream, arrivals, simulate
from routing.state import Queue
from tests.routing.drawn import HOUR, SECOND, mean_wait, staff

SERVICE = 100 * SECOND
RATES: dict[Priority, int] = {"urgent": 72, "high": 108, "normal": 144}
SEEDS = (4,)


@cache
def day(seed: int) -> tuple[Coming, ...]:
    streams = [Stream(1, "chat", 1, rate, SERVICE, priority=t) for t, rate in RATES.items()]
    return tuple(arrivals(streams, 60 * HOUR, Random(seed)))


@cache
def first_come_wait(seed: int) -> float:
    return mean_wait(simulate([Queue(1)], staff(10), day(seed)))


def waits(
    boost: dict[Priority, int], rekey: Callable[[Coming, int], int] | None = None
) -> tuple[list[float], list[float], float]:
    """The mean wait of each class in services: as measured, and scaled by what the same days gave
    first come, first served; and the wait of all ÷ that, which the conservation law says is 1."""
    sums, first_come = [0.0] * 4, 0.0
    for seed in SEEDS:
        coming = [
            replace(row, contact=replace(row.contact, boost=boost[row.priority]))
            for row in day(seed)
        ]
        outcomes = simulate([Queue(1)], staff(10), coming, rekey)
        means = [mean_wait(outcomes, lambda o, t=t: o.priority == t) for t in RATES]  # type: ignore[misc]
        sums = [
            total + wait for total, wait in zip(sums, [*means, mean_wait(outcomes)], strict=True)
        ]
        first_come += first_come_wait(seed)
    exact = erlang.average_speed_of_answer(10, 9, 1)
    measured = [total / len(SEEDS) / SERVICE for total in sums[:3]]
    return measured, [total / first_come * exact for total in sums[:3]], sums[3] / first_come


def test_cobham_strict_priority_is_a_head_start_without_bound() -> None:
    # The engine has only head starts; one longer than the day is strict priority. The product
    # does not offer it: it bounds the head start, so that nobody waits for ever.
    measured, scaled, together = waits({"urgent": 2 * 10**9, "high": 10**9, "normal": 0})
    assert measured[:2] == pytest.approx([0.0836, 0.1672], rel=0.1)
    assert scaled[2] == pytest.approx(1.3375, rel=0.06)
    assert together == pytest.approx(1, rel=0.03)


def test_kleinrock_equal_slopes_with_head_starts_of_one_half_and_no_service() -> None:
    _, classes, together = waits({"urgent": SERVICE, "high": SERVICE // 2, "normal": 0})
    assert classes == pytest.approx([0.400, 0.594, 0.844], rel=0.06)
    assert together == pytest.approx(1, rel=0.03)


def test_kleinrock_accumulating_priority_with_slopes_4_2_1() -> None:
    # Different slopes are no static key: two who wait may change places by waiting alone. The
    # engine reaches them only by changing boosts all the time, as here at each service's end.
    slopes: dict[Priority, int] = {"urgent": 4, "high": 2, "normal": 1}

    def rekey(row: Coming, now: int) -> int:
        came = row.contact.enqueued_at
        return came + slopes[row.priority] * (now - came)

    _, classes, together = waits({"urgent": 0, "high": 0, "normal": 0}, rekey)
    assert classes == pytest.approx([0.3025, 0.5307, 0.9553], rel=0.06)
    assert together == pytest.approx(1, rel=0.03)
