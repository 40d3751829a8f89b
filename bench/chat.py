"""The whole way of a reply beside the plain one: permission, seq, message, event, outbox and push
against a route with an ORM session and one commit for each message, on both engines."""

import asyncio
import itertools
import json
import re
import tempfile
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI
from sqlalchemy import JSON, BigInteger, Integer, String, Text, event, insert, update
from sqlalchemy.ext.asyncio import AsyncEngine, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from app import clock
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import set_presence
from app.db import Tx
from app.live.tickets import VisitorPass
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import visitor_sessions
from app.runtime import Runtime
from app.security.permissions import Actor
from app.settings import Settings
from bench.child import Child, installation, listening
from bench.harness import LoadGenerator, Report, alternate, percentile
from tests.desk import Desk, make_desk
from tests.servers.postgres import running_postgres

SENDERS = 64  # connections that send, each into a conversation of its own
SATURATED_S = 2.0
HALF_LOAD_S = 6.0
STAMP = re.compile(rb"sent at (\d+)\D")


class Answering:
    """What a measured server answers."""

    def __init__(self, port: int, paths: list[str]) -> None:
        self.port, self.paths = port, paths

    async def where(self) -> tuple[int, list[str], list[str]]:
        """Its port, where to post, and which sockets to listen on (their tickets are good once)."""
        return self.port, self.paths, []


class Product(Answering):
    """The product: each sender's customer has the chat open."""

    def __init__(self, port: int, runtime: Runtime, chats: list[int], visits: list[int]) -> None:
        super().__init__(port, [f"/api/bench/{chat}" for chat in chats])
        self._runtime, self._visits = runtime, visits

    async def where(self) -> tuple[int, list[str], list[str]]:
        issue = self._runtime.live.tickets.issue
        tickets = [await issue(VisitorPass(visit)) for visit in self._visits]
        sockets = [f"/widget/live?ticket={ticket}&after=9999999" for ticket in tickets]
        return self.port, self.paths, sockets


# -- the product ------------------------------------------------------------------------------


@asynccontextmanager
async def product(url: str) -> AsyncIterator[Answering]:
    """The product with a chat for each sender, and the customer's socket of each."""
    async with AsyncExitStack() as stack:
        app, runtime = await stack.enter_async_context(installation(url))
        desk = await make_desk(runtime)
        actor = await desk.actor("ana")
        # Before the routes of the API, whose own last resort answers 404 to everything else.
        app.router.routes.insert(0, _route(runtime, actor).routes[0])
        chats = [await _chat(desk, number) for number in range(SENDERS)]
        port = await stack.enter_async_context(listening(app, runtime.settings))
        visits = [await runtime.db.write(_visit, desk, chat) for chat in chats]
        yield Product(port, runtime, chats, visits)


def _route(runtime: Runtime, actor: Actor) -> APIRouter:
    """The route of the baseline, with the product behind it."""
    router = APIRouter()

    @router.post("/api/bench/{conversation_id}")
    async def send(conversation_id: int, body: dict[str, str]) -> dict[str, int]:
        reply = Reply(body["text"], body["key"])
        sent = await runtime.db.write(send_message, actor, conversation_id, reply)
        return {"id": sent.message_id, "seq": sent.seq}

    return router


async def _chat(desk: Desk, number: int) -> int:
    """A chat that Ana answers."""
    received = await desk.chat(visitor=f"visitor-{number}")

    def take(tx: Tx) -> None:
        ana = desk.agents["ana"]
        here = contacts.c.conversation_id == received.conversation_id
        tx.execute(update(contacts).where(here).values(status="active", agent_id=ana))
        tx.execute(
            update(conversations)
            .where(conversations.c.id == received.conversation_id)
            .values(assignee_id=ana)
        )
        tx.execute(update(agents).where(agents.c.id == ana).values(capacity=10_000))

    await desk.runtime.db.write(take)
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "available")
    return received.conversation_id


def _visit(tx: Tx, desk: Desk, chat: int) -> int:
    statement = insert(visitor_sessions).values(
        hash=f"visit-{chat}",
        inbox_id=desk.inboxes["chat"],
        conversation_id=chat,
        visitor=f"visitor-{chat}",
        suggested=[],
        created_at=tx.now,
        seen_at=tx.now,
    )
    return int(tx.execute(statement.returning(visitor_sessions.c.id)).scalar_one())


# -- the plain way ----------------------------------------------------------------------------


class Base(DeclarativeBase):
    """The ORM's classes of the plain way."""


class PlainMessage(Base):
    """A message."""

    __tablename__ = "plain_messages"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Integer, index=True)
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[str] = mapped_column(String(10))
    text: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int] = mapped_column(BigInteger)


class PlainEvent(Base):
    """An event."""

    __tablename__ = "plain_events"
    id: Mapped[int] = mapped_column(Integer, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(Integer, index=True)
    kind: Mapped[str] = mapped_column(String(30))
    data: Mapped[dict[str, Any]] = mapped_column(JSON)
    at: Mapped[int] = mapped_column(BigInteger)


@asynccontextmanager
async def plain(url: str) -> AsyncIterator[Answering]:
    """A FastAPI route with an ORM session and one commit for each message."""
    with tempfile.TemporaryDirectory(prefix="bench") as folder:
        engine = _engine(url, Path(folder))
        async with engine.begin() as conn:
            await conn.run_sync(Base.metadata.create_all)
        sessions = async_sessionmaker(engine, expire_on_commit=False)
        app = FastAPI()

        @app.post("/bench/{conversation_id}")
        async def send(conversation_id: int, body: dict[str, str]) -> dict[str, int]:
            async with sessions() as session:
                message = PlainMessage(
                    conversation_id=conversation_id,
                    key=body["key"],
                    kind="outbound",
                    text=body["text"],
                    created_at=clock.now(),
                )
                session.add(message)
                await session.flush()
                session.add(
                    PlainEvent(
                        conversation_id=conversation_id,
                        kind="message.added",
                        data={"message_id": message.id},
                        at=clock.now(),
                    )
                )
                await session.commit()
                return {"id": message.id, "seq": message.id}

        async with listening(app, Settings(log_level="error")) as port:
            yield Answering(port, [f"/bench/{number}" for number in range(SENDERS)])
        await engine.dispose()


def _engine(url: str, folder: Path) -> AsyncEngine:
    if url:
        return create_async_engine(
            url.replace("postgresql://", "postgresql+asyncpg://"), pool_size=10
        )
    # One connection: with more, the writers of SQLite only wait for each other's locks.
    engine = create_async_engine(
        f"sqlite+aiosqlite:///{folder}/plain.db", pool_size=1, max_overflow=0
    )

    @event.listens_for(engine.sync_engine, "connect")
    def prepare(dbapi: Any, _: Any) -> None:
        cursor = dbapi.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.close()

    return engine


# -- the senders ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Sent:
    """What a run of the senders came to; times in ms."""

    per_s: float
    acknowledged: list[float]
    pushed: list[float]


async def send_messages(
    port: int, paths: list[str], sockets: list[str], seconds: float, per_s: float = 0.0
) -> Sent:
    """Send for so long: as much as goes, or evenly at a rate."""
    pushed: list[float] = []
    ready = [asyncio.Event() for _ in sockets]
    listeners = [
        asyncio.create_task(_listen(port, path, pushed, listens))
        for path, listens in zip(sockets, ready, strict=True)
    ]
    await asyncio.gather(*(listens.wait() for listens in ready))
    acknowledged: list[float] = []
    until = time.monotonic() + seconds
    every = len(paths) / per_s if per_s else 0.0
    counts = await asyncio.gather(
        *(
            _send(port, path, acknowledged, until, every, every * number / len(paths))
            for number, path in enumerate(paths)
        )
    )
    patience = time.monotonic() + 10
    while sockets and len(pushed) < len(acknowledged) and time.monotonic() < patience:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    for listener in listeners:
        listener.cancel()
    await asyncio.gather(*listeners, return_exceptions=True)
    return Sent(sum(counts) / seconds, acknowledged, pushed)


async def _send(
    port: int, path: str, times: list[float], until: float, every: float, offset: float
) -> int:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    count, begin = 0, time.monotonic() + offset
    for number in itertools.count():
        if every:
            await asyncio.sleep(max(0.0, begin + number * every - time.monotonic()))
        began = time.monotonic_ns()
        if began / 1e9 >= until:
            break
        text = f"Your parcel left our house this morning, sent at {began}"
        body = json.dumps({"text": text, "key": f"key-{path}-{began}"[-60:]}).encode()
        writer.write(
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        answer = await reader.readexactly(length)
        if b" 200 " not in head.split(b"\r\n")[0]:
            raise RuntimeError(f"{path} answered {head[:40]!r} {answer[:200]!r}")
        times.append((time.monotonic_ns() - began) / 1e6)
        count += 1
    writer.close()
    return count


async def _listen(port: int, path: str, pushed: list[float], listens: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    seen: deque[bytes] = deque(maxlen=300)
    rest = b""
    while data := await reader.read(65536):
        now, data = time.monotonic_ns(), rest + data
        rest = data[-100:]  # a stamp may come in two pieces
        if b"cursor" in data:  # the first frame: from now on it is sent everything
            listens.set()
        for stamp in STAMP.findall(data):
            if stamp not in seen:  # what is drawn again was pushed before
                seen.append(stamp)
                pushed.append((now - int(stamp)) / 1e6)
    writer.close()


# -- the figures ------------------------------------------------------------------------------


def run(report: Report) -> None:
    """Measure both engines."""
    with LoadGenerator() as load:
        _compare(report, load, "SQLite", "", "", ">= 4")
    with running_postgres() as server, LoadGenerator() as load:
        _compare(report, load, "PostgreSQL", server.fresh(), server.fresh(), ">= 3")


def _compare(
    report: Report, load: LoadGenerator, engine: str, url: str, other_url: str, goal: str
) -> None:
    with Child(product, url) as ours, Child(plain, other_url) as theirs:

        def saturated(child: Child) -> float:
            return _run(load, child, SATURATED_S).per_s

        compared = alternate(lambda: saturated(ours), lambda: saturated(theirs))
        report(
            f"replies on {engine}, whole path ({compared.range})", compared.a, "messages/s",
            compared.b, compared.ratio, goal,
        )  # fmt: skip
        sent = _run(load, ours, HALF_LOAD_S, compared.a / 2)
        report(f"reply acknowledged on {engine} at half load, p99",
               percentile(sent.acknowledged, 0.99), "ms", goal="<= 50 ms")  # fmt: skip
        report(f"reply on the customer's screen on {engine} at half load, p99",
               percentile(sent.pushed, 0.99), "ms", goal="<= 50 ms")  # fmt: skip


def _run(load: LoadGenerator, child: Child, seconds: float, per_s: float = 0.0) -> Sent:
    port, paths, sockets = child.ask("where")
    outcome = load.submit(send_messages, port, paths, sockets, seconds, per_s).result()
    if outcome.busy > 0.95:
        raise RuntimeError("the load generator is the bottleneck")
    sent: Sent = outcome.result
    if sockets and len(sent.pushed) != len(sent.acknowledged):
        raise RuntimeError(f"{len(sent.acknowledged)} were sent and {len(sent.pushed)} pushed")
    return sent
