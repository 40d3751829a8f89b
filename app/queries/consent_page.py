"""What the consents page of a customer shows an agent: words to read out, and what was said."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.models.consent import consent_texts
from app.models.customer import customers
from app.queries.brands import brand_names
from app.queries.consent_texts import texts_to_read
from app.queries.consents import consents_of, granted_at
from app.queries.customers import require_customer
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Asked:
    """A wording in force, and whether it holds now."""

    text: Row[Any]
    granted: bool


@dataclass(frozen=True, slots=True)
class ConsentPage:
    """Of one customer; `brands` are the names of those the actor serves, `versions` of the texts
    that were agreed to."""

    id: int
    name: str
    asked: list[Asked]
    said: Sequence[Row[Any]]
    brands: dict[int, str]
    versions: dict[int, int]
    every_brand: bool  # the actor may speak for all of them


def consent_page(conn: Connection, actor: Actor, customer_id: int, now: int) -> ConsentPage:
    """For everybody who knows the customer."""
    require_customer(conn, actor, customer_id)
    row = conn.execute(select(customers).where(customers.c.id == customer_id)).one()
    said = [
        one
        for one in consents_of(conn, customer_id)
        if one.brand_id is None or actor.sees_brand(one.brand_id)
    ]
    texts = texts_to_read(conn, actor, (row.language, actor.locale))
    known = conn.execute(select(consent_texts.c.id, consent_texts.c.version))
    return ConsentPage(
        id=row.id,
        name=row.name or row.email,
        asked=[Asked(one, _holds(conn, row.id, one, now)) for one in texts],
        said=said,
        brands={id: name for id, name in brand_names(conn).items() if actor.sees_brand(id)},
        versions={one.id: one.version for one in known},
        every_brand=actor.brands is None,
    )


def _holds(conn: Connection, customer_id: int, text: Row[Any], now: int) -> bool:
    """On its channel, for its brand; of one for every channel or brand, on all of them."""
    return granted_at(conn, customer_id, text.purpose, text.channel, text.brand_id, now)
