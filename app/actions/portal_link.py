"""Signing in to the pages of a brand's customers: one-time links, sessions, signing out.

Asking for a link does the same work whoever's address it is: the same statements run, and only
where the address is known do they find a row to write. What is stored of a link is its hash; the
mail on its way holds it sealed.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import delete, insert, literal, select, update

from app import clock
from app.actions.loop_guard import may_write_by_itself
from app.actions.person_log import log_access
from app.db import NotFound, Tx
from app.models.consent import portal_sessions
from app.models.customer import customers
from app.models.work import outbox
from app.queries.aliases import master_of
from app.queries.mail_inboxes import brand_mailbox
from app.queries.portal_door import PortalBrand, owner_of, still_theirs
from app.security.sealed import seal
from app.security.sessions import hash_token

MINUTE_MS = 60_000
LINK_MS = 15 * MINUTE_MS
HANDOVER_MS = 2 * MINUTE_MS  # from the chat: it is opened at once
SESSION_MS = 8 * 60 * MINUTE_MS
LINK = "%LINK%"  # where the address stands in the text of a mail until it leaves


@dataclass(frozen=True, slots=True)
class PortalMail:
    """A mail with a one-time link. `text` has LINK where the address goes, `link` is the address
    but for its token."""

    subject: str
    text: str
    link: str
    locale: str


def ask_link(tx: Tx, brand: PortalBrand, email: str, mail: PortalMail) -> None:
    """Mail a link to sign in, if this is a verified address of a customer of the brand."""
    owner = owner_of(tx.conn, brand, email)
    may = may_write_by_itself(tx, email)
    token = clock.new_token()
    _mail_link(tx, brand, "link", owner if may else None, email, mail, token)


def mail_link(
    tx: Tx, brand: PortalBrand, kind: str, customer_id: int, email: str, mail: PortalMail
) -> None:
    """Mail a link that proves an address ("email") or that erasing is wanted ("erase")."""
    if may_write_by_itself(tx, email):
        _mail_link(tx, brand, kind, customer_id, email, mail, clock.new_token())


def _mail_link(
    tx: Tx,
    brand: PortalBrand,
    kind: str,
    customer_id: int | None,
    email: str,
    mail: PortalMail,
    token: str,
) -> None:
    """Write down the link and its mail for a customer; the same two statements for nobody."""
    whose = select(customers.c.id).where(customers.c.id == (customer_id or 0)).subquery()
    link: dict[str, Any] = {
        "hash": hash_token(token), "kind": kind, "brand_id": brand.id, "email": email,
        "created_at": tx.now, "seen_at": tx.now, "expires_at": tx.now + LINK_MS,
    }  # fmt: skip
    tx.execute(
        insert(portal_sessions).from_select(
            ["customer_id", *link],
            select(whose.c.id, *(_value(portal_sessions.c[name], link[name]) for name in link)),
        )
    )
    mailbox = brand_mailbox(tx.conn, brand.id)
    payload = {
        "to": email, "subject": mail.subject, "text": mail.text, "locale": mail.locale,
        "automatic": True, "sealed": {LINK: seal(tx.secret, f"{mail.link}{token}")},
    }  # fmt: skip
    row: dict[str, Any] = {
        "kind": "system_email", "payload": payload, "state": "queued", "next_at": tx.now,
        "created_at": tx.now, "inbox_id": mailbox.id if mailbox is not None else None,
    }  # fmt: skip
    # No event: the worker looks each second, and a stranger's request causes none either.
    tx.execute(
        insert(outbox).from_select(
            list(row),
            select(*(_value(outbox.c[name], row[name]) for name in row)).select_from(whose),
        )
    )


def _value(column: Any, value: Any) -> Any:
    return literal(value, column.type)


def hand_over(tx: Tx, brand: PortalBrand, customer_id: int, email: str) -> str:
    """A one-time token for somebody whom a site's chat knows by a signed proof."""
    token = clock.new_token()
    tx.execute(
        insert(portal_sessions).values(
            hash=hash_token(token), kind="widget", customer_id=customer_id, brand_id=brand.id,
            email=email, created_at=tx.now, seen_at=tx.now, expires_at=tx.now + HANDOVER_MS,
        )
    )  # fmt: skip
    return token


def use_link(
    tx: Tx, brand: PortalBrand, token: str, kinds: tuple[str, ...]
) -> tuple[str, int, str]:
    """Use a link up: (kind, who it is of, address). NotFound for one that is unknown, used, too
    old, of another brand, or whose address is no longer theirs."""
    row = tx.execute(
        update(portal_sessions)
        .where(
            portal_sessions.c.hash == hash_token(token),
            portal_sessions.c.kind.in_(kinds),
            portal_sessions.c.brand_id == brand.id,
            portal_sessions.c.used_at.is_(None),
            portal_sessions.c.expires_at > tx.now,
        )
        .values(used_at=tx.now)
        .returning(portal_sessions.c.kind, portal_sessions.c.customer_id, portal_sessions.c.email)
    ).first()
    if not token or row is None:
        raise NotFound
    customer_id = master_of(tx.conn, row.customer_id)
    if row.kind in ("link", "erase") and not still_theirs(tx.conn, customer_id, row.email):
        raise NotFound
    return row.kind, customer_id, row.email


def sign_in_by_link(tx: Tx, brand: PortalBrand, token: str) -> str:
    """Use a link up and open a session; returns the token for the cookie."""
    kind, customer_id, email = use_link(tx, brand, token, ("link", "widget"))
    cookie = clock.new_token()
    tx.execute(
        insert(portal_sessions).values(
            hash=hash_token(cookie), kind="session", customer_id=customer_id, brand_id=brand.id,
            email=email, csrf=clock.new_token(), created_at=tx.now, seen_at=tx.now,
            expires_at=tx.now + SESSION_MS,
        )
    )  # fmt: skip
    # Not from where: what is in this log outlives the customer.
    log_access(tx, None, customer_id, "signed_in", what=kind, by="customer")
    return cookie


def touch_portal(tx: Tx, session_id: int) -> None:
    """The session was used."""
    tx.execute(
        update(portal_sessions).where(portal_sessions.c.id == session_id).values(seen_at=tx.now)
    )


def sign_out(tx: Tx, session_id: int) -> None:
    """End this browser's session."""
    tx.execute(delete(portal_sessions).where(portal_sessions.c.id == session_id))


def forget_address(tx: Tx, customer_id: int, email: str) -> None:
    """Sessions and links by an address that is no longer theirs end."""
    tx.execute(
        delete(portal_sessions).where(
            portal_sessions.c.customer_id == customer_id, portal_sessions.c.email == email
        )
    )
