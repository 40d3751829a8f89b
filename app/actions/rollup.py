"""Writes the rows of reports: only what differs from what is there, so that a repetition writes
nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from app.actions.upsert import upsert
from app.db import Tx
from app.models.history import agent_intervals, queue_intervals
from app.models.organisation import installation
from app.queries.rollup import AGENT_KEY, MARK, QUEUE_KEY, Rows
from routing.intervals import Span

CHUNK = 500
ROWS = 2_000  # to one write


@dataclass(frozen=True, slots=True)
class Difference:
    """What a table lacks: ids of rows that are too many, and rows that are new or have changed."""

    table: Table
    keys: tuple[str, ...]
    stale: tuple[int, ...]
    rows: tuple[dict[str, Any], ...]

    def parts(self) -> Iterator["Difference"]:
        """The same in steps that each hold up other writes only briefly."""
        for start in range(0, max(len(self.stale), len(self.rows), 1), ROWS):
            step = slice(start, start + ROWS)
            yield Difference(self.table, self.keys, self.stale[step], self.rows[step])


def queue_difference(conn: Connection, spans: Sequence[Span], rows: Rows) -> Difference:
    """Between the queues' rows of these spans and what they should be."""
    return _difference(conn, queue_intervals, QUEUE_KEY, spans, rows)


def agent_difference(conn: Connection, span: Span, rows: Rows) -> Difference:
    """Between the agents' rows of a span and what they should be."""
    return _difference(conn, agent_intervals, AGENT_KEY, [span], rows)


def store_rollup(tx: Tx, found: Difference) -> int:
    """Write what is missing; returns how many rows that were."""
    for start in range(0, len(found.stale), CHUNK):
        stale = found.stale[start : start + CHUNK]
        tx.execute(delete(found.table).where(found.table.c.id.in_(stale)))
    if found.rows:
        _put(tx, found)
    return len(found.rows) + len(found.stale)


def mark_rolled_up(tx: Tx, until: int) -> None:
    """Remember up to when the rows are up to date."""
    upsert(tx, installation, {"name": MARK}, {"value": {"until": until}})


def _put(tx: Tx, found: Difference) -> None:
    dialect: Any = postgresql if tx.conn.dialect.name == "postgresql" else sqlite
    statement = dialect.insert(found.table)
    figures = [name for name in found.rows[0] if name not in found.keys]
    statement = statement.on_conflict_do_update(
        index_elements=list(found.keys),
        set_={name: statement.excluded[name] for name in figures},
    )
    tx.execute(statement, list(found.rows))


def _difference(
    conn: Connection, table: Table, keys: tuple[str, ...], spans: Sequence[Span], rows: Rows
) -> Difference:
    stale, same = [], set()
    for start in range(0, len(spans), CHUNK // 10):
        some = spans[start : start + CHUNK // 10]
        starts = table.c.starts_at
        for row in conn.execute(
            select(table).where(
                or_(*((starts >= began) & (starts < ended) for began, ended in some))
            )
        ):
            there = dict(row._mapping)
            row_id = there.pop("id")
            key = tuple(there.pop(name) for name in keys)
            if key not in rows:
                stale.append(row_id)
            elif rows[key] == there:
                same.add(key)
    changed = tuple(
        {**dict(zip(keys, key, strict=True)), **values}
        for key, values in rows.items()
        if key not in same
    )
    return Difference(table, keys, tuple(stale), changed)
