"""A server under measurement in a process of its own, on the first core, asked through a pipe."""

import asyncio
import gc
import multiprocessing
import os
import resource
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Self

import uvicorn
import uvloop
from fastapi import FastAPI

from app.live.server import uvicorn_config
from app.logs import configure_logging
from app.main import create_app
from app.migrate import migrate
from app.runtime import Runtime, database_url
from app.settings import Settings
from bench.harness import CORES, pin, resident_mb

Serving = Callable[..., AbstractAsyncContextManager[Any]]


class Child:
    """Runs `serving(*args)`, an async context manager, on uvloop in another process.

    `ask("name", ...)` awaits the method of that name of what it yields.
    """

    def __init__(self, serving: Serving, *args: Any) -> None:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_main, args=(serving, args, theirs), daemon=True)

    def __enter__(self) -> Self:
        self._process.start()
        self._answer()
        return self

    def __exit__(self, *exc: object) -> None:
        self._pipe.send(None)
        self._process.join(20)
        if self._process.is_alive():
            self._process.kill()

    def ask(self, name: str, *args: Any) -> Any:
        """Let it do something and return the outcome."""
        self._pipe.send((name, args))
        return self._answer()

    def _answer(self) -> Any:
        ok, answer = self._pipe.recv()
        if not ok:
            raise RuntimeError(answer)
        return answer


def _main(serving: Serving, args: tuple[Any, ...], pipe: Connection) -> None:
    pin(CORES[:1])
    configure_logging("error", "text")
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(serving, args, pipe))


async def _serve(serving: Serving, args: tuple[Any, ...], pipe: Connection) -> None:
    loop = asyncio.get_running_loop()
    try:
        async with serving(*args) as served:
            pipe.send((True, None))
            while (asked := await loop.run_in_executor(None, pipe.recv)) is not None:
                name, details = asked
                pipe.send((True, await getattr(served, name)(*details)))
    except BaseException as error:
        pipe.send((False, f"{type(error).__name__}: {error}"))
        raise


@asynccontextmanager
async def listening(app: Any, settings: Settings, **changes: Any) -> AsyncIterator[int]:
    """Serve an application that was started already on a free port; gives the port."""
    config = uvicorn_config(app, settings)
    config.lifespan, config.host, config.port = "off", "127.0.0.1", 0
    config.ws_ping_interval = None  # a measurement lasts shorter than a missing answer
    for name, value in changes.items():
        setattr(config, name, value)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server._serve())
    while not server.started:  # noqa: ASYNC110 - uvicorn has no event for it
        await asyncio.sleep(0.005)
    try:
        yield int(server.servers[0].sockets[0].getsockname()[1])
    finally:
        server.should_exit = True
        await task


@asynccontextmanager
async def installation(
    url: str = "", redis_url: str = ""
) -> AsyncIterator[tuple[FastAPI, Runtime]]:
    """A fresh, started installation in a temporary folder, on SQLite or the given database."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        settings = Settings(
            data_dir=Path(folder),
            database_url=url,
            redis_url=redis_url,
            workers=False,
            secret_key="bench only",
            log_level="error",
        )
        migrate(database_url(settings))
        app = create_app(settings)
        async with app.router.lifespan_context(app):
            yield app, app.state.runtime


def memory_kb() -> float:
    """What this process holds now, after tidying up."""
    gc.collect()
    return resident_mb(os.getpid()) * 1024


async def cpu_of(work: Callable[[], Any]) -> float:
    """CPU seconds of this process, all its threads, while the work runs."""
    began = time.process_time()
    await work()
    return time.process_time() - began
