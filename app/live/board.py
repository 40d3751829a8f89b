"""The wallboard's ticks: at most once a second while things change and somebody watches, read and
drawn once for all who see the same brands. When nothing changes, a sign of life every few seconds:
a board that hears nothing says that it is stale."""

import asyncio
import re

import structlog

from app.db import Database
from app.live import topics
from app.live.client import Client
from app.live.fragments import Brands, Fragments, View
from app.live.hub import Hub

_log = structlog.get_logger(__name__)
TICK_S = 1.0
QUIET_S = 4.0  # rates grow old and waits long without anything happening; a page waits 10 s for us
ALIVE = {"type": "tick"}
_CLOCKS = re.compile(r"(?<=>)[^<]*(?=</time>)")  # pages count on by themselves


class BoardFeed:
    """Who watches the board, and its ticks."""

    def __init__(self, db: Database, hub: Hub, fragments: Fragments) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self._dirty = asyncio.Event()
        self._scopes: dict[str, Brands] = {}
        self._drawn: dict[tuple[str, View], str] = {}  # what was sent last

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
            self._drawn.pop((topic, client.view), None)  # it may have missed what others were sent
            self._dirty.set()  # what happened between the page and now

    def changed(self) -> None:
        """Something happened that the board shows."""
        self._dirty.set()

    async def run(self) -> None:
        """Tick for ever."""
        while True:
            try:
                async with asyncio.timeout(QUIET_S if self._scopes else None):
                    await self._dirty.wait()
            except TimeoutError:
                pass  # nothing happened: look whether time alone has changed something
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
                self._drawn = {key: text for key, text in self._drawn.items() if key[0] != topic}
            elif board is not None:
                figures = await self._db.query(board.load, brands)
                for view in self._hub.views(topic):
                    # A large board takes a while to draw; sockets go on meanwhile.
                    text = await asyncio.to_thread(board.render, figures, view)
                    timeless = _CLOCKS.sub("", text)
                    if timeless != self._drawn.get((topic, view)):
                        self._drawn[topic, view] = timeless
                        self._hub.publish(topic, text, view)
                    self._hub.publish(topic, ALIVE, view)
