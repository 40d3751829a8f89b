"""The line of a conversation's history that says what became of a contact."""

from typing import Any

from sqlalchemy import Row, select

from app.actions.conversation import add_system_line
from app.db import Tx
from app.models.organisation import dispositions
from app.security.permissions import load_actor


def tell_outcome(tx: Tx, contact: Row[Any]) -> None:
    """Write the line, if an outcome was chosen: by its agent, with the word about it."""
    if contact.disposition_id is None:
        return
    name = tx.execute(
        select(dispositions.c.name).where(dispositions.c.id == contact.disposition_id)
    ).scalar()
    agent = load_actor(tx.conn, contact.agent_id) if contact.agent_id is not None else None
    add_system_line(
        tx, contact.conversation_id, "outcome", agent, outcome=name, note=contact.wrap_up_note
    )
