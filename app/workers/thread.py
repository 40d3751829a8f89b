"""A daemon thread for blocking calls that may get stuck: it can be left behind, and never keeps the
process from ending."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


class Lane:
    """One thread that makes the calls it is given, one after the other."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._calls: queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None]
        self._calls = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    async def run(self, call: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Make a call in the thread and wait for what it returns or raises."""
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, args=(self._calls,), name=self._name, daemon=True
            )
            self._thread.start()
        done: asyncio.Future[T] = asyncio.get_running_loop().create_future()
        self._calls.put((lambda: call(*args, **kwargs), done))
        return await done

    def leave(self) -> None:
        """Leave the thread to its call, if it has one; the next call gets a new thread."""
        self._calls.put(None)
        self._calls = queue.SimpleQueue()
        self._thread = None

    @staticmethod
    def _work(
        calls: "queue.SimpleQueue[tuple[Callable[[], Any], asyncio.Future[Any]] | None]",
    ) -> None:
        while (job := calls.get()) is not None:
            call, done = job
            try:
                outcome, error = call(), None
            except Exception as raised:  # it belongs to who asked
                outcome, error = None, raised
            loop = done.get_loop()
            if not loop.is_closed():
                loop.call_soon_threadsafe(_settle, done, outcome, error)


def _settle(done: asyncio.Future[Any], outcome: Any, error: Exception | None) -> None:
    if done.cancelled():
        return
    if error is not None:
        done.set_exception(error)
    else:
        done.set_result(outcome)
