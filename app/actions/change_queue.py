"""A contact goes into another queue's line with its age: by hand, or because it overflows."""

from typing import Any

from sqlalchemy import Row

from app.actions.contact import requeue_contact
from app.actions.conversation import change_conversation
from app.actions.enqueue import skills_for
from app.actions.rows import add_row
from app.db import Tx
from app.models.history import contact_moves


def change_queue(
    tx: Tx,
    contact: Row[Any],
    queue: Row[Any],
    *,
    language: str,
    why: str,
    agent_id: int | None = None,
    **changes: Any,
) -> None:
    """Put the contact into the line of `queue` under its rules, and write down that it moved.

    `why` is "transfer", or what let it overflow; `agent_id` is who moved it, None for an overflow.
    Into the queue it is in already it is only put back into line.
    """
    if queue.id != contact.queue_id:
        add_row(
            tx,
            contact_moves,
            contact_id=contact.id,
            from_queue_id=contact.queue_id,
            to_queue_id=queue.id,
            agent_id=agent_id,
            rule_id=contact.rule_id,
            why=why,
            at=tx.now,
        )
    requeue_contact(
        tx,
        contact,
        queue_id=queue.id,
        exclusion_cleared=False,
        ask_again_at=None,
        moves=contact.moves + 1,
        **skills_for(tx, queue, language),
        **changes,
    )
    change_conversation(tx, contact.conversation_id, "queue", queue_id=queue.id)
