"""Customers and agents as plain rows, for the API."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from app.db import NotFound
from app.models.agent import agents, presence
from app.models.customer import customers, identities
from app.queries.customers import present_customers
from app.queries.search import saying
from app.security.permissions import Actor, visible_agents, visible_customers
from knowledge.sensitive import masked, masked_words

Record = dict[str, Any]
_OF_AGENT = (
    "id", "name", "role", "capacity", "state", "reason", "pause_reason_id", "since_at", "used",
    "help_wanted_at", "help_conversation_id",
)  # fmt: skip


def list_customers(
    conn: Connection, actor: Actor, *, q: str = "", before: int | None = None, limit: int = 50
) -> list[Record]:
    """Customers the actor may know of, newest first; `q` looks in names and identities."""
    theirs = select(customers).where(visible_customers(actor), present_customers())
    wanted = saying(conn, theirs, customers, q)
    if before is not None:
        wanted = wanted.where(customers.c.id < before)
    rows = conn.execute(wanted.order_by(customers.c.id.desc()).limit(limit)).all()
    return _with_identities(conn, rows)


def get_customer(conn: Connection, actor: Actor, customer_id: int) -> Record:
    """One customer with their identities; NotFound where the actor may not know of them."""
    row = conn.execute(
        select(customers).where(
            customers.c.id == customer_id,
            customers.c.erased_at.is_(None),
            visible_customers(actor),
        )
    ).first()
    if row is None:
        raise NotFound
    return _with_identities(conn, [row])[0]


def list_agents(conn: Connection, actor: Actor) -> list[Record]:
    """The active agents the actor may see, and how they are doing."""
    rows = conn.execute(_agents(actor).order_by(agents.c.name, agents.c.id)).all()
    return [_agent(row) for row in rows]


def get_agent(conn: Connection, actor: Actor, agent_id: int) -> Record:
    """One agent; NotFound where the actor may not see them."""
    row = conn.execute(_agents(actor).where(agents.c.id == agent_id)).first()
    if row is None:
        raise NotFound
    return _agent(row)


def _agents(actor: Actor) -> Select[Any]:
    return (
        select(agents.c.id, agents.c.name, agents.c.role, agents.c.capacity, presence)
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.active, visible_agents(actor))
    )


def _agent(row: Row[Any]) -> Record:
    return {name: getattr(row, name) for name in _OF_AGENT}


def _with_identities(conn: Connection, rows: Sequence[Row[Any]]) -> list[Record]:
    ids = [row.id for row in rows]
    known: dict[int, list[Record]] = {}
    for row in conn.execute(
        select(identities).where(identities.c.customer_id.in_(ids)).order_by(identities.c.id)
    ):
        kept = ("kind", "value", "verified", "shared")
        known.setdefault(row.customer_id, []).append({name: getattr(row, name) for name in kept})
    return [
        {
            **masked(row._mapping, "notes"),
            "fields": masked_words(row.fields),
            "identities": known.get(row.id, []),
        }
        for row in rows
    ]
