"""Inboxes, queues, offers, contacts, tags and macros as plain rows, for the API."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from sqlalchemy import Connection, func, or_, select

from app import clock
from app.db import NotFound
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import inboxes, macros, queues
from app.queries.explanation import Names
from app.queries.macro_actions import macro_actions
from app.queries.routing_state import routing_state
from app.security.permissions import Actor, visible_conversations, visible_queues
from knowledge.sensitive import masked
from routing.explain import why_waiting
from routing.state import State

Record = dict[str, Any]
_OF_INBOX = ("id", "brand_id", "queue_id", "channel", "name", "key", "address")


def list_inboxes(conn: Connection, actor: Actor) -> list[Record]:
    """The inboxes of the actor's brands; their settings hold secrets and stay here."""
    rows = conn.execute(
        select(*(inboxes.c[name] for name in _OF_INBOX))
        .where(inboxes.c.active)
        .order_by(inboxes.c.id)
    ).all()
    return [dict(row._mapping) for row in rows if actor.sees_brand(row.brand_id)]


def get_inbox(conn: Connection, actor: Actor, inbox_id: int) -> Record:
    """One inbox; NotFound where it is of a brand the actor does not serve."""
    found = [row for row in list_inboxes(conn, actor) if row["id"] == inbox_id]
    if not found:
        raise NotFound
    return found[0]


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


def list_offers(conn: Connection, actor: Actor) -> list[Record]:
    """The offers that wait for the actor's answer, the most urgent first."""
    rows = conn.execute(
        select(
            offers,
            contacts.c.conversation_id,
            contacts.c.channel,
            contacts.c.queue_id,
            contacts.c.priority,
            contacts.c.enqueued_at,
            queues.c.name.label("queue_name"),
            conversations.c.customer_id,
            conversations.c.subject,
            conversations.c.preview,
            conversations.c.language,
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
        )
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(offers.c.agent_id == actor.agent_id, offers.c.status == "pending")
        .order_by(offers.c.expires_at, offers.c.id)
    ).all()
    return [masked(row._mapping, "subject") for row in rows]


def get_contact(conn: Connection, actor: Actor, contact_id: int) -> Record:
    """One episode of work with the offers made for it and, while it waits, why it does."""
    row = conn.execute(
        select(contacts)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .where(contacts.c.id == contact_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    made = conn.execute(
        select(offers).where(offers.c.contact_id == contact_id).order_by(offers.c.id)
    ).all()
    return {
        **masked(row._mapping, "wrap_up_note"),
        "offers": [dict(offer._mapping) for offer in made],
        "why_waiting": _why(conn, contact_id) if row.status == "waiting" else None,
    }


def list_macros(conn: Connection, actor: Actor) -> list[Record]:
    """The macros of the actor's brands, and those of every brand."""
    wanted = select(macros).order_by(macros.c.name, macros.c.id)
    if actor.brands is not None:
        wanted = wanted.where(
            or_(macros.c.brand_id.is_(None), macros.c.brand_id.in_(sorted(actor.brands)))
        )
    return [
        {**row._mapping, "actions": asdict(macro_actions(row.actions))}
        for row in conn.execute(wanted)
    ]


def _why(conn: Connection, contact_id: int) -> Record | None:
    now = clock.now()
    state = routing_state(conn, now)
    if contact_id not in state.contacts:  # its queue is gone, or somebody took it meanwhile
        return None
    waiting = why_waiting(state, contact_id, now)
    found = asdict(waiting)
    closest = found.pop("closest")
    return {
        **found,
        "closest": closest and closest["code"],
        "params": _named(conn, waiting.closest.params, state) if waiting.closest else {},
        "by_reason": dict(found["by_reason"]),
    }


def _named(conn: Connection, params: Mapping[str, int | str], state: State) -> Record:
    """The parameters with their ids, and beside each its name: a brand is a skill to routing, with
    a negative id that means nothing outside."""
    words = Names.of(conn).in_words(params, state)
    named = {f"{what}_name": words[what] for what in ("agent", "skill") if what in words}
    kept = dict(params)
    if words.get("is_brand"):
        kept["brand"] = -int(kept.pop("skill"))
        named["brand_name"] = named.pop("skill_name")
    return {**kept, **named}
