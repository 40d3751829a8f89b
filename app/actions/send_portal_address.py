"""A supervisor mails a customer the address of their own pages: no token, so it may lie unread."""

from collections.abc import Callable

from sqlalchemy import insert, select

from app.actions.loop_guard import may_write_by_itself
from app.actions.person_log import log_access
from app.actions.portal_link import PortalMail
from app.db import NotFound, Tx
from app.events import OutboxAdded
from app.models.customer import customers
from app.models.work import outbox
from app.queries.aliases import master_of
from app.queries.customers import require_customer
from app.queries.mail_inboxes import brand_mailbox
from app.queries.portal_door import PortalBrand, pages_of, verified_emails
from app.security.permissions import Actor

Words = Callable[[PortalBrand, str, str], PortalMail]  # brand, address, language


def send_portal_address(
    tx: Tx, actor: Actor, customer_id: int, brand_id: int, words: Words
) -> None:
    """Mail it to the verified address we write to; NotFound without one, or without such pages."""
    actor.require("supervise")
    master = master_of(tx.conn, customer_id)
    require_customer(tx.conn, actor, master)
    emails = verified_emails(tx.conn, master)
    brand = next((one for one in pages_of(tx.conn, master) if one.id == brand_id), None)
    if brand is None or not emails or not actor.sees_brand(brand_id):
        raise NotFound
    if not may_write_by_itself(tx, emails[0]):
        raise NotFound
    language = select(customers.c.language).where(customers.c.id == master)
    mail = words(brand, emails[0], tx.execute(language).scalar_one())
    mailbox = brand_mailbox(tx.conn, brand_id)
    payload = {
        "to": emails[0], "subject": mail.subject, "text": mail.text, "locale": mail.locale,
        "automatic": True,
    }  # fmt: skip
    row = insert(outbox).values(
        kind="system_email", inbox_id=mailbox.id if mailbox is not None else None,
        payload=payload, state="queued", next_at=tx.now, created_at=tx.now,
    )  # fmt: skip
    tx.emit(OutboxAdded(tx.execute(row.returning(outbox.c.id)).scalar_one()))
    log_access(tx, actor, master, "changed", what="portal address sent")
