"""What a customer did elsewhere and has ordered, of the brands the actor serves, newest first."""

from typing import Any

from sqlalchemy import Connection, Table, and_, or_, select
from sqlalchemy.sql.elements import ColumnElement

from app.models.activity import activities, order_returns, orders
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.security.permissions import Actor

Record = dict[str, Any]


def of_brands(actor: Actor, table: Table) -> list[ColumnElement[bool]]:
    """The condition that a row is of a brand the actor serves."""
    return [] if actor.brands is None else [table.c.brand_id.in_(sorted(actor.brands))]


def activities_of(
    conn: Connection, actor: Actor, customer_id: int, before: int | None = None, limit: int = 50
) -> list[Record]:
    """Events; `before` is the id of the last of the page before."""
    customer_id = master_of(conn, customer_id)
    require_customer(conn, actor, customer_id)
    query = select(activities).where(
        activities.c.customer_id == customer_id, *of_brands(actor, activities)
    )
    if before is not None:
        at = select(activities.c.at).where(activities.c.id == before).scalar_subquery()
        query = query.where(
            or_(activities.c.at < at, and_(activities.c.at == at, activities.c.id < before))
        )
    rows = conn.execute(query.order_by(activities.c.at.desc(), activities.c.id.desc()).limit(limit))
    return [{**row._mapping, "type": row.kind} for row in rows]


def orders_of(
    conn: Connection, actor: Actor, customer_id: int, before: int | None = None, limit: int = 50
) -> list[Record]:
    """Orders with their returns; `before` is the id of the last of the page before."""
    customer_id = master_of(conn, customer_id)
    require_customer(conn, actor, customer_id)
    query = select(orders).where(orders.c.customer_id == customer_id, *of_brands(actor, orders))
    if before is not None:
        at = select(orders.c.placed_at).where(orders.c.id == before).scalar_subquery()
        query = query.where(
            or_(orders.c.placed_at < at, and_(orders.c.placed_at == at, orders.c.id < before))
        )
    rows = conn.execute(
        query.order_by(orders.c.placed_at.desc(), orders.c.id.desc()).limit(limit)
    ).all()
    returned: dict[int, list[Record]] = {}
    for row in conn.execute(
        select(order_returns)
        .where(order_returns.c.order_id.in_([row.id for row in rows]))
        .order_by(order_returns.c.at, order_returns.c.id)
    ):
        returned.setdefault(row.order_id, []).append(dict(row._mapping))
    return [{**row._mapping, "returns": returned.get(row.id, [])} for row in rows]


def orders_by_id(conn: Connection, ids: list[int]) -> list[Record]:
    """Orders that were just written, in the order of the ids."""
    found = {row.id: dict(row._mapping) for row in conn.execute(
        select(orders).where(orders.c.id.in_(ids))
    )}  # fmt: skip
    return [{**found[each], "returns": []} for each in ids]
