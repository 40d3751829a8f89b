"""A TCP proxy that cuts connections at random, in the middle of whatever passes."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress


class FlakyProxy:
    """Passes bytes on to a port; each connection lives for a random number of chunks."""

    def __init__(self, target: int, *, seed: int, chunks: tuple[int, int]) -> None:
        self.port = 0
        self.cuts = 0
        self.flaky = True
        self._target = target
        self._random = random.Random(seed)
        self._chunks = chunks
        self._tasks: set[asyncio.Task[None]] = set()

    async def serve(self) -> asyncio.Server:
        """Listen on a free port."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        return server

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, back = await asyncio.open_connection("127.0.0.1", self._target)
        life = [self._random.randint(*self._chunks)]
        ways = [
            asyncio.create_task(self._pass_on(reader, back, life)),
            asyncio.create_task(self._pass_on(there, writer, life)),
        ]
        self._tasks.update(ways)
        _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for one in (back, writer):
            one.transport.abort()
        for way in pending:
            way.cancel()
        self._tasks.difference_update(ways)

    async def _pass_on(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, life: list[int]
    ) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                life[0] -= 1
                if self.flaky and life[0] < 0:
                    self.cuts += 1
                    writer.write(data[: self._random.randint(0, len(data))])
                    await writer.drain()
                    return
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def flaky_proxy(
    target: int, *, seed: int = 1, chunks: tuple[int, int] = (3, 12)
) -> AsyncIterator[FlakyProxy]:
    """A proxy in front of a port for as long as the block lasts."""
    proxy = FlakyProxy(target, seed=seed, chunks=chunks)
    server = await proxy.serve()
    try:
        yield proxy
    finally:
        server.close()
