"""What a supervisor waits for: a forecast, a plan, and a day of 20,000 contacts played again out of
the database, and how long the server's loop is held up meanwhile."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import insert

from app.actions.scenario import ask_scenario
from app.db import Tx
from app.main import compose
from app.migrate import migrate
from app.models.agent import agent_queues, agents
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.history import presence_spans
from app.queries.scenario import scenario_answer, visible_scenario
from app.queries.what_if.questions import QueueChange, ReplayQuestion
from app.queries.what_if.wall_clock import instant
from app.runtime import Runtime
from app.settings import Settings
from app.workers import scenarios
from app.workers.supervisor import Supervisor
from bench.harness import Report, percentile
from routing.backtest import backtest
from routing.forecast import QUARTER_MS, History, forecast
from routing.staffing import Goal, Work, need
from tests.desk import Desk, make_desk

CONTACTS, AGENTS = 20_000, 75
DAY, ZONE = date(2026, 11, 2), "UTC"
HOUR = 3_600_000
CALM_S = 5.0


async def run(report: Report) -> None:
    """Measure and report."""
    _reckon(report)
    with tempfile.TemporaryDirectory() as folder:
        settings = Settings(data_dir=Path(folder), workers=False, secret_key="bench")
        migrate(f"sqlite:///{settings.sqlite_path}")
        async with compose(settings) as runtime:
            await _replay(report, runtime)


def _reckon(report: Report) -> None:
    draw, zone = Random(1), ZoneInfo(ZONE)
    began = instant(DAY.isoformat(), 0, ZONE)
    counts = {began + n * QUARTER_MS: draw.randrange(20) for n in range(56 * 96)}
    history = History(counts, began, began + 56 * 96 * QUARTER_MS)
    start = time.process_time()
    forecast(history, zone, DAY + timedelta(56), 7)
    backtest(history, zone)
    report("forecast of a week from eight, and its test", time.process_time() - start, "s")
    start = time.process_time()
    for arrivals in range(1, 97):
        need(Work(arrivals, 900, 300, patience_s=180), Goal(at_once=3))
    report("plan of 96 quarters by Erlang A", time.process_time() - start, "s")


async def _replay(report: Report, runtime: Runtime) -> None:
    db, desk = runtime.db, await make_desk(runtime)
    await db.write(_busy_day, desk)
    sam = await desk.actor("sam")
    change = QueueChange(desk.queues["general"], agents=5, begins=600, ends=840)
    question = ReplayQuestion(DAY.isoformat(), ZONE, (change,))
    async with _watched() as calm:
        await asyncio.sleep(CALM_S)
    async with _watched() as lags, Supervisor(runtime, [scenarios.WORKER]):
        began = time.perf_counter()
        asked = await db.write(ask_scenario, sam, "replay", "", question)
        while (await db.query(visible_scenario, sam, asked)).unfinished:  # noqa: ASYNC110
            await asyncio.sleep(0.1)
        took = time.perf_counter() - began
    answer = await db.query(scenario_answer, asked) or {}
    report("a day of 20,000 contacts, played twice: all in all", took, "s")
    report("  of which playing, both times", answer["took_ms"] / 1000, "s", goal="<= 10 s")
    held = percentile(lags, 0.99) * 1000
    before = percentile(calm, 0.99) * 1000
    report("  the server's loop held up meanwhile, p99", held, "ms", before, goal="<= 50 ms")
    report("  at most, beside an idle loop", max(lags) * 1000, "ms", max(calm) * 1000)


@asynccontextmanager
async def _watched() -> AsyncIterator[list[float]]:
    """How late the loop comes back to a task that sleeps, in seconds."""
    lags: list[float] = []

    async def watch() -> None:
        while True:
            began = time.perf_counter()
            await asyncio.sleep(0.002)
            lags.append(time.perf_counter() - began - 0.002)

    watching = asyncio.create_task(watch())
    try:
        yield lags
    finally:
        watching.cancel()
        with suppress(asyncio.CancelledError):
            await watching


def _busy_day(tx: Tx, desk: Desk) -> None:
    """Ten hours of chats that were answered after half a minute or so, by people in turn."""
    draw, opens = Random(1), instant(DAY.isoformat(), 8 * 60, ZONE)
    people = [_insert_agent(tx, desk, number, opens) for number in range(AGENTS)]
    made = (
        insert(customers)
        .values(name="Kim", fields={}, created_at=opens, seen_at=opens)
        .returning(customers.c.id)
    )
    customer = int(tx.execute(made).scalar_one())
    threads: list[dict[str, Any]] = []
    rows: list[dict[str, Any]] = []
    asked: list[dict[str, Any]] = []
    for number in range(1, CONTACTS + 1):
        came, agent = opens + draw.randrange(10 * HOUR), draw.choice(people)
        answered = came + draw.randrange(60_000)
        ended = answered + round(draw.expovariate(1 / 300_000))
        thread = {
            "id": number, "brand_id": desk.brand, "inbox_id": desk.inboxes["chat"],
            "customer_id": customer, "channel": "chat", "status": "done", "created_at": came,
            "last_message_at": ended,
        }  # fmt: skip
        threads.append(thread)
        contact = {
            "id": number, "conversation_id": number, "queue_id": desk.queues["general"],
            "agent_id": agent, "channel": "chat", "cost": 2, "status": "ended",
            "outcome": "handled", "skills": [], "excluded": [], "enqueued_at": came,
            "answered_at": answered, "ended_at": ended,
        }  # fmt: skip
        rows.append(contact)
        offer = {
            "contact_id": number, "agent_id": agent, "status": "accepted", "decision": {},
            "made_at": answered - 4_000, "expires_at": answered + 16_000, "ended_at": answered,
        }  # fmt: skip
        asked.append(offer)
    for table, some in ((conversations, threads), (contacts, rows), (offers, asked)):
        tx.execute(insert(table), some)


def _insert_agent(tx: Tx, desk: Desk, number: int, opens: int) -> int:
    agent_id: int = tx.execute(
        insert(agents)
        .values(
            name=f"Agent {number}", email=f"agent{number}@tea.example",
            max_by_channel={"chat": 3}, preferences={}, created_at=opens,
        )
        .returning(agents.c.id)
    ).scalar_one()  # fmt: skip
    tx.execute(insert(agent_queues).values(agent_id=agent_id, queue_id=desk.queues["general"]))
    tx.execute(
        insert(presence_spans).values(
            agent_id=agent_id, state="available", began_at=opens, ended_at=opens + 11 * HOUR
        )
    )
    return agent_id
