"""What every write to a conversation shares: its row under lock, its next seq, its system lines."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app import clock
from app.db import NotFound, Tx
from app.events import ConversationChanged, MessageAdded
from app.models.conversation import conversations, messages
from app.security.permissions import Actor, visible_conversations


def lock_conversation(tx: Tx, conversation_id: int, actor: Actor | None = None) -> Row[Any]:
    """The conversation's row, locked until the commit; NotFound where the actor may not see it."""
    query = select(conversations).where(conversations.c.id == conversation_id).with_for_update()
    if actor is not None:
        query = query.where(visible_conversations(actor))
    row = tx.execute(query).first()
    if row is None:
        raise NotFound
    return row


def take_seq(tx: Tx, conversation_id: int, **changes: Any) -> int:
    """Change the conversation's row and take its next seq in one statement."""
    statement = (
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(last_seq=conversations.c.last_seq + 1, **changes)
        .returning(conversations.c.last_seq)
    )
    seq: int = tx.execute(statement).scalar_one()
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
    message_id: int = tx.execute(
        insert(messages)
        .values(
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
        .returning(messages.c.id)
    ).scalar_one()
    tx.emit(MessageAdded(conversation_id, seq, message_id, "system"))
    return message_id
