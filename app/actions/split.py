"""A conversation becomes two: a message and what came after it begin one of their own."""

from sqlalchemy import insert, select, update

from app.actions.conversation import add_system_line, lock_conversation
from app.actions.enqueue import enqueue
from app.actions.rehome import movable, rehome
from app.actions.surroundings import share_surroundings
from app.db import Conflict, NotFound, Tx
from app.models.conversation import conversations, messages
from app.security.audit import audit
from app.security.permissions import Actor


def split(tx: Tx, actor: Actor, message_id: int) -> int:
    """Move a message and all later ones into a new conversation; returns its id.

    It is open work if its customer waits for an answer. Raises Conflict("nothing_left") for the
    first message, NotFound for a line of history.
    """
    conversation_id = tx.execute(
        select(messages.c.conversation_id).where(messages.c.id == message_id)
    ).scalar()
    if conversation_id is None:
        raise NotFound
    source = lock_conversation(tx, conversation_id, actor)
    rows = movable(tx, source.id)
    at = next((place for place, row in enumerate(rows) if row.id == message_id), None)
    if at is None:
        raise NotFound
    if at == 0:
        raise Conflict("nothing_left")
    going = rows[at:]
    author = next((row.customer_id for row in going if row.customer_id), source.customer_id)
    subject = next((row.subject for row in going if row.subject), source.subject)
    target_id: int = tx.execute(
        insert(conversations)
        .values(
            brand_id=source.brand_id,
            inbox_id=source.inbox_id,
            customer_id=author,
            queue_id=source.queue_id,
            channel=source.channel,
            subject=subject,
            status=source.status,
            spam=source.spam,
            language=source.language,
            created_at=tx.now,
            last_message_at=tx.now,
        )
        .returning(conversations.c.id)
    ).scalar_one()
    rehome(tx, [row.id for row in going], source.id, target_id)
    share_surroundings(tx, source.id, target_id, [], with_drafts=False)
    _put_into_line(tx, target_id)
    add_system_line(tx, source.id, "moved_out", actor, conversation=target_id, count=len(going))
    add_system_line(tx, target_id, "moved_in", actor, conversation=source.id, count=len(going))
    audit(tx, actor, "conversation.split", f"conversation {source.id}", into=target_id)
    return target_id


def _put_into_line(tx: Tx, conversation_id: int) -> None:
    row = tx.execute(select(conversations).where(conversations.c.id == conversation_id)).one()
    if row.waiting_since is not None:
        enqueue(tx, row, queue_id=row.queue_id)
    elif row.status == "open":
        tx.execute(update(conversations).where(conversations.c.id == row.id).values(status="done"))
