"""What a customer is told of their wait is kept with the contact: the first time, as told."""

from sqlalchemy import update

from app.db import Tx
from app.models.contact import contacts


def announce_wait(tx: Tx, conversation_id: int, low_ms: int, high_ms: int) -> None:
    """Keep the range for the contact that waits; a later one changes nothing."""
    tx.execute(
        update(contacts)
        .where(
            contacts.c.conversation_id == conversation_id,
            contacts.c.status == "waiting",
            contacts.c.announced_at.is_(None),
        )
        .values(announced_at=tx.now, announced_low_ms=low_ms, announced_high_ms=high_ms)
    )
