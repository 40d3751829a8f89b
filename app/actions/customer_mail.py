"""Mails that the product itself writes to a customer: acknowledgement and transcript."""

from sqlalchemy import insert

from app.db import Tx
from app.events import OutboxAdded
from app.models.work import outbox
from app.queries.blocked_senders import is_blocked
from app.queries.mail_addresses import bad_addresses
from app.queries.mail_inboxes import brand_mailbox
from channels.email.threading import subject_tag


def queue_customer_mail(
    tx: Tx, brand_id: int, to: str, subject: str, text: str, locale: str, *, about: int
) -> int | None:
    """Put a mail into the outbox that is marked as automatic; it leaves from the brand's mailbox,
    or from MAIL_FROM where the brand has none. The subject carries the number of the conversation
    it is `about`, so that an answer to it finds its way back. None, and no mail, for an address
    that bounced, complained or is blocked."""
    if bad_addresses(tx.conn, [to]) or is_blocked(tx.conn, [to]):
        return None
    mailbox = brand_mailbox(tx.conn, brand_id)
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind="system_email",
            inbox_id=mailbox.id if mailbox else None,
            payload={
                "to": to,
                "subject": f"{subject} {subject_tag(about)}",
                "text": text,
                "locale": locale,
                "automatic": True,
            },
            state="queued",
            next_at=tx.now,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))
    return outbox_id
