"""The lists of conversations: changed rows to the agents who may see them, and a hint to fetch anew
when something came in, left or moved. Gathered for a quarter of a second."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from app.db import Database
from app.live.access import Scope, scopes_of
from app.live.client import Client
from app.live.fragments import Fragments
from app.live.hub import TOO_SLOW, Frame, Hub
from app.security.permissions import Actor

_log = structlog.get_logger(__name__)
GATHER_S = 0.25
MOST_ROWS = 100  # when more changed at once, fetching the list is cheaper than so many rows
REMEMBERED = 20_000  # scopes kept, to tell those who may see a conversation no longer


class ListFeed:
    """What changed in lists. `agents` gives the connected agents' clients."""

    def __init__(
        self,
        db: Database,
        hub: Hub,
        fragments: Fragments,
        agents: Callable[[], Iterable[Client]],
    ) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self._agents = agents
        self._rows: set[int] = set()
        self._moved: set[int] = set()
        self._scopes: OrderedDict[int, Scope] = OrderedDict()
        self._wake = asyncio.Event()

    def changed(self, conversation_id: int, *, moved: bool) -> None:
        """A row changed; `moved` when it may now stand in another list or place."""
        self._rows.add(conversation_id)
        if moved:
            self._moved.add(conversation_id)
        self._wake.set()

    async def run(self) -> None:
        """Send what was gathered, for ever."""
        while True:
            await self._wake.wait()
            await asyncio.sleep(GATHER_S)
            self._wake.clear()
            rows, self._rows = self._rows, set()
            moved, self._moved = self._moved, set()
            clients = list(self._agents())
            if not clients:
                continue
            try:
                await self._send(rows, moved)
            except Exception:  # lists are fetched again on every connection and every open
                _log.exception("live_lists_failed", conversations=len(rows))

    async def _send(self, rows: set[int], moved: set[int]) -> None:
        drawn = sorted(rows) if len(rows) <= MOST_ROWS else []
        scopes, things = await self._db.query(self._read, rows, drawn)
        before = {id: self._scopes[id] for id in rows if id in self._scopes}
        self._remember(scopes)
        frames: dict[object, Frame] = {}
        for client in list(self._agents()):
            actor = client.actor
            if actor is None:
                continue
            seen = tuple(id for id in drawn if id in things and _sees(actor, scopes.get(id)))
            hinted = tuple(
                id
                for id in sorted(moved)
                if _sees(actor, scopes.get(id)) or _sees(actor, before.get(id))
            )
            self._write(client, frames, seen, hinted, things)

    def _read(
        self, conn: Connection, rows: set[int], drawn: list[int]
    ) -> tuple[dict[int, Scope], Mapping[int, Any]]:
        return scopes_of(conn, rows), self._fragments.load(conn, "row", "agent", drawn)

    def _write(
        self,
        client: Client,
        frames: dict[object, Frame],
        seen: tuple[int, ...],
        hinted: tuple[int, ...],
        things: Mapping[int, Any],
    ) -> None:
        """Rows and hint for one client; equal ones are drawn and framed once."""
        wanted: list[Frame] = []
        if seen:
            key = (client.view, seen)
            if key not in frames:
                draw = self._fragments.draw
                frames[key] = Frame.of(
                    "".join(draw("row", client.view, id, things[id]) for id in seen)
                )
            wanted.append(frames[key])
        if hinted:
            if hinted not in frames:
                frames[hinted] = Frame.of({"type": "list", "conversations": hinted})
            wanted.append(frames[hinted])
        for frame in wanted:
            if not client.socket.write(frame):
                self._hub.drop(client.socket, TOO_SLOW)
                return

    def _remember(self, scopes: Mapping[int, Scope]) -> None:
        for id, scope in scopes.items():
            self._scopes[id] = scope
            self._scopes.move_to_end(id)
        while len(self._scopes) > REMEMBERED:
            self._scopes.popitem(last=False)


def _sees(actor: Actor, scope: Scope | None) -> bool:
    return scope is not None and scope.seen_by(actor)
