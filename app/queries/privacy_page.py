"""What the privacy page of a customer shows: their consents, holds, and who looked."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.models.consent import legal_holds
from app.models.customer import customers
from app.models.organisation import brands
from app.queries.access_log import who_looked
from app.queries.aliases import aliases_of
from app.queries.consents import consents_of
from app.queries.customers import require_customer
from app.queries.portal_door import PortalBrand, pages_of, verified_emails
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class PrivacyPage:
    """Of one customer; `brands` are names by id."""

    id: int
    name: str
    consents: Sequence[Row[Any]]
    brands: dict[int, str]
    holds: Sequence[Row[Any]]
    looks: list[dict[str, Any]]
    pages: list[PortalBrand]  # where the customer has pages of their own
    emails: list[str]  # by which they come in there


def privacy_page(conn: Connection, actor: Actor, customer_id: int) -> PrivacyPage:
    """For supervisors who know the customer."""
    actor.require("supervise")
    require_customer(conn, actor, customer_id)
    row = conn.execute(select(customers).where(customers.c.id == customer_id)).one()
    holds = conn.execute(
        select(legal_holds).where(
            legal_holds.c.customer_id.in_(aliases_of(conn, customer_id)),
            legal_holds.c.ended_at.is_(None),
        )
    ).all()
    known = conn.execute(select(brands.c.id, brands.c.name).order_by(brands.c.name)).all()
    said = consents_of(conn, customer_id)
    return PrivacyPage(
        id=row.id,
        name=row.name or row.email,
        consents=[one for one in said if one.brand_id is None or actor.sees_brand(one.brand_id)],
        brands={one.id: one.name for one in known if actor.sees_brand(one.id)},
        holds=holds,
        looks=who_looked(conn, customer_id),
        pages=[one for one in pages_of(conn, customer_id) if actor.sees_brand(one.id)],
        emails=verified_emails(conn, customer_id),
    )
