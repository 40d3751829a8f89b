"""Promises as screens show them: of a conversation's running clocks the one that is due first."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Row, String, cast, literal, null

from app.models.contact import sla_clocks
from app.models.promise import promises

NUMBERS = ("target_ms", "due_at", "paused_at", "left_ms", "breached_at")


@dataclass(frozen=True, slots=True)
class Clock:
    """A running clock: first, next or resolve, or an agent's own promise. `due_at` is None while
    it is paused."""

    kind: str
    target_ms: int
    due_at: int | None
    left_ms: int | None  # business time that was left when it was paused; below zero: late
    breached: bool

    @property
    def paused(self) -> bool:
        """Whether it stands still, as it does in a snoozed conversation."""
        return self.left_ms is not None

    @property
    def warn_at(self) -> int:
        """From when on less than a fifth of the time is left."""
        return (self.due_at or 0) - self.target_ms // 5


def clock_columns() -> list[ColumnElement[Any]]:
    """What `soonest` reads of a clock, as columns of a union with other things."""
    return [sla_clocks.c.kind.label("clock"), *(sla_clocks.c[name] for name in NUMBERS)]


def no_clock() -> list[ColumnElement[Any]]:
    """The same columns for those other things."""
    numbers = (cast(null(), BigInteger).label(name) for name in NUMBERS)
    return [cast(null(), String).label("clock"), *numbers]


def promise_columns() -> list[ColumnElement[Any]]:
    """The same columns for what agents have promised; such a thing is never paused."""
    nothing = cast(null(), BigInteger)
    return [
        literal("promise").label("clock"),
        (promises.c.due_at - promises.c.created_at).label("target_ms"),
        promises.c.due_at,
        nothing.label("paused_at"),
        nothing.label("left_ms"),
        promises.c.overdue_at.label("breached_at"),
    ]


def promised(conversation_ids: Iterable[int]) -> ColumnElement[bool]:
    """What was promised in these conversations and is open."""
    return promises.c.conversation_id.in_(conversation_ids) & (promises.c.state == "open")


def running(conversation_ids: Iterable[int]) -> ColumnElement[bool]:
    """The clocks of these conversations that have not ended."""
    return sla_clocks.c.conversation_id.in_(conversation_ids) & sla_clocks.c.ended_at.is_(None)


def soonest(rows: Iterable[Row[Any]]) -> Clock | None:
    """The clock that is due first; a paused one where none runs; None where none can be late."""
    clocks = [
        Clock(row.clock, row.target_ms, row.due_at, row.left_ms, row.breached_at is not None)
        for row in rows
        if row.due_at is not None or row.paused_at is not None
    ]
    return min(clocks, key=lambda each: (each.paused, each.due_at or each.left_ms), default=None)
