"""What is known of an address as one to write to: it bounced, or its owner called us spam.

Nothing that writes by itself writes there; an agent is warned and may.
"""

from sqlalchemy import delete, select, update

from app.actions.rows import add_row
from app.db import Tx
from app.models.work import mail_addresses
from channels.identity import normalise


def mark_address(tx: Tx, email: str, state: str, reason: str, message_id: int | None) -> None:
    """Note that an address "bounced" for good or "complained"; a complaint is never forgotten."""
    address = normalise("email", email)
    if not address:
        return
    known = tx.execute(
        select(mail_addresses).where(mail_addresses.c.email == address).with_for_update()
    ).first()
    values = {
        "state": state,
        "reason": reason[:2000],
        "message_id": message_id,
        "since_at": tx.now,
    }
    if known is None:
        add_row(tx, mail_addresses, email=address, **values)
    elif known.state != "complained":
        tx.execute(update(mail_addresses).where(mail_addresses.c.id == known.id).values(**values))


def address_works(tx: Tx, email: str) -> None:
    """Mail arrived there, or came from there: it does not bounce any more."""
    address = normalise("email", email)
    if address:
        tx.execute(
            delete(mail_addresses).where(
                mail_addresses.c.email == address, mail_addresses.c.state == "bounced"
            )
        )
