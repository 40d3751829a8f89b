"""The inboxes that mail comes to, as the workers need to know them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.models.organisation import brands, inboxes
from channels.identity import normalise


@dataclass(frozen=True, slots=True)
class MailInbox:
    """An active email inbox. The cursor is the last mail that was kept, None before the first."""

    id: int
    address: str
    locale: str
    settings: Mapping[str, Any]
    uidvalidity: int | None
    uid: int | None
    brand: str
    brand_id: int
    brand_slug: str


def mail_inboxes(conn: Connection) -> list[MailInbox]:
    """Every active email inbox, by id."""
    rows = conn.execute(
        select(
            inboxes.c.id,
            inboxes.c.address,
            brands.c.locale,
            inboxes.c.settings,
            inboxes.c.uidvalidity,
            inboxes.c.uid,
            brands.c.name,
            brands.c.id,
            brands.c.slug,
        )
        .join(brands, brands.c.id == inboxes.c.brand_id)
        .where(inboxes.c.channel == "email", inboxes.c.active)
        .order_by(inboxes.c.id)
    )
    return [MailInbox(*row) for row in rows]


def brand_mailbox(conn: Connection, brand_id: int) -> Row[Any] | None:
    """The inbox that a brand's mails leave from when they have none of their own: its first one."""
    return conn.execute(
        select(inboxes)
        .where(
            inboxes.c.brand_id == brand_id,
            inboxes.c.channel == "email",
            inboxes.c.active,
            inboxes.c.address != "",
        )
        .order_by(inboxes.c.id)
        .limit(1)
    ).first()


def plain_address(address: str) -> str:
    """An address as inboxes are found by it: lower case, without its "+tag"."""
    known = normalise("email", address) or address.strip().lower()
    local, at, domain = known.rpartition("@")
    return f"{local.split('+')[0]}{at}{domain}"
