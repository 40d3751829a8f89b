"""`switchroom demo`: the product with a company in it, on this machine only."""

import asyncio
import signal
import socket

import uvicorn

from app.commands.migrate import bring_up_to_date
from app.commands.port import taken
from app.demo.stage import Stage
from app.live.server import uvicorn_config
from app.logs import configure_logging
from app.main import create_app
from app.settings import Settings


def demo(*, live: bool) -> int:
    """Serve the demo until Ctrl-C; prints where to click and how to sign in once it is ready."""
    stage = Stage(smtp_in=_free_port(), smtp_out=_free_port(), live=live)
    settings = stage.settings(Settings())
    configure_logging(settings.log_level, settings.log_format)
    if taken(settings):
        return 1
    bring_up_to_date(settings)
    app = create_app(settings)
    stage.install(app, app.state.runtime)
    config = uvicorn_config(app, settings)
    server = uvicorn.Server(config)

    def end(*_: object) -> None:
        server.should_exit = True

    async def run() -> None:
        serving = asyncio.create_task(server.serve())
        while not (server.started or serving.done()):  # noqa: ASYNC110 - uvicorn has no event
            await asyncio.sleep(0.05)
        if server.started:
            print(stage.words(settings), flush=True)
        await serving

    for which in (signal.SIGTERM, signal.SIGINT):
        signal.signal(which, end)
    with asyncio.Runner(loop_factory=config.get_loop_factory()) as runner:
        runner.run(run())
    return 0 if server.started else 1


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
