"""What happens by the clock: every browser has a beat each 25 s, spread over the seconds, with how
far its conversation was sent; lost events, ended sessions and absent agents are found then."""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog

from app import clock
from app.actions.set_presence import touch
from app.live.client import Client
from app.live.hub import TOO_SLOW, Frame
from app.live.journal import last_seqs

if TYPE_CHECKING:
    from app.live.live import Live

_log = structlog.get_logger(__name__)
SLOTS = 25  # seconds between two beats of one browser
TOUCH_S = 20  # seconds between two signs of life of one agent
EXPIRE_S = 2  # seconds between two looks for viewers who are gone


class Beats:
    """The clock of the live side."""

    def __init__(self, live: "Live") -> None:
        self._live = live
        self._all_at_once = False

    def soon(self) -> None:
        """Events were lost: compare everything within a second."""
        self._all_at_once = True

    async def run(self) -> None:
        """Count seconds for ever."""
        second = 0
        while True:
            await asyncio.sleep(1.0)
            second += 1
            try:
                await self._second(second)
            except Exception:  # the next second tries again
                _log.exception("live_beat_failed")

    async def _second(self, second: int) -> None:
        everybody, self._all_at_once = self._all_at_once, False
        due = [
            client for client in self._live.clients if everybody or client.slot == second % SLOTS
        ]
        if second % EXPIRE_S == 0:
            self._live.viewers.expire()
            await self._live.watches.end_left()
        if second % TOUCH_S == 0:
            await self.touch_agents()
            await self._live.watches.touch()
        if due:
            self.beat(due)
            await self.compare(due)
            await self._live.rechecks.check(due)

    def beat(self, clients: Sequence[Client]) -> None:
        """Say that we are here, and how far the open conversation was sent."""
        frames: dict[tuple[int | None, int | None], Frame] = {}
        for client in clients:
            key = (client.conversation, self._live.threads.position(client))
            if key not in frames:
                frames[key] = beat_frame(*key)
            if not client.socket.write(frames[key]):
                self._live.drop(client, TOO_SLOW)

    async def compare(self, clients: Sequence[Client]) -> None:
        """Find conversations that have come further than was sent: an event was lost."""
        ids = {client.conversation for client in clients if client.conversation is not None}
        if ids:
            self._live.threads.compare(await self._live.db.query(last_seqs, ids))

    async def touch_agents(self) -> None:
        """Agents with an open socket are there."""
        agents = {client.actor.agent_id for client in self._live.agents() if client.actor}
        await asyncio.gather(*(self.touch(agent_id) for agent_id in agents))

    async def touch(self, agent_id: int) -> None:
        """A sign of life of one agent."""
        await self._live.db.write(touch, agent_id)


def beat_frame(conversation_id: int | None, seq: int | None) -> Frame:
    """A beat; with the open conversation's last seq where there is one."""
    beat: dict[str, object] = {"type": "beat", "at": clock.now()}
    if conversation_id is not None and seq is not None:
        beat["seq"] = {"conversation": conversation_id, "seq": seq}
    return Frame.of(beat)
