"""Closing a queue for the moment, and opening it again."""

from sqlalchemy import select, update

from app.db import NotFound, Tx
from app.events import SetupChanged
from app.models.organisation import queues
from app.security.permissions import Actor, visible_queues


def close_queue(tx: Tx, actor: Actor, queue_id: int, closed: bool) -> None:
    """A closed queue offers nothing; who waits in it keeps waiting, with their age."""
    actor.require("supervise")
    seen = tx.execute(select(queues.c.id).where(queues.c.id == queue_id, visible_queues(actor)))
    if seen.first() is None:
        raise NotFound
    tx.execute(update(queues).where(queues.c.id == queue_id).values(closed=closed))
    tx.emit(SetupChanged("queue", queue_id))
