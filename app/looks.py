"""Noting who looked at whom off the path of the request: what is shown does not wait for the log.

Looks of the same agent at the same customer within a clock hour are one. They are written within
moments, several in one write, and all of them before the process ends.
"""

import asyncio

import structlog

from app import clock
from app.actions.person_view import Look, note_looks
from app.db import Database
from app.queries.access_log import HOUR_MS
from app.security.permissions import Actor

MOST = 50_000  # looks remembered as written; the log itself is asked about the others
_log = structlog.get_logger(__name__)


class Looks:
    """The looks of this process that are not written down yet."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[Look] = []
        self._known: set[tuple[Look, int]] = set()
        self._writing: asyncio.Task[None] | None = None

    def saw(
        self, actor: Actor, customer_id: int, what: str = "", *,
        action: str = "viewed", by: str = "agent",
    ) -> None:  # fmt: skip
        """Somebody was shown a customer, beside a conversation or by themselves, or took a file of
        theirs along (`action` "downloaded")."""
        look = Look(actor.agent_id, customer_id, action, "" if action == "viewed" else what, by)
        mark = look, clock.now() // HOUR_MS
        if mark in self._known:
            return
        if len(self._known) >= MOST:
            self._known.clear()
        self._known.add(mark)
        self._waiting.append(Look(look.agent_id, customer_id, action, what, by))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write(), name="looks")

    async def _write(self) -> None:
        while self._waiting:
            some, self._waiting = self._waiting, []
            try:
                await self._db.write(note_looks, some)
            except Exception as error:  # the page has been shown: the next look brings them again
                _log.error("looks_not_kept", count=len(some), exc_info=error)
                self._waiting = some + self._waiting
                return

    async def kept(self) -> None:
        """Wait until everything is written."""
        if self._writing is not None:
            await self._writing
        if self._waiting:
            await self._write()
