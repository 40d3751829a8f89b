"""Writing events down in the transaction that caused them."""

from sqlalchemy import insert

from app.db import Tx
from app.models.conversation import journal

_ADD = insert(journal)


def record(tx: Tx) -> None:
    """Store the write's events; called by `db` just before it commits."""
    if not tx.events:
        return
    rows = []
    for fact in tx.events:
        data = fact.data()
        rows.append(
            {
                "conversation_id": data.get("conversation_id"),
                "seq": data.get("seq"),
                "kind": fact.kind,
                "data": data,
                "at": tx.now,
            }
        )
    tx.execute(_ADD, rows)
