"""Routing in the whole product, on both engines: how soon a contact that has arrived is on its
agent's screen, and how many are assigned in a second when a crowd waits."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from statistics import median

from fastapi import APIRouter
from sqlalchemy import Connection, func, insert, select, update

from app.actions.receive_message import receive_message
from app.actions.set_presence import set_presence
from app.db import Tx
from app.events import SetupChanged
from app.live.tickets import AgentPass
from app.models.agent import agent_queues, agents, presence
from app.models.contact import contacts, offers
from app.models.organisation import inboxes, queues
from app.runtime import Runtime
from app.security.sessions import hash_token, open_session
from app.workers.route_waiting import WORKER
from app.workers.supervisor import Supervisor
from bench.child import Child, installation, listening
from bench.harness import LoadGenerator, Report, percentile
from channels.values import Identity, Inbound
from tests.desk import Desk, make_desk
from tests.servers.postgres import running_postgres

CROWD, TEAM, ROUNDS = 1_000, 100, 5
PER_S, SECONDS = 50, 8.0
STAMP = re.compile(rb"sent at (\d+)\D")


class Centre:
    """The product with its routing worker. Ana has room for everybody who writes to "general"."""

    def __init__(self, runtime: Runtime, desk: Desk, port: int, team: list[int]) -> None:
        self._runtime, self._desk, self._port, self._team = runtime, desk, port, team
        self._came = 0

    async def where(self) -> tuple[int, str]:
        """The port, and the path of Ana's socket (its ticket is good once)."""
        token = await self._runtime.db.write(open_session, self._desk.agents["ana"], 14)
        await self._desk.available("ana")
        ticket = await self._runtime.live.tickets.issue(AgentPass(hash_token(token)))
        return self._port, f"/live?ticket={ticket}"

    async def cpu(self) -> float:
        """Seconds of the CPU that the server has used so far, its threads included."""
        return time.process_time()

    async def assign_crowd(self) -> float:
        """A crowd has arrived and the team comes: seconds until the last offer is committed."""
        db = self._runtime.db
        await db.write(self._clear)
        for first in range(0, CROWD, 50):
            await db.write(self._arrive, range(first, first + 50))
        await asyncio.sleep(1.2)  # the worker has seen them all, and its second is over
        before = await db.query(_count)
        began = time.perf_counter()
        await db.write(self._come)
        while await db.query(_count) < before + CROWD:  # noqa: ASYNC110 - the rows are the event
            await asyncio.sleep(0.01)
        return time.perf_counter() - began

    def _clear(self, tx: Tx) -> None:
        """The crowd before has gone, and the team with it."""
        over = contacts.c.status.in_(("waiting", "offered"))
        tx.execute(update(offers).where(offers.c.status == "pending").values(status="rescinded"))
        tx.execute(update(contacts).where(over).values(status="ended", ended_at=tx.now))
        tx.execute(update(presence).values(used=0, epoch=presence.c.epoch + 1))
        for agent_id in self._team:
            set_presence(tx, agent_id, "offline")
        tx.emit(SetupChanged("queue", self._desk.queues["general"]))  # read everything anew

    def _arrive(self, tx: Tx, numbers: range) -> None:
        for number in numbers:
            self._came += 1
            inbound = _inbound("email", f"crowd-{self._came}-{number}", "Where is it?")
            received = receive_message(tx, self._desk.inboxes["email"], inbound)
            assert received.conversation_id

    def _come(self, tx: Tx) -> None:
        for agent_id in self._team:
            set_presence(tx, agent_id, "available")


def _count(conn: Connection) -> int:
    count: int = conn.execute(select(func.count()).select_from(offers)).scalar_one()
    return count


def _inbound(channel: str, key: str, text: str) -> Inbound:
    return Inbound(
        channel=channel,
        external_id=key,
        identities=(Identity("email", f"{key}@example.com"),),
        subject="A question",
        text=text,
        full_text=text,
        language="en",
    )


@asynccontextmanager
async def centre(url: str) -> AsyncIterator[Centre]:
    """A started installation: the crowd's mails go to a team of their own."""
    async with AsyncExitStack() as stack:
        app, runtime = await stack.enter_async_context(installation(url))
        desk = await make_desk(runtime)
        team = await runtime.db.write(_hire, desk)
        app.router.routes.insert(0, _route(runtime, desk).routes[0])
        port = await stack.enter_async_context(listening(app, runtime.settings))
        await stack.enter_async_context(Supervisor(runtime, [WORKER]))
        yield Centre(runtime, desk, port, team)


def _hire(tx: Tx, desk: Desk) -> list[int]:
    """A hundred agents with room for the crowd; Ana alone sits in the other queue."""
    billing = desk.queues["billing"]
    tx.execute(agent_queues.delete())
    ana = agents.c.id == desk.agents["ana"]
    tx.execute(update(agents).where(ana).values(capacity=1_000_000, max_by_channel={}))
    tx.execute(insert(agent_queues).values(agent_id=desk.agents["ana"], queue_id=billing))
    tx.execute(update(queues).values(occupancy="spread"))
    team = []
    for number in range(TEAM):
        statement = insert(agents).values(
            name=f"Agent {number}",
            email=f"agent{number}@tea.example",
            capacity=CROWD // TEAM,
            max_by_channel={},
            preferences={},
            created_at=tx.now,
        )
        agent_id: int = tx.execute(statement.returning(agents.c.id)).scalar_one()
        row = {"agent_id": agent_id, "since_at": 0, "seen_at": tx.now, "last_assigned_at": 0}
        tx.execute(insert(presence).values(**row))
        tx.execute(insert(agent_queues).values(agent_id=agent_id, queue_id=desk.queues["general"]))
        team.append(agent_id)
    chat = inboxes.c.id == desk.inboxes["chat"]
    tx.execute(update(inboxes).where(chat).values(queue_id=billing))
    return team


def _route(runtime: Runtime, desk: Desk) -> APIRouter:
    router = APIRouter()

    @router.post("/api/bench/arrive")
    async def arrive(body: dict[str, str]) -> dict[str, int]:
        inbound = _inbound("chat", body["key"], body["text"])
        received = await runtime.db.write(receive_message, desk.inboxes["chat"], inbound)
        return {"id": received.conversation_id}

    return router


# -- the visitors and the agent, on the other core ---------------------------------------------


@dataclass(frozen=True, slots=True)
class Seen:
    """How long each contact took, in ms: until its arrival was committed, and until the agent's
    socket had the offer, both from the moment it was sent."""

    committed: list[float]
    offered: list[float]


async def visit(port: int, path: str, per_s: float, seconds: float) -> Seen:
    """Send contacts evenly and watch the agent's socket."""
    ready, committed, offered = asyncio.Event(), list[float](), dict[int, float]()
    listener = asyncio.create_task(_listen(port, path, offered, ready))
    await ready.wait()
    many, began = round(per_s * seconds), time.monotonic()
    calls = []
    for number in range(many):
        await asyncio.sleep(max(0.0, began + number / per_s - time.monotonic()))
        calls.append(asyncio.create_task(_post(port, committed)))
    await asyncio.gather(*calls)
    patience = time.monotonic() + 10
    while len(offered) < many and time.monotonic() < patience:  # noqa: ASYNC110
        await asyncio.sleep(0.02)
    listener.cancel()
    await asyncio.gather(listener, return_exceptions=True)
    if len(offered) != many:
        raise RuntimeError(f"{many} contacts came and {len(offered)} offers were seen")
    return Seen(committed, list(offered.values()))


async def _post(port: int, times: list[float]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    sent = time.monotonic_ns()
    body = json.dumps({"key": f"visit-{sent}", "text": f"Hello, sent at {sent} sharp"}).encode()
    writer.write(
        f"POST /api/bench/arrive HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode()
        + body
    )
    answer = await reader.read()
    if b" 200 " not in answer.split(b"\r\n")[0]:
        raise RuntimeError(f"answered {answer[:200]!r}")
    times.append((time.monotonic_ns() - sent) / 1e6)
    writer.close()


async def _listen(port: int, path: str, offered: dict[int, float], ready: asyncio.Event) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\n"
        f"Origin: http://127.0.0.1:{port}\r\n"
        "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n".encode()
    )
    rest = b""
    while data := await reader.read(65536):
        now, data = time.monotonic_ns(), rest + data
        if b'"ready"' in data:
            ready.set()
        cards = data.split(b'id="offer-')[1:]
        for card in cards:
            found = STAMP.search(card)
            if found is not None:
                offered.setdefault(int(found[1]), (now - int(found[1])) / 1e6)
        rest = data[-4_000:]  # a card may come in two pieces
    writer.close()


# -- the figures -------------------------------------------------------------------------------


def run(report: Report) -> None:
    """Measure both engines."""
    with LoadGenerator() as load:
        _measure(report, load, "SQLite", "")
    with running_postgres() as server, LoadGenerator() as load:
        _measure(report, load, "PostgreSQL", server.fresh())


def _measure(report: Report, load: LoadGenerator, engine: str, url: str) -> None:
    with Child(centre, url) as product:
        crowds = [product.ask("assign_crowd") for _ in range(ROUNDS + 1)][1:]
        rates = [CROWD / seconds for seconds in crowds]
        report(
            f"{CROWD:,} arrived, offers committed on {engine}", round(median(rates)), "offers/s",
            f"{min(rates):,.0f}-{max(rates):,.0f}", goal=">= 500",
        )  # fmt: skip
        port, path = product.ask("where")
        load.submit(visit, port, path, PER_S, 1.0).result()  # what is made once is made
        port, path = product.ask("where")
        used = product.ask("cpu")
        seen: Seen = load.submit(visit, port, path, PER_S, SECONDS).result().result
        used = product.ask("cpu") - used
        waits = [
            offered - committed
            for offered, committed in zip(sorted(seen.offered), sorted(seen.committed), strict=True)
        ]
        report(
            f"sent to on the agent's socket on {engine}, {PER_S}/s, p95",
            round(percentile(seen.offered, 0.95), 1), "ms",
            f"commit {percentile(seen.committed, 0.95):.1f}", goal="<= 50 ms",
        )  # fmt: skip
        report(
            f"server CPU of an arrival, its offer and the agent's card on {engine}",
            round(used * 1e3 / len(seen.offered), 2), "ms",
        )  # fmt: skip
        report(f"of that after the arrival's answer on {engine}, median",
               round(median(waits), 1), "ms")  # fmt: skip
