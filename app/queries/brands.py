"""Brands as callers name them: by number or by the word in their addresses."""

from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.organisation import brands
from app.security.permissions import Actor

LARGEST_ID = 2**63 - 1


def brand_named(conn: Connection, actor: Actor, named: str) -> int:
    """The id of an active brand that the actor serves; NotFound for any other."""
    by_name = brands.c.slug == named
    if named.isascii() and named.isdigit() and int(named) <= LARGEST_ID:
        by_name |= brands.c.id == int(named)
    rows = conn.execute(
        select(brands.c.id, brands.c.slug).where(by_name, brands.c.active).order_by(brands.c.id)
    ).all()
    seen = [row for row in rows if actor.sees_brand(row.id)]
    if not seen:
        raise NotFound
    return int(min(seen, key=lambda row: str(row.id) != named).id)


def own_brands(conn: Connection, actor: Actor) -> list[int]:
    """Every active brand that the actor serves, the first one first."""
    rows = conn.execute(select(brands.c.id).where(brands.c.active).order_by(brands.c.id))
    return [brand_id for brand_id in rows.scalars() if actor.sees_brand(brand_id)]


def brand_names(conn: Connection) -> dict[int, str]:
    """The names of all brands by id, in order."""
    rows = conn.execute(select(brands.c.id, brands.c.name).order_by(brands.c.name, brands.c.id))
    return {row.id: row.name for row in rows}
