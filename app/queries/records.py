"""Conversations, messages, customers, agents and queues as plain rows, for the API.

Lists are read newest first and paged by id: `before` is the last id of the page before.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, func, or_, select

from app.db import NotFound
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.conversation import (
    attachments,
    conversation_tags,
    conversations,
    messages,
    tags,
)
from app.models.customer import customers, identities
from app.models.organisation import inboxes, queues
from app.security.permissions import Actor, visible_conversations, visible_queues
from knowledge.text import query_tokens

Record = dict[str, Any]


def list_conversations(
    conn: Connection,
    actor: Actor,
    *,
    status: str | None = None,
    queue_id: int | None = None,
    assignee_id: int | None = None,
    customer_id: int | None = None,
    q: str = "",
    before: int | None = None,
    limit: int = 50,
) -> list[Record]:
    """The conversations the actor may see, newest first; `q` searches messages and subjects."""
    wanted = select(conversations).where(visible_conversations(actor))
    filters = {
        "status": status,
        "queue_id": queue_id,
        "assignee_id": assignee_id,
        "customer_id": customer_id,
    }
    for name, value in filters.items():
        if value is not None:
            wanted = wanted.where(conversations.c[name] == value)
    if q:
        wanted = wanted.where(conversations.c.id.in_(_conversations_saying(q)))
    if before is not None:
        wanted = wanted.where(conversations.c.id < before)
    rows = conn.execute(wanted.order_by(conversations.c.id.desc()).limit(limit)).all()
    return _with_tags(conn, rows)


def get_conversation(conn: Connection, actor: Actor, conversation_id: int) -> Record:
    """One conversation; NotFound where the actor may not see it."""
    row = conn.execute(
        select(conversations).where(
            conversations.c.id == conversation_id, visible_conversations(actor)
        )
    ).first()
    if row is None:
        raise NotFound
    return _with_tags(conn, [row])[0]


def list_messages(
    conn: Connection, actor: Actor, conversation_id: int, *, after: int = 0, limit: int = 100
) -> list[Record]:
    """A conversation's messages in order, from the seq after `after` on."""
    get_conversation(conn, actor, conversation_id)
    rows = conn.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.seq > after)
        .order_by(messages.c.seq)
        .limit(limit)
    ).all()
    return _with_files(conn, rows)


def get_message(conn: Connection, actor: Actor, message_id: int) -> Record:
    """One message of a conversation the actor may see."""
    row = conn.execute(
        select(messages)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == message_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    return _with_files(conn, [row])[0]


def list_customers(
    conn: Connection, actor: Actor, *, q: str = "", before: int | None = None, limit: int = 50
) -> list[Record]:
    """Customers the actor may know of, newest first; `q` looks in names and identities."""
    wanted = _visible_customers(actor)
    for word in query_tokens(q):
        wanted = wanted.where(customers.c.searchable.contains(word, autoescape=True))
    if before is not None:
        wanted = wanted.where(customers.c.id < before)
    rows = conn.execute(wanted.order_by(customers.c.id.desc()).limit(limit)).all()
    return _with_identities(conn, rows)


def get_customer(conn: Connection, actor: Actor, customer_id: int) -> Record:
    """One customer with their identities."""
    row = conn.execute(_visible_customers(actor).where(customers.c.id == customer_id)).first()
    if row is None:
        raise NotFound
    return _with_identities(conn, [row])[0]


def list_agents(conn: Connection, actor: Actor) -> list[Record]:
    """All active agents and how they are doing."""
    rows = conn.execute(
        select(agents.c.id, agents.c.name, agents.c.role, agents.c.capacity, presence)
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.active)
        .order_by(agents.c.name, agents.c.id)
    ).all()
    kept = ("id", "name", "role", "capacity", "state", "reason", "since_at", "used")
    return [{name: getattr(row, name) for name in kept} for row in rows]


def list_offers(conn: Connection, actor: Actor) -> list[Record]:
    """The offers that wait for the actor's answer."""
    rows = conn.execute(
        select(offers, contacts.c.conversation_id, contacts.c.channel, contacts.c.queue_id)
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .where(offers.c.agent_id == actor.agent_id, offers.c.status == "pending")
        .order_by(offers.c.id)
    ).all()
    return [dict(row._mapping) for row in rows]


def list_queues(conn: Connection, actor: Actor) -> list[Record]:
    """The queues the actor may see, with how many wait and since when."""
    waiting = (
        select(
            contacts.c.queue_id,
            func.count().label("waiting"),
            func.min(contacts.c.enqueued_at).label("oldest_at"),
        )
        .where(contacts.c.status.in_(("waiting", "offered")))
        .group_by(contacts.c.queue_id)
        .subquery()
    )
    rows = conn.execute(
        select(queues, func.coalesce(waiting.c.waiting, 0).label("waiting"), waiting.c.oldest_at)
        .outerjoin(waiting, waiting.c.queue_id == queues.c.id)
        .where(visible_queues(actor))
        .order_by(queues.c.name, queues.c.id)
    ).all()
    return [dict(row._mapping) for row in rows]


def list_inboxes(conn: Connection, actor: Actor) -> list[Record]:
    """The inboxes of the actor's brands; their settings hold secrets and stay here."""
    rows = conn.execute(select(inboxes).where(inboxes.c.active).order_by(inboxes.c.id)).all()
    kept = ("id", "brand_id", "queue_id", "channel", "name", "key", "address")
    return [
        {name: getattr(row, name) for name in kept}
        for row in rows
        if actor.sees_brand(row.brand_id)
    ]


def _conversations_saying(q: str) -> Select[tuple[Any]]:
    said = [messages.c.searchable.contains(word, autoescape=True) for word in query_tokens(q)]
    return (
        select(messages.c.conversation_id).where(and_(*said))
        if said
        else select(conversations.c.id)
    )


def _visible_customers(actor: Actor) -> Select[Any]:
    """An agent of some brands knows the customers who have written to one of them."""
    wanted = select(customers)
    if actor.brands is not None:
        wrote = select(conversations.c.customer_id).where(visible_conversations(actor))
        wanted = wanted.where(or_(customers.c.id.in_(wrote)))
    return wanted


def _with_tags(conn: Connection, rows: Any) -> list[Record]:
    ids = [row.id for row in rows]
    named: dict[int, list[str]] = {}
    for row in conn.execute(
        select(conversation_tags.c.conversation_id, tags.c.name)
        .join(tags, tags.c.id == conversation_tags.c.tag_id)
        .where(conversation_tags.c.conversation_id.in_(ids))
        .order_by(tags.c.name)
    ):
        named.setdefault(row.conversation_id, []).append(row.name)
    return [{**row._mapping, "tags": named.get(row.id, [])} for row in rows]


def _with_files(conn: Connection, rows: Any) -> list[Record]:
    ids = [row.id for row in rows]
    files: dict[int, list[Record]] = {}
    for row in conn.execute(
        select(attachments).where(attachments.c.message_id.in_(ids)).order_by(attachments.c.id)
    ):
        kept = ("key", "name", "content_type", "size")
        files.setdefault(row.message_id, []).append({name: getattr(row, name) for name in kept})
    return [{**row._mapping, "files": files.get(row.id, [])} for row in rows]


def _with_identities(conn: Connection, rows: Sequence[Row[Any]]) -> list[Record]:
    ids = [row.id for row in rows]
    known: dict[int, list[Record]] = {}
    for row in conn.execute(select(identities).where(identities.c.customer_id.in_(ids))):
        kept = ("kind", "value", "verified")
        known.setdefault(row.customer_id, []).append({name: getattr(row, name) for name in kept})
    return [{**row._mapping, "identities": known.get(row.id, [])} for row in rows]
