"""Contacts that were not looked at yet for what they asked."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, func, select

from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import installation

MARK = "questions_followed"
BATCH = 40
SETTLED_MS = 3_000  # numbers are given before commits: what is younger may still get neighbours


def followed_until(conn: Connection) -> int:
    """The number of the last contact that was looked at; 0 at the beginning."""
    mark = conn.execute(select(installation.c.value).where(installation.c.name == MARK)).scalar()
    return int((mark or {}).get("contact_id", 0))


def new_questions(conn: Connection, after: int, now: int) -> Sequence[Row[*tuple[Any, ...]]]:
    """The next contacts with the words they came with; only the first contact of a conversation
    has `text`."""
    first_words = (
        select(messages.c.text)
        .where(
            messages.c.conversation_id == contacts.c.conversation_id, messages.c.kind == "inbound"
        )
        .order_by(messages.c.seq)
        .limit(1)
        .correlate(contacts)
        .scalar_subquery()
    )
    earlier = contacts.alias("earlier")
    first_contact = (
        select(func.min(earlier.c.id))
        .where(earlier.c.conversation_id == contacts.c.conversation_id)
        .correlate(contacts)
        .scalar_subquery()
    )
    return conn.execute(
        select(
            contacts.c.id,
            contacts.c.conversation_id,
            contacts.c.channel,
            contacts.c.enqueued_at,
            conversations.c.brand_id,
            conversations.c.customer_id,
            conversations.c.language,
            conversations.c.subject,
            conversations.c.spam,
            customers.c.name.label("customer_name"),
            first_words.label("text"),
            (first_contact == contacts.c.id).label("is_first"),
        )
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(contacts.c.id > after, contacts.c.enqueued_at <= now - SETTLED_MS)
        .order_by(contacts.c.id)
        .limit(BATCH)
    ).all()
