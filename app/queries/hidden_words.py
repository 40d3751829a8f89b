"""What is written of a customer that has hidden numbers in it: for whoever has said why."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from app.models.customer import customers
from app.models.promise import customer_facts, promises, tasks
from app.queries.card_parts import of_theirs
from app.queries.customers import require_customer
from app.security.permissions import Actor
from knowledge.sensitive import find_numbers

MOST = 200  # of a kind, the latest


def hidden_words(conn: Connection, actor: Actor, customer_id: int) -> list[str]:
    """Notes, fields, facts, promises and tasks with such numbers, as they were written."""
    require_customer(conn, actor, customer_id)
    return [text for text in _words(conn, actor, customer_id) if find_numbers(text)]


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
