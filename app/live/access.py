"""Who is behind a socket and what they may still see: asked at connect, when rights change, and at
every beat."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.agent import sessions
from app.models.contact import consults
from app.models.conversation import conversations
from app.models.customer import visitor_sessions
from app.security.permissions import Actor, load_actor
from app.security.sessions import HOUR_MS


@dataclass(frozen=True, slots=True)
class Visitor:
    """A widget's session and the one conversation that is its own."""

    session: int
    conversation_id: int | None
    locale: str


@dataclass(frozen=True, slots=True)
class Scope:
    """What decides who may see a conversation."""

    brand_id: int
    queue_id: int | None
    assignee_id: int | None
    helpers: frozenset[int] = frozenset()  # colleagues who were asked and have joined

    def seen_by(self, actor: Actor) -> bool:
        """Whether the actor may see it: `visible_conversations` for a row that was read."""
        return actor.agent_id in self.helpers or actor.sees_conversation(
            self.brand_id, self.queue_id, self.assignee_id
        )


def agents_of(conn: Connection, hashes: Collection[str], now: int, idle_h: int) -> dict[str, Actor]:
    """The rights behind these sessions; a session that is over is left out."""
    rows = conn.execute(
        select(sessions.c.hash, sessions.c.agent_id).where(
            sessions.c.hash.in_(hashes),
            sessions.c.expires_at > now,
            sessions.c.seen_at > now - idle_h * HOUR_MS,
        )
    ).all()
    actors = {agent_id: load_actor(conn, agent_id) for agent_id in {row.agent_id for row in rows}}
    found = {row.hash: actors[row.agent_id] for row in rows}
    return {hash: actor for hash, actor in found.items() if actor is not None}


def visitors_of(conn: Connection, ids: Collection[int]) -> dict[int, Visitor]:
    """The visitors of these widget sessions; one that is no more is left out."""
    rows = conn.execute(
        select(
            visitor_sessions.c.id, visitor_sessions.c.conversation_id, visitor_sessions.c.locale
        ).where(visitor_sessions.c.id.in_(ids))
    )
    return {row.id: Visitor(row.id, row.conversation_id, row.locale) for row in rows}


def scopes_of(conn: Connection, ids: Iterable[int]) -> dict[int, Scope]:
    """What decides who may see these conversations."""
    wanted = list(ids)
    if not wanted:
        return {}
    rows = conn.execute(
        select(
            conversations.c.id,
            conversations.c.brand_id,
            conversations.c.queue_id,
            conversations.c.assignee_id,
        ).where(conversations.c.id.in_(wanted))
    )
    helpers: dict[int, set[int]] = {}
    for consult in conn.execute(
        select(consults.c.conversation_id, consults.c.to_agent_id).where(
            consults.c.conversation_id.in_(wanted), consults.c.status == "joined"
        )
    ):
        helpers.setdefault(consult.conversation_id, set()).add(consult.to_agent_id)
    return {
        row.id: Scope(
            row.brand_id, row.queue_id, row.assignee_id, frozenset(helpers.get(row.id, ()))
        )
        for row in rows
    }


def of_customers(
    conn: Connection, customer_ids: Collection[int], among: Collection[int]
) -> list[int]:
    """Which of these conversations belong to one of these customers."""
    if not customer_ids or not among:
        return []
    return list(
        conn.execute(
            select(conversations.c.id).where(
                conversations.c.id.in_(among), conversations.c.customer_id.in_(customer_ids)
            )
        ).scalars()
    )
