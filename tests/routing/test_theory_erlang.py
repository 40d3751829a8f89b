"""The real engine on drawn days against Erlang C and A and against limited processor sharing.

Seeds are fixed; the bounds are about two standard errors of days of this length, so that most other
seeds would pass as well. `bench/simulation.py` has the long runs.
"""

from heapq import heapreplace
from random import Random

import pytest

from routing import erlang
from routing.day import Coming
from routing.simulate import Stream, arrivals, simulate
from routing.state import Queue
from tests.routing.drawn import HOUR, MINUTE, SECOND, mean_wait, share_waiting, staff


def test_erlang_c_with_load_10_and_14_agents_answers_888_of_1000_in_20_s() -> None:
    stream = Stream(1, "chat", 1, 200, 180 * SECOND)
    outcomes = simulate([Queue(1)], staff(14), arrivals([stream], 300 * HOUR, Random(1)))
    in_time = sum(outcome.waited_ms <= 20 * SECOND for outcome in outcomes)
    assert in_time / len(outcomes) == pytest.approx(0.8884, abs=0.01)
    exact = erlang.average_speed_of_answer(14, 10, 180) * SECOND
    assert mean_wait(outcomes) == pytest.approx(exact, rel=0.15)


def test_erlang_a_with_load_48_and_50_agents_loses_3_1_percent() -> None:
    stream = Stream(1, "chat", 1, 48 * 60, MINUTE, patience_ms=2 * MINUTE)
    outcomes = []
    for seed in (1, 2):
        outcomes += simulate([Queue(1)], staff(50), arrivals([stream], 10 * HOUR, Random(seed)))
    exact = erlang.erlang_a(50, 48, handling_s=60, patience_s=120, target_s=20)
    gone = sum(outcome.way == "abandoned" for outcome in outcomes) / len(outcomes)
    assert gone == pytest.approx(exact.abandoned, abs=0.004)
    in_time = sum(o.way == "answered" and o.waited_ms <= 20 * SECOND for o in outcomes)
    assert in_time / len(outcomes) == pytest.approx(exact.answered_in_target, abs=0.01)
    # Palm's identity: the share who leave is the rate of leaving times the mean wait of all.
    assert gone == pytest.approx(mean_wait(outcomes) / (2 * MINUTE), rel=0.05)


def test_25_agents_with_4_chats_each_wait_as_erlang_c_with_100_servers() -> None:
    # The engine's waits are those of a plain queue with 100 servers, contact by contact; and that
    # is quick enough to be played long enough.
    stream = Stream(1, "chat", 1, 900, 6 * MINUTE)
    short = arrivals([stream], 12 * HOUR, Random(1))
    outcomes = simulate([Queue(1)], staff(25, 4), short)
    assert [outcome.waited_ms for outcome in outcomes] == plain_waits(100, pairs(short))
    draw, at, drawn = Random(2), 0.0, []
    for _ in range(500_000):
        at += draw.expovariate(900 / HOUR)
        drawn.append((round(at), round(draw.expovariate(1 / (6 * MINUTE)))))
    waits = plain_waits(100, drawn)
    assert sum(wait > 0 for wait in waits) / len(waits) == pytest.approx(0.21694, abs=0.02)
    assert sum(waits) / len(waits) == pytest.approx(0.021694 * 6 * MINUTE, rel=0.2)


def test_limited_processor_sharing_of_one_agent_with_4_chats() -> None:
    # Luo and Zhang 2013: all chats slow each other down. The number with the agent and in line is
    # a birth-death process, whose exact solution is .390245 and 3.344960 min.
    rates = (1.0, 1.7, 2.2, 2.5)
    stream = Stream(1, "chat", 1, 18, 6 * MINUTE)
    outcomes = []
    for seed in range(1, 5):
        day = arrivals([stream], 1_000 * HOUR, Random(seed))
        outcomes += simulate([Queue(1)], staff(1, 4), day, pace=lambda k: rates[k - 1])
    assert share_waiting(outcomes) == pytest.approx(0.390245, abs=0.015)
    assert mean_wait(outcomes) == pytest.approx(3.344960 * MINUTE, rel=0.15)


def pairs(day: list[Coming]) -> list[tuple[int, int]]:
    """When each comes and how long it takes."""
    return [(row.contact.enqueued_at, row.handling_ms or 0) for row in day]


def plain_waits(servers: int, day: list[tuple[int, int]]) -> list[int]:
    """Kiefer and Wolfowitz 1955: first come, first served by the server who is free first."""
    free = [0] * servers
    waits = []
    for at, takes in day:
        starts = max(at, free[0])
        waits.append(starts - at)
        heapreplace(free, starts + takes)
    return waits
