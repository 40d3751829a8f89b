"""A served installation, and browsers that talk to its sockets on the level of the protocol."""

import asyncio
import json
import re
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from html import unescape
from typing import Any, Self

import uvicorn
from fastapi import FastAPI
from sqlalchemy import insert, update
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from app.actions.send_message import Reply, Sent, send_message
from app.db import Tx
from app.live.server import uvicorn_config
from app.live.tickets import AgentPass, VisitorPass
from app.models.customer import visitor_sessions
from app.security.sessions import hash_token
from app.settings import Settings
from tests.desk import Desk

ITEM = re.compile(r'<p id="m-(\d+)" data-seq="(\d+)">(.*?)</p>', re.DOTALL)
CURSOR = re.compile(r'<data class="cursor" id="cursor-(\d+)" [^>]*value="(\d+)"')
LONG_S = 10.0  # no test waits so long unless something is wrong


@asynccontextmanager
async def serving(app: FastAPI, settings: Settings, **changes: Any) -> AsyncIterator[int]:
    """Serve an application that was started already; gives the port."""
    config = uvicorn_config(app, settings)
    config.lifespan, config.host, config.port = "off", "127.0.0.1", 0
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


@dataclass
class Floor:
    """The desk, and the port its product is served on."""

    desk: Desk
    port: int
    counter: int = 0
    sessions: dict[str, str] = field(default_factory=dict)  # agent -> hash of the session

    async def session(self, name: str) -> str:
        """The hash of an agent's session; the same one each time."""
        if name not in self.sessions:
            self.sessions[name] = hash_token(await self.desk.sign_in(name))
        return self.sessions[name]

    async def agent(self, name: str, conversation: int | None = None, after: int = 0) -> "Page":
        """An agent's open page."""
        session = await self.session(name)

        async def ticket() -> str:
            return await self.desk.runtime.live.tickets.issue(AgentPass(session))

        page = Page(ticket, "/live", self.port, conversation=conversation, cursor=after)
        await self._connect(page)
        return page

    async def visitor(self, conversation: int | None, after: int = 0) -> "Page":
        """An open widget whose session has this conversation."""
        session = await self.visitor_session(conversation)

        async def ticket() -> str:
            return await self.desk.runtime.live.tickets.issue(VisitorPass(session))

        page = Page(ticket, "/widget/live", self.port, conversation=conversation, cursor=after)
        await self._connect(page)
        return page

    async def _connect(self, page: "Page") -> None:
        """Connect, and wait until the server has let it in."""
        clients = self.desk.runtime.live.clients
        before = set(clients)
        await page.connect()
        async with asyncio.timeout(LONG_S):
            while not set(clients) - before and page.close_code is None:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def deserted(self) -> None:
        """Wait until the server knows that nobody is connected any more."""
        async with asyncio.timeout(LONG_S):
            while self.desk.runtime.live.clients:  # noqa: ASYNC110
                await asyncio.sleep(0.005)

    async def visitor_session(self, conversation: int | None) -> int:
        """A widget's session."""
        self.counter += 1
        number = self.counter

        def add(tx: Tx) -> int:
            statement = insert(visitor_sessions).values(
                hash=f"hash-{number}",
                inbox_id=self.desk.inboxes["chat"],
                conversation_id=conversation,
                visitor=f"visitor-{number}",
                suggested=[],
                created_at=tx.now,
                seen_at=tx.now,
            )
            return int(tx.execute(statement.returning(visitor_sessions.c.id)).scalar_one())

        return await self.desk.runtime.db.write(add)

    async def say(self, name: str, conversation: int, text: str, kind: Any = "outbound") -> Sent:
        """An agent answers or notes something."""
        self.counter += 1
        reply = Reply(text, f"key-{self.counter:06}", kind=kind, force=True)
        actor = await self.desk.actor(name)
        return await self.desk.runtime.db.write(send_message, actor, conversation, reply)

    async def chat(self) -> int:
        """A chat that Ana has accepted; its id."""
        await self.desk.available("ana")
        await self.desk.chat()
        return await self.desk.accept("ana")

    async def change(self, table: Any, id: int, **values: Any) -> None:
        """Change a row behind the product's back."""

        def run(tx: Tx) -> None:
            tx.execute(update(table).where(table.c.id == id).values(**values))

        await self.desk.runtime.db.write(run)


class Page:
    """What a browser page does with its socket: keeps a cursor, upserts items, comes back."""

    def __init__(
        self,
        ticket: Callable[[], Any],
        path: str,
        port: int,
        *,
        conversation: int | None = None,
        cursor: int = 0,
    ) -> None:
        self.port = port
        self.conversation = conversation
        self.cursor = cursor
        self.items: dict[int, tuple[int, str]] = {}
        self.frames: list[str] = []
        self.connections = 0
        self.close_code: int | None = None
        self._ticket = ticket
        self._path = path
        self._socket: ClientConnection | None = None
        self._reader: asyncio.Task[None] | None = None
        self._news = asyncio.Event()

    async def connect(self) -> None:
        """Fetch a ticket and connect, with the cursor."""
        url = f"ws://127.0.0.1:{self.port}{self._path}?ticket={await self._ticket()}"
        if self.conversation is not None:
            url += f"&conversation={self.conversation}&after={self.cursor}"
        self._socket = await connect(url, proxy=None, compression=None, ping_interval=None)
        self.close_code = None
        self.connections += 1
        self._reader = asyncio.create_task(self._read(self._socket))

    async def stay_connected(self) -> None:
        """Come back whenever the line is cut, until cancelled."""
        while True:
            try:
                if self._reader is None or self._reader.done():
                    await self.connect()
                assert self._reader is not None
                await asyncio.shield(self._reader)
            except (OSError, ConnectionClosed, EOFError, TimeoutError):
                await asyncio.sleep(0.01)
            except Exception as error:  # the handshake was cut in the middle
                if "websockets" not in type(error).__module__:
                    raise
                await asyncio.sleep(0.01)

    async def _read(self, socket: ClientConnection) -> None:
        with suppress(ConnectionClosed):
            async for text in socket:
                assert isinstance(text, str)
                self.frames.append(text)
                self._apply(text)
                self._news.set()
        self.close_code = socket.close_code
        self._news.set()

    def _apply(self, text: str) -> None:
        if text.startswith("{"):
            return
        for id, seq, content in ITEM.findall(text):
            self.items[int(id)] = (int(seq), unescape(content))
        for id, seq in CURSOR.findall(text):
            if int(id) == self.conversation:
                self.cursor = int(seq)

    @property
    def transcript(self) -> list[str]:
        """The texts on the page, sorted as the page sorts them."""
        return [text for _, text in sorted(self.items.values())]

    @property
    def data(self) -> list[dict[str, Any]]:
        """The data frames that have come, but for beats and the word that it listens."""
        frames = [json.loads(text) for text in self.frames if text.startswith("{")]
        return [frame for frame in frames if frame["type"] not in ("beat", "ready")]

    @property
    def html(self) -> str:
        """All HTML that has come."""
        return "".join(text for text in self.frames if not text.startswith("{"))

    async def send(self, **message: Any) -> None:
        """Send a small message."""
        assert self._socket is not None
        await self._socket.send(json.dumps(message))

    async def open(self, conversation: int, after: int = 0) -> None:
        """Open another conversation."""
        self.conversation, self.cursor = conversation, after
        await self.send(type="open", conversation=conversation, after=after)

    async def until(self, condition: Callable[[Self], object]) -> None:
        """Wait until the page is so; fails after a while."""
        try:
            async with asyncio.timeout(LONG_S):
                while not condition(self):
                    self._news.clear()
                    await self._news.wait()
        except TimeoutError:
            shown = "\n".join(frame[:300] for frame in self.frames[-10:])
            raise AssertionError(f"it never came; the last frames:\n{shown}") from None

    async def closed(self) -> int | None:
        """Wait until the server has closed it; the code."""
        await self.until(lambda page: page.close_code is not None)
        return self.close_code

    async def settled(self) -> None:
        """Wait until all that is under way has come: a message of our own makes the round."""
        assert self._socket is not None
        pong = await self._socket.ping()
        await asyncio.wait_for(pong, LONG_S)
        await asyncio.sleep(0.05)

    async def leave(self) -> None:
        """Close the page."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader
