"""The list of customers: found by name, company or identity, the latest seen first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, or_, select

from app.db import NotFound
from app.models.conversation import conversations
from app.models.customer import customers
from app.queries.aliases import master_of
from app.queries.search import saying
from app.security.permissions import Actor, visible_conversations

PAGE = 50


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """A line of the list."""

    id: int
    name: str
    email: str
    phone: str
    company: str
    language: str
    blocked: bool
    seen_at: int
    conversations: int


@dataclass(frozen=True, slots=True)
class CustomerPage:
    """A page of the list and where the next begins: (seen_at, id)."""

    rows: tuple[CustomerRow, ...]
    next_before: tuple[int, int] | None


def customer_page(
    conn: Connection,
    actor: Actor,
    q: str = "",
    before: tuple[int, int] | None = None,
    limit: int = PAGE,
) -> CustomerPage:
    """Customers the actor may see, the latest seen first."""
    theirs = and_(conversations.c.customer_id == customers.c.id, visible_conversations(actor))
    count = select(func.count(conversations.c.id)).where(theirs).scalar_subquery()
    names = ("id", "name", "email", "phone", "company", "language", "blocked", "seen_at")
    query: Select[Any] = select(
        *(customers.c[name] for name in names), count.label("conversations")
    ).where(known_customers(actor))
    query = saying(conn, query, customers, q)
    if before is not None:
        at, last_id = before
        query = query.where(
            or_(
                customers.c.seen_at < at,
                and_(customers.c.seen_at == at, customers.c.id < last_id),
            )
        )
    found = conn.execute(
        query.order_by(customers.c.seen_at.desc(), customers.c.id.desc()).limit(limit + 1)
    ).all()
    rows = tuple(CustomerRow(**row._mapping) for row in found[:limit])
    return CustomerPage(rows, (rows[-1].seen_at, rows[-1].id) if len(found) > limit else None)


def known_customers(actor: Actor) -> ColumnElement[bool]:
    """Who serves some brands only knows the customers of conversations they may see. Ids that were
    merged away and customers who were erased are nobody."""
    if actor.brands is None:
        return present_customers()
    return and_(
        present_customers(),
        exists().where(conversations.c.customer_id == customers.c.id, visible_conversations(actor)),
    )


def present_customers() -> ColumnElement[bool]:
    """Those who are neither an alias of somebody else nor erased."""
    return and_(customers.c.merged_into_id.is_(None), customers.c.erased_at.is_(None))


def require_customer(conn: Connection, actor: Actor, customer_id: int) -> None:
    """NotFound unless the actor knows this customer."""
    query = select(customers.c.id).where(customers.c.id == customer_id, known_customers(actor))
    if conn.execute(query).first() is None:
        raise NotFound


def customer_email(conn: Connection, actor: Actor, customer_id: int) -> tuple[str, str]:
    """Address and name to write to."""
    customer_id = master_of(conn, customer_id)
    require_customer(conn, actor, customer_id)
    row = conn.execute(
        select(customers.c.email, customers.c.name).where(customers.c.id == customer_id)
    ).one()
    return row.email, row.name
