"""After-contact work ends when its time is up, and the agent has room again."""

from sqlalchemy import select

from app.actions.contact import end_wrap_up
from app.db import Tx
from app.models.contact import contacts


def end_overdue_wrap_ups(tx: Tx) -> int:
    """End every wrap-up whose time has passed; returns how many."""
    ids = list(
        tx.execute(
            select(contacts.c.id).where(
                contacts.c.status == "wrap_up", contacts.c.wrap_up_until <= tx.now
            )
        ).scalars()
    )
    for contact_id in ids:
        end_wrap_up(tx, contact_id)
    return len(ids)
