"""A reply that keeps promises: they are closed with it, when it leaves."""

from collections.abc import Sequence

from sqlalchemy import select, update

from app.actions.conversation import add_system_line, change_conversation
from app.db import NotFound, Tx
from app.events import SupervisionChanged
from app.models.promise import promises
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor, load_actor

MOST = 20


def check_promises(tx: Tx, actor: Actor, customer_id: int, ids: Sequence[int]) -> list[int]:
    """Those that are still open; NotFound where one is not this customer's, or not to be seen."""
    if not ids:
        return []
    rows = tx.execute(
        select(promises.c.id, promises.c.state).where(
            promises.c.id.in_(ids[:MOST]),
            promises.c.customer_id == customer_id,
            visible_follow_ups(actor, promises),
        )
    ).all()
    if len(rows) < len(set(ids)):
        raise NotFound
    return [row.id for row in rows if row.state == "open"]


def keep_promises(tx: Tx, agent_id: int, ids: Sequence[int], message_id: int) -> None:
    """Kept, by this agent with this message; what was closed meanwhile stays as it is."""
    if not ids:
        return
    rows = tx.execute(
        update(promises)
        .where(promises.c.id.in_(ids), promises.c.state == "open")
        .values(state="kept", closed_at=tx.now, closed_by=agent_id, message_id=message_id)
        .returning(promises.c.id, promises.c.conversation_id, promises.c.owner_id, promises.c.text)
    ).all()
    actor = load_actor(tx.conn, agent_id) if rows else None
    for row in rows:
        tx.emit(SupervisionChanged("promise", row.id, row.owner_id))
        if row.conversation_id is not None:
            add_system_line(tx, row.conversation_id, "promise_kept", actor, words=row.text)
            change_conversation(tx, row.conversation_id, "promise")
