"""What routing was told and what it decided in a span of time, read back from its log."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Connection, Select, select

from app.models.history import routing_log
from app.queries.routing_log import Shorthand
from routing.digest import digest
from routing.log import Pass
from routing.state import State


@dataclass(frozen=True, slots=True)
class LoggedRun:
    """An engine's life, or the part of it that ends in the span: the state it was built from, and
    its passes since. `whole` says that the state is the one whose digest was kept.

    `routing.log.first_difference(run.state, run.passes)` is None where the replay is exact.
    """

    began_at: int
    policy: int
    state: State
    passes: tuple[Pass, ...]
    whole: bool


def logged_day(conn: Connection, start: int, end: int) -> list[LoggedRun]:
    """The runs that have passes from `start` to before `end` (ms), oldest first.

    A run begins at a state, so the first one may begin before `start`; passes after `end` are left
    out. Empty where nothing was logged.
    """
    state = routing_log.c.kind == "state"
    before = select(routing_log.c.id).where(state, routing_log.c.at <= start)
    first = conn.execute(before.order_by(routing_log.c.id.desc()).limit(1)).scalar()
    query = select(routing_log).where(routing_log.c.at < end).order_by(routing_log.c.id)
    if first is not None:
        query = query.where(routing_log.c.id >= first)
    return [run for run in _runs(conn, query, end) if not run.passes or run.passes[-1].at >= start]


def _runs(conn: Connection, query: Select[Any], end: int) -> Iterator[LoggedRun]:
    shorthand, begun, passes = Shorthand(), None, list[Pass]()
    for row in conn.execute(query):
        if row.kind == "state":
            if begun is not None:
                yield replace(begun, passes=tuple(passes))
            state = shorthand.read_state(row.data)
            begun = LoggedRun(row.at, row.policy, state, (), digest(state) == row.digest)
            passes = []
        elif begun is not None:  # what lies before the first state that is kept cannot be read
            passes += [one for one in shorthand.read_passes(row.data) if one.at < end]
    if begun is not None:
        yield replace(begun, passes=tuple(passes))
