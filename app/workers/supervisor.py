"""Keeps the workers running: one that breaks is noted where an administrator sees it, and started
again after a pause that grows."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import structlog

from app.actions.worker_error import clear_worker_error, note_worker_error
from app.events import Event
from app.runtime import Runtime
from app.workers.leases import Leases

PAUSES_S = (1.0, 2.0, 5.0, 15.0, 60.0)  # between a crash and the next start
HEALTHY_S = 60.0  # who ran for so long starts again with the shortest pause
TAKE_S = 1.0  # how often a lease that another process holds is asked for
GRACE_S = 20.0  # what is in flight at a stop has so long to finish

_log = structlog.get_logger(__name__)


@dataclass(slots=True, eq=False)
class Shift:
    """What a running worker works with. It works until `stopping`, resting between rounds."""

    name: str
    runtime: Runtime
    leases: Leases
    fence: int = 0
    stopping: bool = False
    nudge: Callable[[str], None] = lambda worker: None
    """Wake another worker by name, where it runs in this process; else its own clock does."""
    _wake: asyncio.Event = field(default_factory=asyncio.Event)
    _hearing: list[Callable[[Sequence[Event]], None]] = field(default_factory=list)

    def listen(self, concerns: Callable[[Event], bool]) -> None:
        """Wake up from now on when a fact is committed that concerns the worker."""

        def hear(events: Sequence[Event]) -> None:
            if any(concerns(fact) for fact in events):
                self._wake.set()

        self._hearing.append(hear)
        self.runtime.listeners.append(hear)

    async def rest(self, seconds: float) -> None:
        """Wait for something to do, at most so long; returns at once when it is time to stop."""
        if not self.stopping:
            try:
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
            except TimeoutError:
                return
            self._wake.clear()

    def wake(self) -> None:
        """End the rest."""
        self._wake.set()

    def stop(self) -> None:
        """Ask the worker to finish what it has in hand and return."""
        self.stopping = True
        self._wake.set()

    def end(self) -> None:
        """Stop listening."""
        for hear in self._hearing:
            self.runtime.listeners.remove(hear)
        self._hearing.clear()

    async def note(self, error: Exception, worker: str = "") -> None:
        """Write an error down and go on."""
        name = worker or self.name
        _log.error("worker_failed", worker=name, exc_info=error)
        try:
            await self.runtime.db.write(note_worker_error, name, _words(error))
        except Exception as second:  # the database itself is the trouble: the log has to do
            _log.error("worker_error_not_kept", worker=name, error=str(second))


@dataclass(frozen=True, slots=True)
class Worker:
    """A loop with a name. A singleton runs in one process of the installation at a time."""

    name: str
    run: Callable[[Shift], Awaitable[None]]
    singleton: bool = True


class Supervisor:
    """Runs workers until it is stopped: `async with Supervisor(runtime, workers): ...`."""

    def __init__(self, runtime: Runtime, workers: Sequence[Worker]) -> None:
        self.leases = Leases(runtime.db)
        self._runtime = runtime
        self._workers = workers
        self._stopping = asyncio.Event()
        self._shifts: set[Shift] = set()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        self._task = asyncio.create_task(self._run(), name="workers")
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.stop()

    async def stop(self, grace_s: float = GRACE_S) -> None:
        """Let everybody finish what is in flight, then give the leases back."""
        self._stopping.set()
        for shift in self._shifts:
            shift.stop()
        if self._task is None:
            return
        done, _ = await asyncio.wait([self._task], timeout=grace_s)
        if not done:
            _log.warning("workers_cut_short")
            self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self) -> None:
        keeping = asyncio.create_task(self.leases.keep())
        try:
            async with asyncio.TaskGroup() as group:
                for worker in self._workers:
                    group.create_task(self._keep_running(worker), name=worker.name)
        finally:
            keeping.cancel()

    async def _keep_running(self, worker: Worker) -> None:
        crashes = 0
        while not self._stopping.is_set():
            began = asyncio.get_running_loop().time()
            try:
                await self._work(worker, is_back=crashes > 0)
                crashes = 0
            except Exception as error:  # noted where a person sees it, and tried again
                lasted = asyncio.get_running_loop().time() - began
                crashes = 1 if lasted > HEALTHY_S else crashes + 1
                self._runtime.metrics.restarted(worker.name)
                await Shift(worker.name, self._runtime, self.leases).note(error)
                await self._pause(PAUSES_S[min(crashes, len(PAUSES_S)) - 1])

    async def _work(self, worker: Worker, *, is_back: bool) -> None:
        """One shift, from the lease to its end."""
        shift = Shift(worker.name, self._runtime, self.leases, nudge=self._nudge)
        if worker.singleton:
            fence = await self.leases.take(worker.name, shift.stop)
            if fence is None:
                await self._pause(TAKE_S)
                return
            shift.fence = fence
        self._shifts.add(shift)
        if self._stopping.is_set():
            shift.stop()
        recovery = asyncio.create_task(self._recovered(worker)) if is_back else None
        try:
            await worker.run(shift)
        finally:
            if recovery is not None:
                recovery.cancel()
            self._shifts.discard(shift)
            shift.end()
            if worker.singleton:
                await self.leases.release(worker.name)

    def _nudge(self, name: str) -> None:
        for shift in self._shifts:
            if shift.name == name:
                shift.wake()

    async def _recovered(self, worker: Worker) -> None:
        """Take the error off the list once the worker has run for a while again."""
        await asyncio.sleep(HEALTHY_S)
        await self._runtime.db.write(clear_worker_error, worker.name)

    async def _pause(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._stopping.wait()
        except TimeoutError:
            return


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {error}"
