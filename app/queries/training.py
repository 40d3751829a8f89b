"""What topics are learned from."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.organisation import dispositions
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
    """All of them, in an order that stays; where nobody gave any, what the desk's own solved
    conversations were about, by the outcome that was chosen."""
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
    """The words that the newest solved conversations with an outcome came with."""
    newest = (
        select(
            contacts.c.conversation_id,
            conversations.c.brand_id,
            conversations.c.subject,
            dispositions.c.name,
            customers.c.name.label("customer"),
        )
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(dispositions, dispositions.c.id == contacts.c.disposition_id)
        .where(conversations.c.status == "done", conversations.c.spam.is_(False))
        .order_by(contacts.c.id.desc())
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
            row.brand_id, f"{row.subject}\n{row.text}"[:LONGEST].strip(), row.name, row.customer
        )
        for row in rows
        if row.text.strip()
    ]
