"""The real engine on drawn days against Erlang C and A and against limited processor sharing.

Seeds are fixed; the bounds are about two standard errors of days of this length, so that most other
seeds would pass as well. `bench/simulation.py` has the long runs.
"""

from heapq import heappop, heappush
from random import Random

import pytest

from routing import erlang
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
    for seed in (1, 2, 3):
        outcomes += simulate([Queue(1)], staff(50), arrivals([stream], 10 * HOUR, Random(seed)))
    exact = erlang.erlang_a(50, 48, handling_s=60, patience_s=120, target_s=20)
    gone = sum(outcome.way == "abandoned" for outcome in outcomes) / len(outcomes)
    assert gone == pytest.approx(exact.abandoned, abs=0.004)
    in_time = sum(o.way == "answered" and o.waited_ms <= 20 * SECOND for o in outcomes)
    assert in_time / len(outcomes) == pytest.approx(exact.answered_in_target, abs=0.01)
    # Palm's identity: the share who leave is the rate of leaving times the mean wait of all.
    assert gone == pytest.approx(mean_wait(outcomes) / (2 * MINUTE), rel=0.05)


def test_25_agents_with_4_chats_each_wait_as_erlang_c_with_100_servers() -> None:
    stream = Stream(1, "chat", 1, 900, 6 * MINUTE)
    outcomes = []
    for seed in range(2, 7):
        day = arrivals([stream], 30 * HOUR, Random(seed))
        outcomes += simulate([Queue(1)], staff(25, 4), day)
    assert share_waiting(outcomes) == pytest.approx(0.21694, abs=0.02)
    assert mean_wait(outcomes) == pytest.approx(0.021694 * 6 * MINUTE, rel=0.2)


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


def test_first_come_first_served_waits_are_those_of_a_plain_queue_contact_by_contact() -> None:
    # Kiefer and Wolfowitz 1955: each takes the server who is free first. The engine knows nothing
    # of when anybody will be free, and must come out the same.
    day = arrivals([Stream(1, "chat", 1, 285, 2 * MINUTE)], 100 * HOUR, Random(7))
    free = [0] * 10
    waits = []
    for row in day:
        starts = max(row.contact.enqueued_at, heappop(free))
        waits.append(starts - row.contact.enqueued_at)
        heappush(free, starts + (row.handling_ms or 0))
    assert [o.waited_ms for o in simulate([Queue(1)], staff(10), day)] == waits
