"""Calls that need a whole agent, among chats that need a quarter, at 85 % load.

20 agents of 4 units; chats 60 Erlang of 8 min, calls 2 Erlang of 5 min with a head start of 10 min.
"""

from functools import cache
from random import Random

import pytest

from routing.day import Coming
from routing.simulate import Stream, arrivals, simulate
from routing.state import Occupancy, Queue
from tests.routing.drawn import HOUR, MINUTE, SECOND, mean_wait, staff

DRAIN: dict[Occupancy, int] = {"pack": 120, "spread": 600}


@cache
def day() -> tuple[Coming, ...]:
    chats = Stream(1, "chat", 1, 450, 8 * MINUTE)
    calls = Stream(1, "voice", 4, 24, 5 * MINUTE, boost=10 * MINUTE)
    return tuple(arrivals([chats, calls], 25 * HOUR, Random(1)))


@cache
def waits(occupancy: Occupancy, drain_s: int) -> tuple[float, float]:
    """The mean waits of calls and of chats in seconds."""
    after = 30 * SECOND if drain_s else 0
    queue = Queue(1, occupancy=occupancy, drain_after_ms=after, drain_for_ms=drain_s * SECOND)
    outcomes = simulate([queue], staff(20, 4), day())
    return (
        mean_wait(outcomes, lambda o: o.channel == "voice") / SECOND,
        mean_wait(outcomes, lambda o: o.channel == "chat") / SECOND,
    )


def test_by_default_calls_wait_at_most_300_s_and_chats_60_s() -> None:
    calls, chats = waits("pack", 120)
    assert calls <= 300
    assert chats <= 60


def test_spreading_starves_calls_draining_helps_and_packing_cures() -> None:
    spread, _ = waits("spread", 0)
    assert spread > 2_000
    assert waits("spread", 600)[0] < 0.4 * spread
    assert waits("pack", 0)[0] < 0.1 * spread


@pytest.mark.parametrize("occupancy", ["spread", "pack"])
def test_draining_leaves_chats_as_they_were_within_half_a_minute(occupancy: Occupancy) -> None:
    assert waits(occupancy, DRAIN[occupancy])[1] - waits(occupancy, 0)[1] < 30


def test_packing_leaves_draining_little_to_do() -> None:
    # Whoever would be drained is the one whom packing fills last: a call waits for the first of
    # all agents to run empty either way, and for that nobody needs to be held.
    packed, drained = waits("pack", 0)[0], waits("pack", 120)[0]
    assert drained == pytest.approx(packed, rel=0.25)
