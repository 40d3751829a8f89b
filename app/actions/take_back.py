"""A reply that has not left yet: taken back into the composer, or sent without waiting longer."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, delete, select, update

from app.actions.conversation import change_conversation, lock_conversation, take_seq
from app.actions.delivery import set_delivery
from app.actions.desk import save_draft
from app.actions.receive_message import preview_of
from app.actions.send_guard import ask_before_leaving, forget_sends
from app.actions.set_status import reopen
from app.db import Conflict, NotFound, Tx
from app.events import MessageChanged, OutboxAdded
from app.models.conversation import attachments, conversations, drafts, messages
from app.models.work import outbox
from app.queries.sends import FIRST
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class TakenBack:
    """What goes back into the composer."""

    conversation_id: int
    text: str
    files: tuple[tuple[str, str, int], ...]  # key, name and size
    details: dict[str, Any]


def take_back(tx: Tx, actor: Actor, message_id: int) -> TakenBack:
    """The message never was: out of the thread, its text the actor's draft again. What was done
    with it ("Send and mark as done", "… and snooze") is undone as well.

    Conflict "has_left" when it is on its way already.
    """
    message, _ = _planned(tx, actor, message_id)
    conversation_id: int = message.conversation_id
    if "forward_of" in message.details:
        return _drop_forward(tx, message)
    files = tx.execute(
        update(attachments)
        .where(attachments.c.message_id == message_id)
        .values(message_id=None, content_id=None, owner=f"agent:{actor.agent_id}")
        .returning(attachments.c.key, attachments.c.name, attachments.c.size)
    ).all()
    tx.execute(delete(outbox).where(outbox.c.message_id == message_id))
    forget_sends(tx, message_id)
    tx.execute(delete(messages).where(messages.c.id == message_id))
    _show_what_is_last(tx, conversation_id)
    draft = tx.execute(
        select(drafts.c.text).where(
            drafts.c.conversation_id == conversation_id,
            drafts.c.agent_id == actor.agent_id,
            drafts.c.kind == "outbound",
        )
    ).scalar()
    text = f"{message.text}\n\n{draft}" if draft else message.text
    named = {"to": "also_to", "cc": "cc", "bcc": "bcc"}
    save_draft(
        tx, actor, conversation_id, "outbound", text,
        addresses={name: ", ".join(message.details.get(key, ())) for name, key in named.items()},
        files=[row.key for row in files],
        materials=materials_in(message.details),
    )  # fmt: skip
    seq = take_seq(tx, conversation_id)
    tx.emit(MessageChanged(conversation_id, seq, message_id))
    if not message.details.get("planned"):
        reopen(tx, actor, conversation_id)
    keys = tuple((row.key, row.name, row.size) for row in files)
    return TakenBack(conversation_id, message.text, keys, message.details)


def materials_in(details: dict[str, Any]) -> dict[str, bool]:
    """What a message was made of, and whether sending it again was agreed to."""
    again = bool(details.get("again"))
    return {each: again for each in details.get("materials", ()) if each != FIRST}


def _drop_forward(tx: Tx, message: Row[Any]) -> TakenBack:
    """What was written to somebody else never becomes a draft to the customer."""
    tx.execute(delete(attachments).where(attachments.c.message_id == message.id))
    tx.execute(delete(outbox).where(outbox.c.message_id == message.id))
    tx.execute(delete(messages).where(messages.c.id == message.id))
    seq = take_seq(tx, message.conversation_id)
    tx.emit(MessageChanged(message.conversation_id, seq, message.id))
    return TakenBack(message.conversation_id, message.text, (), message.details)


def send_now(tx: Tx, actor: Actor, message_id: int, *, again: bool = False) -> None:
    """Do not wait any longer; also the answer to "a new message came: send anyway?".

    What leaves earlier than it was planned may come too soon after something else: the guard is
    asked once more ("sent_before", unless `again`; "enough_sent")."""
    message, mail = _planned(tx, actor, message_id)
    ask_before_leaving(tx, actor, message, again=again)
    tx.execute(update(outbox).where(outbox.c.id == mail.id).values(state="queued", next_at=tx.now))
    set_delivery(tx, message.id, "planned", send_at=tx.now)
    tx.emit(OutboxAdded(mail.id))


def _planned(tx: Tx, actor: Actor, message_id: int) -> tuple[Row[Any], Row[Any]]:
    """The message and its row of the outbox, under lock, if it has not left yet."""
    found = tx.execute(
        select(messages.c.conversation_id).where(
            messages.c.id == message_id, messages.c.kind == "outbound"
        )
    ).first()
    if found is None:
        raise NotFound
    lock_conversation(tx, found.conversation_id, actor)
    mail = tx.execute(
        select(outbox)
        .where(outbox.c.message_id == message_id, outbox.c.state.in_(("queued", "held")))
        .with_for_update()
    ).first()
    message = tx.execute(
        select(messages).where(messages.c.id == message_id, messages.c.state == "planned")
    ).first()
    if mail is None or message is None:
        raise Conflict("has_left")
    return message, mail


def _show_what_is_last(tx: Tx, conversation_id: int) -> None:
    """The list shows the message before; who waited for this answer waits again."""
    last = tx.execute(
        select(messages)
        .where(
            messages.c.conversation_id == conversation_id,
            messages.c.kind.in_(("inbound", "outbound")),
        )
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()
    changes: dict[str, Any] = {"preview": "", "preview_kind": "outbound"}
    if last is not None:
        changes = {
            "preview": preview_of(last.text or last.subject),
            "preview_kind": last.kind,
            "last_message_at": last.created_at,
        }
        waiting = tx.execute(
            select(conversations.c.waiting_since).where(conversations.c.id == conversation_id)
        ).scalar()
        if last.kind == "inbound" and waiting is None:
            changes["waiting_since"] = last.created_at
    change_conversation(tx, conversation_id, "taken_back", **changes)
