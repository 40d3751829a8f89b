"""Keeps the rows of reports up to date: each minute what has changed, and after a pause of any
length whatever was missed."""

from collections.abc import Iterator, Sequence

from sqlalchemy import Connection

from app import clock
from app.actions.rollup import (
    Difference,
    agent_difference,
    mark_rolled_up,
    queue_difference,
    store_rollup,
)
from app.db import Database
from app.queries.rollup import agent_rows, first_moment, queue_rows, rolled_up_until, touched
from app.workers.supervisor import Shift, Worker
from routing.intervals import QUARTER_MS, Span, quarter_of

EVERY_S = 60.0
DEEP_MS = (
    QUARTER_MS  # so often all contacts that have not ended are looked at, not only changed ones
)
SLACK_MS = 2 * 60_000  # a write that began before the last round may have been committed after it
AGENTS_MS = 2 * QUARTER_MS  # an offer of an earlier quarter may have been answered since
CHUNK_MS = 7 * 24 * 3_600_000  # of history to one step: others want to write as well


async def roll_up(db: Database, *, deep: bool = False) -> int:
    """Bring the rows up to date; returns how many had to be written."""
    now = clock.now()
    until = await db.query(rolled_up_until)
    since = await db.query(first_moment) if until is None else until - SLACK_MS
    if since is None:
        return 0
    written = 0
    spans = await db.query(touched, since, now, all_live=deep)
    for some in chunks(spans):
        written += await _store(db, await db.query(_queues, some))
    agents = quarter_of(since - AGENTS_MS), quarter_of(now) + QUARTER_MS
    for part in pieces(agents):
        written += await _store(db, await db.query(_agents, part, now))
    await db.write(mark_rolled_up, now)
    return written


async def _store(db: Database, difference: Difference) -> int:
    return sum([await db.write(store_rollup, part) for part in difference.parts()])


def pieces(span: Span) -> Iterator[Span]:
    """A span in steps of a week at most."""
    for began in range(span[0], span[1], CHUNK_MS):
        yield began, min(began + CHUNK_MS, span[1])


def chunks(spans: Sequence[Span]) -> Iterator[list[Span]]:
    """Spans in lists of a week's length at most."""
    some: list[Span] = []
    length = 0
    for span in (piece for each in spans for piece in pieces(each)):
        if some and length + span[1] - span[0] > CHUNK_MS:
            yield some
            some, length = [], 0
        some.append(span)
        length += span[1] - span[0]
    if some:
        yield some


def _queues(conn: Connection, spans: Sequence[Span]) -> Difference:
    return queue_difference(conn, spans, queue_rows(conn, spans))


def _agents(conn: Connection, span: Span, now: int) -> Difference:
    return agent_difference(conn, span, agent_rows(conn, span, now))


async def keep_rolled_up(shift: Shift) -> None:
    """The worker's loop."""
    deep_at = 0
    while not shift.stopping:
        deep = clock.now() >= deep_at
        if deep:
            deep_at = clock.now() + DEEP_MS
        await roll_up(shift.runtime.db, deep=deep)
        await shift.rest(EVERY_S)


WORKER = Worker("rollup", keep_rolled_up)
