"""The way of a message out of the house: the outbox and its states."""

from typing import Any

from sqlalchemy import Row, insert, update

from app.actions.conversation import take_seq
from app.db import Tx
from app.events import MessageChanged, OutboxAdded
from app.models.conversation import messages
from app.models.work import outbox
from app.queries.outgoing import sending_inbox


def queue_mail(
    tx: Tx,
    message_id: int,
    inbox_id: int,
    payload: dict[str, Any] | None = None,
    *,
    send_at: int | None = None,
    purpose: str = "",
) -> None:
    """Put a message into the outbox; the delivery worker composes and sends it, not before
    `send_at` (ms), and only while the customer agrees to its `purpose`."""
    inbox_id = sending_inbox(tx.conn, inbox_id).id
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind="email",
            message_id=message_id,
            inbox_id=inbox_id,
            payload=payload or {},
            purpose=purpose,
            state="queued",
            next_at=tx.now if send_at is None else send_at,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))


def messages_in(mail: Row[Any]) -> list[int]:
    """The messages that travel in a mail: one, or the replies of a chat its visitor has left."""
    if mail.message_id is None:
        return []
    return list(mail.payload.get("message_ids") or [mail.message_id])


def set_delivery(tx: Tx, message_id: int, state: str, reason: str = "", **changes: Any) -> None:
    """Write down how far a message has come: queued, sending, sent, delivered, read, failed …"""
    conversation_id: int = tx.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(state=state, state_reason=reason[:2000], **changes)
        .returning(messages.c.conversation_id)
    ).scalar_one()
    tx.emit(MessageChanged(conversation_id, take_seq(tx, conversation_id), message_id))
