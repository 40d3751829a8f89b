"""Reports over a year of 20 queues and 40 agents: the pages' queries, and a round of the roll-up.

The peer of the pages is the least such an answer can cost: one sum over the same rows.
"""

import asyncio
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, create_engine, insert, select, text

from app import db  # noqa: F401 - puts the newer SQLite in place
from app.clock import now
from app.db import Database
from app.migrate import migrate
from app.models.agent import agents
from app.models.journal import record
from app.models.organisation import queues
from app.queries.history import Filters, agent_table, channel_table, queue_table
from app.workers.rollup import roll_up
from bench.harness import Report, percentile
from routing.intervals import QUARTER_MS, Span, quarter_of
from routing.periods import Step, day_of, days, steps

QUEUES, AGENTS, DAYS = 20, 40, 365
ROUNDS = 7
ZONE = ZoneInfo("Europe/Berlin")
QUEUE_ROW = (
    "INSERT INTO queue_intervals (queue_id, channel, priority, language, starts_at, offered,"
    " answered, in_target, abandoned, short_abandoned, waits_ms, longest_ms, handled, handling_ms,"
    " wrap_up_ms, transferred, overflowed)"
    " VALUES (?, 'chat', 'normal', 'en', ?, 5, 4, 3, 1, 0, 90000, 30000, 4, 1600000, 40000, 0, 0)"
)
AGENT_ROW = (
    "INSERT INTO agent_intervals (agent_id, starts_at, available_ms, away_ms, not_ready_ms,"
    " busy_ms, unit_ms, offered, accepted, declined, timed_out, handled, handling_ms, wrap_up_ms)"
    " VALUES (?, ?, 800000, 100000, 0, 600000, 1800000, 3, 3, 0, 0, 3, 1500000, 30000)"
)


def run(report: Report) -> None:
    """Measure and report; takes about a minute, most of it to make the rows."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'history.db'}"
        migrate(url)
        engine = create_engine(url)
        with engine.begin() as conn:
            rows = _fill(conn)
        with engine.connect() as conn:
            _pages(report, conn, rows)
        engine.dispose()
        asyncio.run(_rounds(report, url))


def _fill(conn: Connection) -> int:
    conn.execute(insert(queues), [{"name": f"Q{n}", "created_at": 0} for n in range(QUEUES)])
    conn.execute(
        insert(agents),
        [
            {
                "name": f"A{n}", "email": f"a{n}@b.example", "max_by_channel": {},
                "preferences": {}, "created_at": 0,
            }
            for n in range(AGENTS)
        ],
    )  # fmt: skip
    last = quarter_of(now())
    starts = range(last - DAYS * 96 * QUARTER_MS, last, QUARTER_MS)
    raw = conn.connection.driver_connection
    assert raw is not None
    raw.executemany(QUEUE_ROW, ((q + 1, at) for at in starts for q in range(QUEUES)))
    day = [at for at in starts if 8 <= at // (4 * QUARTER_MS) % 24 < 17]
    raw.executemany(AGENT_ROW, ((a + 1, at) for at in day for a in range(AGENTS)))
    return len(starts) * QUEUES + len(day) * AGENTS


def _pages(report: Report, conn: Connection, rows: int) -> None:
    report("history: rows of a year, 20 queues and 40 agents", rows, "rows")
    today = day_of(now(), ZONE)
    everything = Filters(tuple(conn.execute(select(queues.c.id)).scalars()))
    people = list(conn.execute(select(agents.c.id)).scalars())
    spans: tuple[tuple[str, int, Step, str], ...] = (
        ("a day by 15 minutes", 1, "quarter", "<= 60 ms"),
        ("a week by hours", 7, "hour", "<= 100 ms"),
        ("4 weeks by days", 28, "day", "<= 250 ms"),
        ("a year by weeks", 364, "week", "<= 2000 ms"),
    )
    for name, count, step, goal in spans:
        first = today.fromordinal(today.toordinal() - count)
        span = days(first, count, ZONE)
        bins = steps(span, step, ZONE)
        took = _median(partial(_queue_page, conn, bins, everything))
        least = _median(partial(_least, conn, span))
        within = took <= float(goal.split()[1])
        report(f"history: queues, {name}", took, "ms CPU", least, took / least, goal, within)
        took = _median(partial(agent_table, conn, bins, people))
        report(f"history: agents, {name}", took, "ms CPU", goal=goal)


def _queue_page(conn: Connection, bins: list[Span], chosen: Filters) -> None:
    """What a page asks for once (it asks twice: also for the time before)."""
    queue_table(conn, bins, chosen)
    channel_table(conn, bins, chosen)


def _least(conn: Connection, span: Span) -> None:
    asked = text(
        "SELECT sum(offered) FROM queue_intervals WHERE starts_at >= :a AND starts_at < :b"
    )
    conn.execute(asked, {"a": span[0], "b": span[1]}).one()


def _median(call: Callable[[], object]) -> float:
    """The median CPU time of some rounds, in ms."""
    times = []
    for _ in range(ROUNDS):
        began = process_time()
        call()
        times.append((process_time() - began) * 1000)
    return percentile(times, 0.5)


async def _rounds(report: Report, url: str) -> None:
    """A round of the worker where nothing has happened since the last."""
    database = Database(url, record=record)
    try:
        await roll_up(database)
        began = perf_counter()
        await roll_up(database, deep=True)
        took = (perf_counter() - began) * 1000
        report("history: a round of the roll-up without news", took, "ms", goal="<= 100 ms")
    finally:
        await database.close()
