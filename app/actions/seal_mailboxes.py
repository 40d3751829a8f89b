"""Passwords of mailboxes that are stored plainly are sealed; once done, again changes nothing."""

from sqlalchemy import update

from app.db import Tx
from app.models.organisation import inboxes
from app.security.mail_secrets import plain_mailboxes, sealed_settings


def seal_mailboxes(tx: Tx, secret: bytes) -> int:
    """Seal every plain password; returns at how many inboxes."""
    found = plain_mailboxes(tx.conn)
    for inbox_id, settings in found:
        tx.execute(
            update(inboxes)
            .where(inboxes.c.id == inbox_id)
            .values(settings=sealed_settings(secret, settings))
        )
    return len(found)
