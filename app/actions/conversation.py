"""What every write to a conversation shares: its row under lock, its next seq, its system lines."""

from typing import Any

from sqlalchemy import ClauseElement, Row, bindparam, select, update

from app import clock
from app.actions.rows import add_row
from app.db import Conflict, NotFound, Tx
from app.events import ConversationChanged, MessageAdded
from app.models.conversation import conversations, messages
from app.security.permissions import Actor, visible_conversations, workable_conversations

_THIS = conversations.c.id == bindparam("row_id")
_NEXT_SEQ = conversations.c.last_seq + 1
_TAKE_SEQ = (
    update(conversations)
    .where(_THIS)
    .values(last_seq=_NEXT_SEQ)
    .returning(conversations.c.last_seq)
)
_LOCK = select(conversations).where(_THIS).with_for_update()


def lock_conversation(
    tx: Tx,
    conversation_id: int,
    actor: Actor | None = None,
    *,
    guest: bool = False,
    merged: bool = False,
) -> Row[Any]:
    """The conversation's row, locked until the commit; NotFound where it is not the actor's to work
    with. `guest` lets in who only helps with it: for what such a colleague may do. One that was
    merged into another is nobody's to work with (Conflict "merged"), unless that is asked for."""
    query = _LOCK
    if actor is not None:
        may = visible_conversations if guest else workable_conversations
        query = _LOCK.where(may(actor))
    row = tx.execute(query, {"row_id": conversation_id}).first()
    if row is None:
        raise NotFound
    if actor is not None and row.merged_into_id is not None and not merged:
        raise Conflict("merged", into=row.merged_into_id)
    return row


def take_seq(tx: Tx, conversation_id: int, **changes: Any) -> int:
    """Change the conversation's row and take its next seq in one statement."""
    computed = {name: v for name, v in changes.items() if isinstance(v, ClauseElement)}
    statement = _TAKE_SEQ.values(**computed) if computed else _TAKE_SEQ
    plain = {name: value for name, value in changes.items() if name not in computed}
    seq: int = tx.execute(statement, {"row_id": conversation_id, **plain}).scalar_one()
    return seq


def change_conversation(tx: Tx, conversation_id: int, what: str, **changes: Any) -> int:
    """Change properties of a conversation and say so."""
    seq = take_seq(tx, conversation_id, **changes)
    tx.emit(ConversationChanged(conversation_id, seq, what))
    return seq


def add_system_line(
    tx: Tx, conversation_id: int, code: str, actor: Actor | None = None, **details: Any
) -> int:
    """Write a line of the conversation's history ("Ana took this over"); screens put it into words.

    `code` is a key of `templates/components/system_line.html`; details are its parameters.
    """
    seq = take_seq(tx, conversation_id)
    message_id = add_row(
        tx,
        messages,
        conversation_id=conversation_id,
        seq=seq,
        key=clock.new_id(),
        kind="system",
        channel="system",
        agent_id=actor.agent_id if actor else None,
        text=code,
        details=details,
        state="sent",
        sent_at=tx.now,
        created_at=tx.now,
    )
    tx.emit(MessageAdded(conversation_id, seq, message_id, "system"))
    return message_id
