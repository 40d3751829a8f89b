"""What topics are learned from."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Column, Connection, Select, exists, func, or_, select

from app.models.answering import topics
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import dispositions
from app.models.question import contact_classes
from app.models.question import training_examples as examples

MOST_SOLVED = 3_000
LONGEST = 2_000


@dataclass(frozen=True, slots=True)
class Example:
    """A text, its topic, and who wrote it if a customer did; of one brand, or of every brand."""

    brand_id: int | None
    text: str
    label: str
    name: str = ""


def training_examples(conn: Connection) -> list[Example]:
    """All of them, in an order that stays; where no program gave any, what the desk's own solved
    conversations were about, too."""
    rows = conn.execute(
        select(
            examples.c.brand_id,
            examples.c.text,
            examples.c.label,
            examples.c.source,
            func.coalesce(customers.c.name, "").label("customer"),
        )
        .outerjoin(conversations, conversations.c.id == examples.c.conversation_id)
        .outerjoin(customers, customers.c.id == conversations.c.customer_id)
        .order_by(examples.c.id)
    ).all()
    given = [Example(row.brand_id, row.text, row.label, row.customer) for row in rows]
    return given if any(row.source == "api" for row in rows) else [*_solved(conn), *given]


def _solved(conn: Connection) -> list[Example]:
    """The words that the newest solved conversations came with, and what they were about: where
    topics are set up, the one whose words they held and that nobody corrected; else the outcome
    that was chosen. A topic that was learned teaches nothing: it would only confirm itself."""
    set_up = conn.execute(select(topics.c.id).limit(1)).first() is not None
    newest = (
        (_by_topic() if set_up else _by_outcome())
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(conversations.c.status == "done", conversations.c.spam.is_(False))
        .order_by(conversations.c.id.desc())
        .limit(MOST_SOLVED)
        .subquery()
    )
    first = (
        select(func.min(messages.c.seq))
        .where(messages.c.conversation_id == newest.c.conversation_id, messages.c.kind == "inbound")
        .correlate(newest)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(newest, messages.c.text)
        .select_from(newest)
        .join(
            messages,
            (messages.c.conversation_id == newest.c.conversation_id) & (messages.c.seq == first),
        )
        .order_by(newest.c.conversation_id)
    )
    return [
        Example(
            row.brand_id, f"{row.subject}\n{row.text}"[:LONGEST].strip(), row.label, row.customer
        )
        for row in rows
        if row.text.strip()
    ]


def _labelled(label: Column[Any]) -> Select[Any]:
    return select(
        conversations.c.id.label("conversation_id"),
        conversations.c.brand_id,
        conversations.c.subject,
        label.label("label"),
        customers.c.name.label("customer"),
    ).select_from(conversations)


def _by_topic() -> Select[Any]:
    """A topic that is no more, or of another brand, is none."""
    still = exists().where(
        topics.c.name == contact_classes.c.topic,
        or_(topics.c.brand_id.is_(None), topics.c.brand_id == conversations.c.brand_id),
    )
    return (
        _labelled(contact_classes.c.topic)
        .join(contact_classes, contact_classes.c.conversation_id == conversations.c.id)
        .where(
            contact_classes.c.topic_score.is_(None),
            contact_classes.c.corrected_at.is_(None),
            still,
        )
    )


def _by_outcome() -> Select[Any]:
    return (
        _labelled(dispositions.c.name)
        .join(contacts, contacts.c.conversation_id == conversations.c.id)
        .join(dispositions, dispositions.c.id == contacts.c.disposition_id)
    )
