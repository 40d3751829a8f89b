"""What is written of a customer that has hidden numbers in it: for whoever has said why."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.promise import customer_facts, promises, tasks
from app.queries.card_parts import of_theirs
from app.queries.customers import require_customer
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import find_numbers, masked

MOST = 200  # of a kind, the latest
TYPED = ("beyond", "note", "reason", "words")  # what of a message's details people have written


def hidden_words(conn: Connection, actor: Actor, customer_id: int) -> list[str]:
    """Notes, fields, facts, promises and tasks with such numbers, as they were written; and what
    was noted or said of them in conversations."""
    require_customer(conn, actor, customer_id)
    words = (*_words(conn, actor, customer_id), *_of_talks(conn, actor, customer_id))
    return [text for text in dict.fromkeys(words) if find_numbers(text)]


def hidden_line(details: dict[str, Any]) -> dict[str, Any]:
    """The details of a message, or the parameters of a system line, without such numbers."""
    return masked(details, *(name for name in TYPED if name in details))


def _words(conn: Connection, actor: Actor, customer_id: int) -> Iterator[str]:
    row = conn.execute(
        select(customers.c.notes, customers.c.fields).where(customers.c.id == customer_id)
    ).one()
    yield row.notes
    yield from (f"{name}: {value}" for name, value in row.fields.items())
    for table in (customer_facts, promises, tasks):
        query = select(table.c.text).where(*of_theirs(actor, table))
        latest = query.order_by(table.c.id.desc()).limit(MOST)
        yield from conn.execute(latest, {"customer_id": customer_id}).scalars()


def _of_talks(conn: Connection, actor: Actor, customer_id: int) -> Iterator[str]:
    theirs = (conversations.c.customer_id == customer_id, visible_conversations(actor))
    noted = (
        select(contacts.c.wrap_up_note)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .where(*theirs, contacts.c.wrap_up_note != "")
        .order_by(contacts.c.id.desc())
        .limit(MOST)
    )
    yield from conn.execute(noted).scalars()
    lines = (
        select(messages.c.details)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(*theirs, messages.c.kind == "system")
        .order_by(messages.c.id.desc())
        .limit(MOST)
    )
    for details in conn.execute(lines).scalars():
        yield from (details[name] for name in TYPED if details.get(name))
