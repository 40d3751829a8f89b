"""Supervisors who listen in: a watch lives as long as a page of theirs shows the conversation.

The page's socket is the sign of life. When the last one has left for a while, the watch ends; a
process that dies leaves it to `workers/watches`.
"""

import asyncio
from typing import TYPE_CHECKING

from app import clock
from app.actions.watch import end_if_gone, keep_watches
from app.live.client import Client
from app.queries.watches import watch_mode

if TYPE_CHECKING:
    from app.live.live import Live

GRACE_S = 10.0  # a page that is loaded again comes back sooner


class Watches:
    """The watches of the supervisors who are connected here."""

    def __init__(self, live: "Live") -> None:
        self._live = live
        self._left: dict[tuple[int, int], tuple[float, int]] = {}  # until when, and since when

    async def opened(self, client: Client, conversation_id: int) -> None:
        """A client opens a conversation: is it there to listen in?"""
        client.watch = None
        actor = client.actor
        if actor is None or not actor.may("supervise"):
            return
        client.watch = await self._live.db.query(watch_mode, actor.agent_id, conversation_id)
        if client.watch is not None:
            self._left.pop((actor.agent_id, conversation_id), None)
            await self._live.db.write(keep_watches, [(actor.agent_id, conversation_id)])

    def left(self, client: Client) -> None:
        """A client has its conversation open no longer."""
        if client.watch is not None and client.actor and client.conversation is not None:
            key = client.actor.agent_id, client.conversation
            until = asyncio.get_running_loop().time() + GRACE_S
            self._left[key] = until, clock.now()
        client.watch = None

    async def end_left(self) -> None:
        """End the watches whose pages did not come back, here or in another process."""
        now = asyncio.get_running_loop().time()
        for key, (until, since) in list(self._left.items()):
            if until <= now:
                del self._left[key]
                if key not in self._open():
                    await self._live.db.write(end_if_gone, *key, since)

    async def touch(self) -> None:
        """A sign of life of every watch that has a page here."""
        found = sorted(self._open())
        if found:
            await self._live.db.write(keep_watches, found)

    def _open(self) -> set[tuple[int, int]]:
        return {
            (client.actor.agent_id, client.conversation)
            for client in self._live.agents()
            if client.actor and client.watch is not None and client.conversation is not None
        }
