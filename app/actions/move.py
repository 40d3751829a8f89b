"""One message goes to another conversation, because that is what it is about."""

from sqlalchemy import select

from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import enqueue, live_contact
from app.actions.rehome import movable, rehome
from app.db import Conflict, Invalid, NotFound, Tx
from app.models.conversation import conversations, messages
from app.security.audit import audit
from app.security.permissions import Actor


def move_message(tx: Tx, actor: Actor, message_id: int, into_id: int) -> int:
    """Move a message into another conversation of the brand; returns where it came from.

    A customer's message that nobody has answered there opens that conversation again. Raises
    Conflict: "nothing_left" for the last message (merge instead), "other_brand".
    """
    source_id = tx.execute(
        select(messages.c.conversation_id).where(messages.c.id == message_id)
    ).scalar()
    if source_id is None:
        raise NotFound
    if source_id == into_id:
        raise Invalid(conversation="the_same")
    rows = {each: lock_conversation(tx, each, actor) for each in sorted((source_id, into_id))}
    source, into = rows[source_id], rows[into_id]
    if source.brand_id != into.brand_id:
        raise Conflict("other_brand")
    there = movable(tx, source.id)
    message = next((row for row in there if row.id == message_id), None)
    if message is None:
        raise NotFound
    if len(there) == 1:
        raise Conflict("nothing_left")
    rehome(tx, [message_id], source.id, into.id)
    if message.kind == "inbound" and not into.spam:
        _wake(tx, into.id)
    add_system_line(tx, source.id, "moved_out", actor, conversation=into.id, count=1)
    add_system_line(tx, into.id, "moved_in", actor, conversation=source.id, count=1)
    audit(tx, actor, "message.moved", f"conversation {source.id}", into=into.id)
    return int(source.id)


def _wake(tx: Tx, conversation_id: int) -> None:
    """Work for somebody, if what came is the latest word and nobody is at it."""
    last = movable(tx, conversation_id)[-1]
    if last.kind != "inbound" or last.details.get("automatic"):
        return
    if live_contact(tx, conversation_id) is None:
        change_conversation(
            tx,
            conversation_id,
            "status",
            status="open",
            snoozed_until=None,
            waiting_since=last.created_at,
        )
        row = tx.execute(select(conversations).where(conversations.c.id == conversation_id)).one()
        enqueue(tx, row, queue_id=row.queue_id)
