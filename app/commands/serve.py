"""Runs the product until it is told to stop: the web server, the workers, or both."""

import asyncio
import gc
import signal
import sys
from typing import Any

import structlog

from app.commands.migrate import MigrationFailed, bring_up_to_date
from app.commands.port import taken
from app.logs import configure_logging
from app.settings import Settings

_log = structlog.get_logger(__name__)


def serve() -> int:
    """Migrate, then serve pages and, with settings.workers, work; ends at SIGTERM or Ctrl-C."""
    settings = _prepared()
    if taken(settings):
        return 1
    import uvicorn

    from app.main import create_app

    app = create_app(settings)
    gc.freeze()  # what is there now stays: no collection has to look at it again
    gc.enable()
    config = _server_config(app, settings)
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        server.should_exit = True  # also what uvicorn repeats when it is done: then it ends as well

    async def run() -> None:
        await _say_where(app.state.runtime, settings)
        await server.serve()

    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, end)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())
    return 0 if server.started else 1


def work() -> int:
    """Run the workers without a web server; ends at SIGTERM or Ctrl-C."""
    settings = _prepared()
    asyncio.run(_work(settings))
    return 0


async def _work(settings: Settings) -> None:
    from app.main import compose
    from app.workers.crew import everybody
    from app.workers.supervisor import Supervisor

    stop = asyncio.Event()
    for which in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(which, stop.set)
    async with compose(settings) as runtime, Supervisor(runtime, everybody()):
        _log.info("working")
        await stop.wait()
        _log.info("stopping")


def _prepared() -> Settings:
    settings = Settings()
    configure_logging(settings.log_level, settings.log_format)
    try:
        bring_up_to_date(settings)
    except MigrationFailed as error:
        print(error, file=sys.stderr)
        raise SystemExit(1) from error
    return settings


def _server_config(app: Any, settings: Settings) -> Any:
    from app.live.server import uvicorn_config

    return uvicorn_config(app, settings)


async def _say_where(runtime: Any, settings: Settings) -> None:
    """Print the address; of an installation without any account, the link that makes the first."""
    from app.actions.setup.first_run import make_setup_token

    token = await runtime.db.write(make_setup_token)
    if token is not None:
        print("Nobody can sign in yet. Make the first administrator here (this link works once):")
        print(f"  {settings.base_url}/setup?token={token}", flush=True)
    else:
        print(f"Switchroom serves at {settings.base_url}", flush=True)
