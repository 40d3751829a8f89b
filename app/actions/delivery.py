"""The way of a message out of the house: outbox, states, Retry and Discard."""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.conversation import lock_conversation, take_seq
from app.actions.recipients import follow
from app.db import Invalid, NotFound, Tx
from app.events import MessageChanged, OutboxAdded
from app.models.conversation import messages
from app.models.work import outbox
from app.queries.outgoing import sending_inbox
from app.security.permissions import Actor


def queue_mail(
    tx: Tx,
    message_id: int,
    inbox_id: int,
    payload: dict[str, Any] | None = None,
    *,
    send_at: int | None = None,
) -> None:
    """Put a message into the outbox; the delivery worker composes and sends it, not before
    `send_at` (ms)."""
    inbox_id = sending_inbox(tx.conn, inbox_id).id
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind="email",
            message_id=message_id,
            inbox_id=inbox_id,
            payload=payload or {},
            state="queued",
            next_at=tx.now if send_at is None else send_at,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))


def retry_message(tx: Tx, actor: Actor, message_id: int) -> None:
    """Send a failed message again: the same mail, with the same Message-ID, and with it what
    travels in the same mail."""
    message = _outbound(tx, actor, message_id)
    for mail in _failed_mails(tx, message):
        tx.execute(
            update(outbox)
            .where(outbox.c.id == mail.id)
            .values(state="queued", next_at=tx.now, error="", attempts=0)
        )
        for carried in messages_in(mail):
            set_delivery(tx, carried, "queued")
            follow(tx, carried, ("failed", "uncertain", "delayed"), "queued")
        tx.emit(OutboxAdded(mail.id))


def discard_message(tx: Tx, actor: Actor, message_id: int) -> str:
    """Give up a message that could not be sent; returns its text, for the composer."""
    message = _outbound(tx, actor, message_id)
    if message.state not in ("failed", "uncertain"):
        raise Invalid(message="not_failed")
    for mail in _failed_mails(tx, message):
        left = [carried for carried in messages_in(mail) if carried != message_id]
        changes: dict[str, Any] = {"state": "discarded"}
        if left:  # the others of a chat's mail can still be sent
            changes = {"message_id": left[-1], "payload": {**mail.payload, "message_ids": left}}
        tx.execute(update(outbox).where(outbox.c.id == mail.id).values(**changes))
    set_delivery(tx, message_id, "discarded")
    return str(message.text)


def messages_in(mail: Row[Any]) -> list[int]:
    """The messages that travel in a mail: one, or the replies of a chat its visitor has left."""
    if mail.message_id is None:
        return []
    return list(mail.payload.get("message_ids") or [mail.message_id])


def _failed_mails(tx: Tx, message: Row[Any]) -> list[Row[Any]]:
    """The mails of the conversation that carried the message and did not surely arrive."""
    rows = tx.execute(
        select(outbox)
        .join(messages, messages.c.id == outbox.c.message_id)
        .where(
            messages.c.conversation_id == message.conversation_id,
            outbox.c.message_id >= message.id,
            outbox.c.state.in_(("failed", "uncertain")),
        )
        .with_for_update(of=outbox)
    ).all()
    return [row for row in rows if message.id in messages_in(row)]


def set_delivery(tx: Tx, message_id: int, state: str, reason: str = "", **changes: Any) -> None:
    """Write down how far a message has come: queued, sending, sent, delivered, read, failed …"""
    conversation_id: int = tx.execute(
        update(messages)
        .where(messages.c.id == message_id)
        .values(state=state, state_reason=reason[:2000], **changes)
        .returning(messages.c.conversation_id)
    ).scalar_one()
    tx.emit(MessageChanged(conversation_id, take_seq(tx, conversation_id), message_id))


def _outbound(tx: Tx, actor: Actor, message_id: int) -> Row[Any]:
    message = tx.execute(
        select(messages).where(messages.c.id == message_id, messages.c.kind == "outbound")
    ).first()
    if message is None:
        raise NotFound
    lock_conversation(tx, message.conversation_id, actor)
    return message
