"""What concerns one agent alone: offers, presence, wrap-ups, consults; drawn once for each view."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from sqlalchemy import Connection

from app.db import Database
from app.live import topics
from app.live.fragments import Fragments, Purpose
from app.live.hub import Hub

_log = structlog.get_logger(__name__)


Heard = dict[Purpose, dict[int, set[int]]]  # ids of things, and the agents they concern


class PersonalFeed:
    """Offers, presence, wrap-ups and consults of the agents who are connected here."""

    def __init__(self, db: Database, hub: Hub, fragments: Fragments) -> None:
        self._db = db
        self._hub = hub
        self._fragments = fragments
        self._heard: Heard = {}
        self._wake = asyncio.Event()

    def offer(self, offer_id: int, agent_id: int) -> None:
        """An offer was made or is over."""
        self._hear("offer", offer_id, agent_id)

    def presence(self, agent_id: int) -> None:
        """An agent's state or load changed."""
        self._hear("presence", agent_id, agent_id)

    def wrap_up(self, contact_id: int, agent_id: int | None) -> None:
        """An agent has something to wrap up, or has no longer."""
        if agent_id is not None:
            self._hear("wrap_up", contact_id, agent_id)

    def consult(self, consult_id: int, agent_ids: Sequence[int]) -> None:
        """Somebody asks a colleague, or that is over."""
        for agent_id in agent_ids:
            self._hear("consult", consult_id, agent_id)

    def _hear(self, purpose: Purpose, id: int, agent_id: int) -> None:
        if self._hub.views(topics.of_agent(agent_id)):
            self._heard.setdefault(purpose, {}).setdefault(id, set()).add(agent_id)
            self._wake.set()

    async def run(self) -> None:
        """Send what was heard, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            heard, self._heard = self._heard, {}
            try:
                await self._send(heard)
            except Exception:  # a page fetches all of it again when it reconnects
                _log.exception("live_personal_failed", things=sum(map(len, heard.values())))

    async def _send(self, heard: Heard) -> None:
        found = await self._db.query(self._read, heard)
        parts: dict[int, list[tuple[Purpose, int, Any]]] = {}
        for purpose, concerned in heard.items():
            for id, agent_ids in concerned.items():
                for agent_id in agent_ids if id in found[purpose] else ():
                    parts.setdefault(agent_id, []).append((purpose, id, found[purpose][id]))
        for agent_id, things in parts.items():
            topic = topics.of_agent(agent_id)
            for view in self._hub.views(topic):
                draw = self._fragments.draw
                text = "".join(draw(purpose, view, id, thing) for purpose, id, thing in things)
                self._hub.publish(topic, text, view)

    def _read(self, conn: Connection, heard: Heard) -> dict[Purpose, Mapping[int, Any]]:
        load = self._fragments.load
        return {
            purpose: load(conn, purpose, "agent", sorted(concerned))
            for purpose, concerned in heard.items()
        }
