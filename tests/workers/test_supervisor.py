"""The supervisor: what breaks is noted and comes back, what stops finishes first."""

import asyncio

import pytest

from app.queries.worker_errors import worker_errors
from app.runtime import Runtime
from app.workers import supervisor
from app.workers.supervisor import Shift, Worker
from tests.fixtures.workers import Start, until


async def test_a_worker_that_breaks_is_noted_and_started_again(
    runtime: Runtime, work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "PAUSES_S", (0.01,))
    monkeypatch.setattr(supervisor, "HEALTHY_S", 0.05)
    starts = []

    async def break_once(shift: Shift) -> None:
        starts.append(shift.name)
        if len(starts) == 1:
            raise RuntimeError("the disk is full")
        while not shift.stopping:
            await shift.rest(1)

    await work(Worker("fragile", break_once))

    async def noted() -> bool:
        return bool(await runtime.db.query(worker_errors))

    async def forgiven() -> bool:
        return len(starts) == 2 and not await runtime.db.query(worker_errors)

    await until(noted)
    [found] = await runtime.db.query(worker_errors)
    assert (found.worker, found.error) == ("fragile", "RuntimeError: the disk is full")
    await until(forgiven)


async def test_a_singleton_runs_in_one_process_and_moves_on_when_that_one_stops(
    runtime: Runtime, work: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(supervisor, "TAKE_S", 0.02)
    running: list[int] = []

    async def count(shift: Shift) -> None:
        running.append(shift.fence)
        while not shift.stopping:
            await shift.rest(1)

    first = await work(Worker("lonely", count))

    async def one_runs() -> bool:
        return running == [1]

    async def the_next_runs() -> bool:
        return running == [1, 2]

    await until(one_runs)
    await work(Worker("lonely", count))
    await asyncio.sleep(0.1)
    assert running == [1]
    await first.stop()
    await until(the_next_runs)


async def test_a_stop_waits_for_what_is_in_flight(work: Start) -> None:
    finished = asyncio.Event()
    begun = asyncio.Event()

    async def slow(shift: Shift) -> None:
        begun.set()
        while not shift.stopping:
            await shift.rest(1)
        await asyncio.sleep(0.05)
        finished.set()

    crew = await work(Worker("slow", slow))
    await begun.wait()
    await crew.stop()
    assert finished.is_set()
