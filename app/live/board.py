"""The wallboard's ticks: at most once a second, only if something changed and somebody watches,
read and drawn once for all who see the same brands."""

import asyncio

import structlog

from app.db import Database
from app.live import topics
from app.live.client import Client
from app.live.fragments import Brands, Fragments
from app.live.hub import Hub

_log = structlog.get_logger(__name__)
TICK_S = 1.0


class BoardFeed:
    """Who watches the board, and its ticks."""

    def __init__(self, db: Database, hub: Hub, fragments: Fragments) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self._dirty = asyncio.Event()
        self._scopes: dict[str, Brands] = {}

    def watch(self, client: Client, *, wanted: bool) -> None:
        """Begin or end to watch; nothing happens for those who may not supervise."""
        for topic in [topic for topic in client.socket.topics if topic in self._scopes]:
            self._hub.leave(client.socket, topic)
        client.watches_board = False
        if wanted and client.actor is not None and client.actor.may("supervise"):
            topic = topics.of_board(client.actor.brands)
            self._scopes[topic] = client.actor.brands
            self._hub.join(client.socket, topic)
            client.watches_board = True
            self._dirty.set()  # what happened between the page and now

    def changed(self) -> None:
        """Something happened that the board shows."""
        self._dirty.set()

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            await self._dirty.wait()
            self._dirty.clear()
            try:
                await self._tick()
            except Exception:  # the next change ticks again
                _log.exception("live_board_failed")
            await asyncio.sleep(TICK_S)

    async def _tick(self) -> None:
        board = self._fragments.board
        for topic, brands in list(self._scopes.items()):
            if not self._hub.views(topic):
                del self._scopes[topic]
            elif board is not None:
                figures = await self._db.query(board.load, brands)
                for view in self._hub.views(topic):
                    self._hub.publish(topic, board.render(figures, view), view)
