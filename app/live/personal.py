"""What concerns one agent alone: their offers and their own presence, drawn once for each view."""

import asyncio
from collections.abc import Mapping
from typing import Any

import structlog
from sqlalchemy import Connection

from app.db import Database
from app.live import topics
from app.live.fragments import Fragments
from app.live.hub import Hub

_log = structlog.get_logger(__name__)


class PersonalFeed:
    """Offers and presence of the agents who are connected here."""

    def __init__(self, db: Database, hub: Hub, fragments: Fragments) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self._offers: dict[int, int] = {}  # offer -> agent
        self._present: set[int] = set()
        self._wake = asyncio.Event()

    def offer(self, offer_id: int, agent_id: int) -> None:
        """An offer was made or is over."""
        if self._hub.views(topics.of_agent(agent_id)):
            self._offers[offer_id] = agent_id
            self._wake.set()

    def presence(self, agent_id: int) -> None:
        """An agent's state or load changed."""
        if self._hub.views(topics.of_agent(agent_id)):
            self._present.add(agent_id)
            self._wake.set()

    async def run(self) -> None:
        """Send what was heard, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            offers, self._offers = self._offers, {}
            present, self._present = self._present, set()
            try:
                await self._send(offers, present)
            except Exception:  # a page fetches offers and its presence again when it reconnects
                _log.exception("live_personal_failed", offers=len(offers))

    async def _send(self, offers: dict[int, int], present: set[int]) -> None:
        cards, chips = await self._db.query(self._read, sorted(offers), sorted(present))
        parts: dict[int, list[tuple[Any, int, Any]]] = {}
        for offer_id, agent_id in offers.items():
            if offer_id in cards:
                parts.setdefault(agent_id, []).append(("offer", offer_id, cards[offer_id]))
        for agent_id in present:
            if agent_id in chips:
                parts.setdefault(agent_id, []).append(("presence", agent_id, chips[agent_id]))
        for agent_id, things in parts.items():
            topic = topics.of_agent(agent_id)
            for view in self._hub.views(topic):
                draw = self._fragments.draw
                text = "".join(draw(purpose, view, id, thing) for purpose, id, thing in things)
                self._hub.publish(topic, text, view)

    def _read(
        self, conn: Connection, offers: list[int], present: list[int]
    ) -> tuple[Mapping[int, Any], Mapping[int, Any]]:
        load = self._fragments.load
        return load(conn, "offer", "agent", offers), load(conn, "presence", "agent", present)
