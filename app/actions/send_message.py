"""An agent answers, or writes a note. Idempotent by the key the browser made; never blind.

Who has not seen the latest message is told what they missed (Conflict "stale") and keeps the draft.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Row, delete, insert, or_, select, update

from app.actions.attach import send_uploads
from app.actions.contact import begin_contact
from app.actions.conversation import change_conversation, lock_conversation, take_seq
from app.actions.delivery import queue_mail
from app.actions.enqueue import live_contact
from app.actions.receive_message import preview_of
from app.db import Conflict, Invalid, Tx
from app.events import MessageAdded
from app.models.contact import contacts
from app.models.conversation import drafts, messages
from app.models.customer import customers
from app.models.organisation import queues
from app.security.permissions import Actor
from knowledge.text import searchable

MAX_TEXT = 100_000


@dataclass(frozen=True, slots=True)
class Reply:
    """What an agent sends. `seen_seq` is the last seq on their screen; `force` sends anyway."""

    text: str
    key: str
    kind: Literal["outbound", "note"] = "outbound"
    seen_seq: int | None = None
    uploads: Sequence[str] = field(default_factory=tuple)
    cc: Sequence[str] = field(default_factory=tuple)
    bcc: Sequence[str] = field(default_factory=tuple)
    subject: str = ""
    force: bool = False


@dataclass(frozen=True, slots=True)
class Sent:
    """The message as stored; `duplicate` when the same key had been sent before."""

    message_id: int
    seq: int
    duplicate: bool = False


def send_message(tx: Tx, actor: Actor, conversation_id: int, reply: Reply) -> Sent:
    """Store a reply or note and, where it leaves the house, its outbox row."""
    conversation = lock_conversation(tx, conversation_id, actor)
    earlier = tx.execute(
        select(messages.c.id, messages.c.seq).where(
            messages.c.conversation_id == conversation_id, messages.c.key == reply.key
        )
    ).first()
    if earlier is not None:
        return Sent(earlier.id, earlier.seq, duplicate=True)
    _check(reply)
    if reply.kind == "note":
        return _store(tx, actor, conversation, reply, "note", state="sent")
    if not reply.force and reply.seen_seq is not None:
        _refuse_stale(tx, actor, conversation_id, reply.seen_seq)
    _take_over(tx, actor, conversation)
    by_mail = goes_by_mail(tx, conversation)
    sent = _store(
        tx, actor, conversation, reply, conversation.channel, state="queued" if by_mail else "sent"
    )
    if by_mail:
        queue_mail(tx, sent.message_id, conversation.inbox_id)
    return sent


def goes_by_mail(tx: Tx, conversation: Row[Any]) -> bool:
    """Whether a reply leaves as a mail: always but for chats, which are answered in the widget."""
    if conversation.channel == "chat":
        return False
    address = tx.execute(
        select(customers.c.email).where(customers.c.id == conversation.customer_id)
    ).scalar_one()
    if not address:
        raise Invalid(customer="no_address")
    return True


def _check(reply: Reply) -> None:
    if not reply.text.strip() and not reply.uploads:
        raise Invalid(text="empty")
    if len(reply.text) > MAX_TEXT:
        raise Invalid(text="too_long")
    if "\0" in reply.text:
        raise Invalid(text="not_text")
    if not 8 <= len(reply.key) <= 64:
        raise Invalid(key="needed")


def _refuse_stale(tx: Tx, actor: Actor, conversation_id: int, seen_seq: int) -> None:
    missed = tx.execute(
        select(messages.c.id).where(
            messages.c.conversation_id == conversation_id,
            messages.c.seq > seen_seq,
            messages.c.kind.in_(("inbound", "outbound")),
            or_(messages.c.agent_id.is_(None), messages.c.agent_id != actor.agent_id),
        )
    ).scalars()
    ids = list(missed)
    if ids:
        raise Conflict("stale", missed=ids)


def _take_over(tx: Tx, actor: Actor, conversation: Row[Any]) -> None:
    """Answering makes it yours: an active contact of a colleague stays theirs, one that waits is
    claimed where the queue lets agents pull, and a conversation at rest gets an owner."""
    contact = live_contact(tx, conversation.id)
    if contact is None:
        if conversation.assignee_id is None:
            change_conversation(tx, conversation.id, "assignee", assignee_id=actor.agent_id)
        return
    if contact.status == "waiting" or contact.status == "offered":
        pull = tx.execute(
            select(queues.c.agents_may_pull).where(queues.c.id == contact.queue_id)
        ).scalar()
        mine = contact.status == "offered" and contact.agent_id == actor.agent_id
        if not (pull or mine or actor.may("supervise")):
            raise Conflict("not_yours", status=contact.status)
        begin_contact(tx, contact, actor.agent_id)
    contact = live_contact(tx, conversation.id)
    if contact is not None and contact.replied_at is None:
        tx.execute(update(contacts).where(contacts.c.id == contact.id).values(replied_at=tx.now))


def _store(
    tx: Tx, actor: Actor, conversation: Row[Any], reply: Reply, channel: str, *, state: str
) -> Sent:
    changes: dict[str, Any] = {}
    if reply.kind == "outbound":
        changes = {
            "last_message_at": tx.now,
            "waiting_since": None,
            "preview": preview_of(reply.text),
            "preview_kind": "outbound",
        }
    seq = take_seq(tx, conversation.id, **changes)
    details = {name: list(value) for name, value in (("cc", reply.cc), ("bcc", reply.bcc)) if value}
    message_id: int = tx.execute(
        insert(messages)
        .values(
            conversation_id=conversation.id,
            seq=seq,
            key=reply.key,
            kind=reply.kind,
            channel=channel,
            agent_id=actor.agent_id,
            text=reply.text,
            subject=reply.subject[:500],
            details=details,
            state=state,
            searchable=searchable(reply.text[:20_000]),
            sent_at=tx.now,
            created_at=tx.now,
        )
        .returning(messages.c.id)
    ).scalar_one()
    send_uploads(tx, reply.uploads, message_id=message_id, owner=f"agent:{actor.agent_id}")
    tx.execute(
        delete(drafts).where(
            drafts.c.agent_id == actor.agent_id,
            drafts.c.conversation_id == conversation.id,
            drafts.c.kind == reply.kind,
        )
    )
    tx.emit(MessageAdded(conversation.id, seq, message_id, reply.kind))
    return Sent(message_id, seq)
