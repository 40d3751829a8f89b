"""Estimates of the wait against theory (Ibrahim and Whitt, M&SOM 11:397, 2009)."""

from math import sqrt
from random import Random

import pytest

from routing.closed_loop import ClosedLoop, Event
from routing.day import Day
from routing.estimate import estimate_wait
from routing.simulate import Stream, always_there, arrivals
from routing.state import Queue
from tests.routing.drawn import HOUR, MINUTE, staff


class Announcing(ClosedLoop):
    """Tells one in three of those who wait how long it will be, from the state of the engine."""

    def __init__(self, day: Day, handled_ms: list[int]) -> None:
        super().__init__(day)
        self.handled_ms = handled_ms
        self.announced: dict[int, float] = {}
        self.ahead: dict[int, int] = {}

    def arrive(self, event: Event) -> None:
        super().arrive(event)
        if event[2] in self.line and event[2] % 3 == 0:
            state = self.engine.state()
            told = estimate_wait(state, event[2], event[0], self.handled_ms)
            assert told is not None
            self.announced[event[2]] = told.mean_ms
            self.ahead[event[2]] = told.ahead


def test_queue_length_estimates_of_m_m_100_at_95_percent_err_by_at_most_30() -> None:
    day = arrivals([Stream(1, "chat", 1, 95 * 60, MINUTE)], 6 * HOUR, Random(1))
    handled = [row.handling_ms or 0 for row in day[:2_000]]
    loop = Announcing(always_there([Queue(1)], staff(100), day), handled)
    loop.play()
    waits = {id: loop.visits[id].waited_ms for id in loop.announced}
    assert len(waits) > 3_000
    errors = [(waits[id] - told) ** 2 for id, told in loop.announced.items()]
    mean = sum(waits.values()) / len(waits)
    relative = sqrt(sum(errors) / len(errors)) / mean
    assert relative <= 0.30
    assert relative == pytest.approx(0.24, abs=0.06)
    # The mean squared error is (Q + 1) stages' variances on average: no better estimate exists.
    stages = sum(ahead + 1 for ahead in loop.ahead.values()) / len(waits)
    assert sum(errors) / len(errors) == pytest.approx(stages * (MINUTE / 100) ** 2, rel=0.25)
