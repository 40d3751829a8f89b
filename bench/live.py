"""Fan-out of the product's hub beside `websockets.broadcast`, memory of idle sockets, and the delay
a second process adds."""

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from statistics import median
from typing import Any

from sqlalchemy import insert
from websockets.asyncio.server import ServerConnection, broadcast, serve

from app.db import Tx
from app.events import MessageAdded
from app.live import topics
from app.live.bus import open_bus
from app.live.tickets import VisitorPass
from app.models.customer import visitor_sessions
from app.runtime import Runtime
from bench.child import Child, cpu_of, installation, listening, memory_kb
from bench.harness import CORES, LoadGenerator, Report, alternate, pin
from tests.desk import Desk, make_desk
from tests.servers.redis import running_redis

SOCKETS = 1_000
MANY = 5_000
TEXT = "x" * 300
MESSAGES = 40  # of one round
GAP_S = 0.02  # between two messages: the clients read them meanwhile


class Sockets(ABC):
    """What a measured server answers: its port, tickets, rounds of messages."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._idle_kb = 0.0

    async def port(self) -> int:
        """Where it listens."""
        return self._port

    async def paths(self, count: int) -> list[str]:
        """What so many clients ask for."""
        return ["/"] * count

    @abstractmethod
    async def connected(self) -> int:
        """How many sockets listen now."""

    @abstractmethod
    def publish(self) -> None:
        """Send the text to all of them."""

    async def round(self) -> float:
        """CPU microseconds for one delivery, over one round of messages."""

        async def messages() -> None:
            for _ in range(MESSAGES):
                self.publish()
                await asyncio.sleep(GAP_S)

        waiting = await cpu_of(lambda: asyncio.sleep(MESSAGES * GAP_S))
        spent = await cpu_of(messages) - waiting
        return spent / (MESSAGES * await self.connected()) * 1e6

    async def memory(self) -> float:
        """Resident memory in KB."""
        return memory_kb()


class Broadcast(Sockets):
    """The `websockets` library's own server and its `broadcast`."""

    def __init__(self, port: int, connections: set[ServerConnection]) -> None:
        super().__init__(port)
        self._connections = connections

    async def connected(self) -> int:
        return len(self._connections)

    def publish(self) -> None:
        broadcast(self._connections, TEXT)


class Product(Sockets):
    """The product: visitors' sockets that listen to their conversation's topic."""

    def __init__(self, port: int, runtime: Runtime, desk: Desk, conversation: int) -> None:
        super().__init__(port)
        self._runtime, self._desk, self._conversation = runtime, desk, conversation
        self._topic = topics.of_visitor(conversation)

    async def paths(self, count: int) -> list[str]:
        sessions = await self._runtime.db.write(self._add_sessions, count)
        issue = self._runtime.live.tickets.issue
        tickets = [await issue(VisitorPass(session)) for session in sessions]
        return [f"/widget/live?ticket={ticket}&after=9999" for ticket in tickets]

    def _add_sessions(self, tx: Tx, count: int) -> list[int]:
        return [
            tx.execute(
                insert(visitor_sessions)
                .values(
                    hash=f"{tx.now}-{number}",
                    inbox_id=self._desk.inboxes["chat"],
                    conversation_id=self._conversation,
                    visitor=f"{number}",
                    suggested=[],
                    created_at=tx.now,
                    seen_at=tx.now,
                )
                .returning(visitor_sessions.c.id)
            ).scalar_one()
            for number in range(count)
        ]

    async def connected(self) -> int:
        return sum(1 for _ in self._runtime.live.hub.sockets(self._topic))

    def publish(self) -> None:
        self._runtime.live.publish(self._topic, TEXT)


@asynccontextmanager
async def broadcasting() -> AsyncIterator[Broadcast]:
    """Serve with the `websockets` library."""
    connections: set[ServerConnection] = set()

    async def hold(connection: ServerConnection) -> None:
        connections.add(connection)
        try:
            await connection.wait_closed()
        finally:
            connections.discard(connection)

    async with serve(hold, "127.0.0.1", 0, compression=None, ping_interval=None) as server:
        yield Broadcast(next(iter(server.sockets)).getsockname()[1], connections)


@asynccontextmanager
async def product(ws: str) -> AsyncIterator[Product]:
    """Serve the product, with its own protocol class or with the one named."""
    async with AsyncExitStack() as stack:
        app, runtime = await stack.enter_async_context(installation())
        desk = await make_desk(runtime)
        conversation = (await desk.chat()).conversation_id
        changes = {"ws": ws} if ws else {}
        port = await stack.enter_async_context(listening(app, runtime.settings, **changes))
        yield Product(port, runtime, desk, conversation)


class _Client(asyncio.Protocol):
    """A client that asks for a socket and counts what it is sent."""

    def __init__(self, path: str, port: int) -> None:
        self._path, self._port = path, port
        self.received = 0
        loop = asyncio.get_running_loop()
        self.open, self.lost = loop.create_future(), loop.create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(
            f"GET {self._path} HTTP/1.1\r\nHost: 127.0.0.1:{self._port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        if not self.open.done():
            if not data.startswith(b"HTTP/1.1 101"):
                self.open.set_exception(ConnectionError(data[:100]))
                return
            self.open.set_result(None)
        self.received += len(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost.set_result(None)


async def hold_sockets(servers: Sequence[tuple[int, list[str]]]) -> list[int]:
    """Connect to each server, read until they close, and say how many bytes came from each."""
    loop = asyncio.get_running_loop()
    groups: list[list[_Client]] = []
    for port, paths in servers:
        clients: list[_Client] = []
        for start in range(0, len(paths), 50):
            part = [_Client(path, port) for path in paths[start : start + 50]]
            for client in part:
                await loop.create_connection(lambda c=client: c, "127.0.0.1", port)  # type: ignore[misc]
            await asyncio.gather(*(client.open for client in part))
            clients += part
        groups.append(clients)
    for clients in groups:
        await asyncio.gather(*(client.lost for client in clients))
    return [sum(client.received for client in clients) for clients in groups]


def run(report: Report) -> None:
    """Measure all of it."""
    with LoadGenerator() as load:
        _fan_out(report, load)
    with LoadGenerator() as few, LoadGenerator() as many:
        _memory(report, few, many)
    _second_process(report)


def _fan_out(report: Report, load: LoadGenerator) -> None:
    with (
        Child(broadcasting) as reference,
        Child(product, "") as ours,
        Child(product, "websockets-sansio") as fallback,
    ):
        children = (reference, ours, fallback)
        holding = load.submit(
            hold_sockets, [(child.ask("port"), child.ask("paths", SOCKETS)) for child in children]
        )
        for child in children:
            _wait_for(child, SOCKETS)
        for child, name, goal in (
            (ours, "fan-out to 1,000 sockets, frame built once", ">= 1.15"),
            (fallback, "fan-out to 1,000 sockets, plain sends", ">= 0.6"),
        ):
            a, b = _round_of(reference), _round_of(child)
            compared = alternate(a, b)
            report(
                f"{name} ({compared.range})", compared.b, "us/delivery", compared.a,
                compared.ratio, goal,
            )  # fmt: skip
    received = holding.result().result
    rounds = (12, 6, 6)
    for count, bytes_read in zip(rounds, received, strict=True):
        if bytes_read < count * MESSAGES * SOCKETS * len(TEXT):
            raise RuntimeError(f"not every message arrived: {received} bytes")


def _round_of(child: Child) -> Callable[[], float]:
    return lambda: float(child.ask("round"))


def _memory(report: Report, few: LoadGenerator, many: LoadGenerator) -> None:
    with Child(product, "") as ours:
        few.submit(hold_sockets, [(ours.ask("port"), ours.ask("paths", 50))])
        _wait_for(ours, 50)
        before = ours.ask("memory")  # what the first sockets loaded is not counted
        paths = ours.ask("paths", MANY)
        many.submit(hold_sockets, [(ours.ask("port"), paths)])
        _wait_for(ours, 50 + MANY)
        each = (ours.ask("memory") - before) / MANY
    report(f"{MANY:,} idle sockets in one process", each, "KB each", goal="<= 40")


def _wait_for(child: Child, count: int) -> None:
    deadline = time.monotonic() + 60
    while child.ask("connected") < count:
        if time.monotonic() > deadline:
            raise TimeoutError(f"only {child.ask('connected')} of {count} sockets came")
        time.sleep(0.1)


class Hearer:
    """A second process: hears the bus and says when."""

    def __init__(self) -> None:
        self.heard: dict[int, int] = {}

    async def times(self) -> dict[int, int]:
        """Seq and the moment (ns) it was heard."""
        return self.heard


@asynccontextmanager
async def hearing(redis_url: str) -> AsyncIterator[Hearer]:
    """Listen to the bus."""
    hearer, bus = Hearer(), open_bus(redis_url)

    def hear(events: Sequence[Any]) -> None:
        now = time.monotonic_ns()
        hearer.heard.update((event.seq, now) for event in events)

    await bus.start(hear, lambda signal: None, lambda: None)
    yield hearer
    await bus.stop()


def _second_process(report: Report) -> None:
    with running_redis() as redis_url, Child(hearing, redis_url) as other:
        pin(CORES[-1:])
        sent = asyncio.run(_send_events(redis_url, 1_000))
        pin(CORES)
        heard = other.ask("times")
        delays = sorted((heard[seq] - at) / 1e6 for seq, at in sent.items() if seq in heard)
        if len(delays) != len(sent):
            raise RuntimeError(f"{len(sent) - len(delays)} events were lost between two processes")
        report("delay a second process adds, p50", median(delays), "ms", goal="<= 2 ms")


async def _send_events(redis_url: str, count: int) -> dict[int, int]:
    bus = open_bus(redis_url)
    await bus.start(lambda events: None, lambda signal: None, lambda: None)
    sent: dict[int, int] = {}
    for seq in range(count):
        sent[seq] = time.monotonic_ns()
        bus.send([MessageAdded(1, seq, seq, "inbound")])
        await asyncio.sleep(0.004)
    await asyncio.sleep(0.5)
    await bus.stop()
    return sent
