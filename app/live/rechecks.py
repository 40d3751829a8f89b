"""Rights are asked again: when they changed, and for every browser at each of its beats.

A session that is over is closed with 4401; a conversation that is no longer an agent's to see is
taken from them; a board is joined anew for the brands they see now.
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

import structlog
from sqlalchemy import Connection

from app import clock
from app.live.access import Scope, Visitor, agents_of, scopes_of, visitors_of
from app.live.client import Client, send
from app.live.hub import RESTART
from app.security.permissions import Actor

if TYPE_CHECKING:
    from app.live.live import Live

_log = structlog.get_logger(__name__)
SIGN_IN = 4401
AT_ONCE = 200  # clients whose rights are read in one hop


class Rechecks:
    """Asks again, for all agents or for some."""

    def __init__(self, live: "Live") -> None:
        self._live = live
        self._agents: set[int] = set()
        self._everybody = False
        self.asked = 0  # how often; who read rights before the last time reads them again
        self._wake = asyncio.Event()

    def ask(self, agent_id: int | None = None) -> None:
        """Something about this agent's rights changed; None: about everybody's."""
        self.asked += 1
        if agent_id is None:
            self._everybody = True
        else:
            self._agents.add(agent_id)
        self._wake.set()

    async def run(self) -> None:
        """Ask again whenever it is needed, for ever."""
        while True:
            await self._wake.wait()
            self._wake.clear()
            everybody, self._everybody = self._everybody, False
            agents, self._agents = self._agents, set()
            clients = [
                client
                for client in list(self._live.clients)
                if everybody or (client.actor is not None and client.actor.agent_id in agents)
            ]
            try:
                for start in range(0, len(clients), AT_ONCE):
                    await self.check(clients[start : start + AT_ONCE])
            except Exception:  # the beats ask again
                _log.exception("live_recheck_failed", clients=len(clients))

    async def check(self, clients: Sequence[Client]) -> None:
        """Ask for these clients now."""
        hashes = {client.session for client in clients if client.actor is not None}
        visits = {client.visitor.session for client in clients if client.visitor is not None}
        open_ids = {client.conversation for client in clients if client.conversation is not None}
        actors, visitors, scopes = await self._live.db.query(
            self._read, sorted(hashes), sorted(visits), sorted(open_ids)
        )
        for client in clients:
            if client not in self._live.clients:
                continue
            if client.visitor is not None:
                self._apply_visitor(client, visitors.get(client.visitor.session))
            else:
                self._apply_agent(client, actors.get(client.session), scopes, open_ids)

    def _read(
        self, conn: Connection, hashes: list[str], visits: list[int], open_ids: list[int]
    ) -> tuple[dict[str, Actor], dict[int, Visitor], dict[int, Scope]]:
        idle_h = self._live.session_idle_h
        actors = agents_of(conn, hashes, clock.now(), idle_h) if hashes else {}
        visitors = visitors_of(conn, visits) if visits else {}
        return actors, visitors, scopes_of(conn, open_ids)

    def _apply_visitor(self, client: Client, visitor: Visitor | None) -> None:
        if visitor is None:
            self._live.drop(client, SIGN_IN)
        elif visitor.conversation_id != client.conversation:
            self._live.drop(client, RESTART)  # it comes back to the conversation that is its own

    def _apply_agent(
        self,
        client: Client,
        actor: Actor | None,
        scopes: dict[int, Scope],
        asked: set[int],
    ) -> None:
        if actor is None:
            self._live.drop(client, SIGN_IN)
            return
        changed, client.actor = actor != client.actor, actor
        if changed and client.watches_board:
            self._live.board.watch(client, wanted=True)
        conversation_id = client.conversation
        if conversation_id is None or conversation_id not in asked:
            return  # it opened another meanwhile, and that was authorised then
        scope = scopes.get(conversation_id)
        if scope is None or not scope.seen_by(actor):
            self._live.leave_conversation(client)
            send(self._live, client, {"type": "gone", "conversation": conversation_id})
