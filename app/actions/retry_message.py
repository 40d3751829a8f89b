"""What becomes of a message that could not be sent: Retry, or Discard."""

from typing import Any

from sqlalchemy import Row, select, update

from app.actions.conversation import lock_conversation
from app.actions.delivery import messages_in, set_delivery
from app.actions.purpose import go_on
from app.actions.recipients import follow
from app.db import Invalid, NotFound, Tx
from app.events import OutboxAdded
from app.models.conversation import messages
from app.models.work import outbox
from app.security.permissions import Actor


def retry_message(tx: Tx, actor: Actor, message_id: int) -> None:
    """Send a failed message again: the same mail, with the same Message-ID, and with it what
    travels in the same mail. One that was stopped for want of consent goes on as it was planned."""
    message = _outbound(tx, actor, message_id)
    for mail in _failed_mails(tx, message):
        ids = messages_in(mail)
        leaves_at = go_on(tx, mail, ids)
        tx.execute(
            update(outbox)
            .where(outbox.c.id == mail.id)
            .values(
                state="queued",
                next_at=tx.now if leaves_at is None else leaves_at,
                error="",
                attempts=0,
            )
        )
        for carried in ids if leaves_at is None else ():
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


def _outbound(tx: Tx, actor: Actor, message_id: int) -> Row[Any]:
    message = tx.execute(
        select(messages).where(messages.c.id == message_id, messages.c.kind == "outbound")
    ).first()
    if message is None:
        raise NotFound
    lock_conversation(tx, message.conversation_id, actor)
    return message
