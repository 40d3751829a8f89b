"""Connections to mail servers that the mails of one batch share.

Connecting, encrypting and signing in take longer than a mail, and servers count who does it often.
"""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from channels.email.smtp_send import Line, SmtpSettings

AT_MOST = 2  # connections to one server: a mail that hangs does not keep all others waiting


class Lines:
    """At most so many connections to each server; `hang_up` ends those that are not in use."""

    def __init__(self, at_most: int = AT_MOST) -> None:
        self._free: dict[SmtpSettings, list[Line]] = defaultdict(list)
        self._turns: dict[SmtpSettings, asyncio.Semaphore] = defaultdict(
            lambda: asyncio.Semaphore(at_most)
        )

    @asynccontextmanager
    async def to(self, server: SmtpSettings) -> AsyncIterator[Line]:
        """A connection to this server, for one mail; waits for its turn."""
        async with self._turns[server]:
            free = self._free[server]
            line = free.pop() if free else Line(server)
            try:
                yield line
            finally:
                self._free[server].append(line)

    async def hang_up(self) -> None:
        """End all connections. Only while none is in use."""
        lines = [line for free in self._free.values() for line in free]
        self._free.clear()
        self._turns.clear()
        await asyncio.gather(*(line.close() for line in lines))
