"""An agent answers, or writes a note. Idempotent by the key the browser made; never blind.

Who has not seen the latest message is told what they missed (Conflict "stale") and keeps the draft.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, or_, select

from app.actions.attach import give_places, send_uploads
from app.actions.contact import begin_contact, is_asked
from app.actions.conversation import change_conversation, lock_conversation, take_seq
from app.actions.delivery import queue_mail
from app.actions.enqueue import live_contact
from app.actions.keep_promises import check_promises, keep_promises
from app.actions.purpose import check_purpose
from app.actions.receive_message import preview_of
from app.actions.reply import Reply as Reply
from app.actions.reply import Sent as Sent
from app.actions.rows import add_row, change_row
from app.actions.schedule import check_send_at
from app.actions.send_guard import NOTHING, Planned, ask_before_sending, note_sends
from app.actions.sla import answered
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import MessageAdded
from app.models.contact import consults, contacts
from app.models.conversation import conversations, drafts, messages
from app.models.customer import customers
from app.models.organisation import queues
from app.security.permissions import Actor, visible_conversations, workable_conversations
from channels.email.markup import pictures_in, plain
from knowledge.text import searchable

MAX_TEXT = 100_000

# Built once: building a statement costs more than running it.
_SITUATION = (
    select(
        conversations,
        messages.c.id.label("earlier_id"),
        messages.c.seq.label("earlier_seq"),
        contacts.c.status.label("contact_status"),
        contacts.c.replied_at.label("contact_replied_at"),
        drafts.c.id.label("draft_id"),
    )
    .select_from(conversations)
    .outerjoin(contacts, contacts.c.id == conversations.c.contact_id)
    .outerjoin(
        messages,
        and_(
            messages.c.conversation_id == conversations.c.id,
            messages.c.key == bindparam("message_key"),
        ),
    )
    .outerjoin(
        drafts,
        and_(
            drafts.c.conversation_id == conversations.c.id,
            drafts.c.agent_id == bindparam("writer_id"),
            drafts.c.kind == bindparam("draft_kind"),
        ),
    )
    .where(conversations.c.id == bindparam("row_id"))
)
_MISSED = select(messages.c.id).where(
    messages.c.conversation_id == bindparam("conversation_id"),
    messages.c.seq > bindparam("seen_seq"),
    messages.c.kind.in_(("inbound", "outbound")),
    or_(messages.c.agent_id.is_(None), messages.c.agent_id != bindparam("reader_id")),
)
_HELPS = select(consults.c.id).where(
    consults.c.to_agent_id == bindparam("helper"),
    consults.c.conversation_id == bindparam("row_id"),
    consults.c.status == "joined",
)
_DROP_DRAFT = delete(drafts).where(drafts.c.id == bindparam("draft_id"))


def send_message(tx: Tx, actor: Actor, conversation_id: int, reply: Reply) -> Sent:
    """Store a reply or note and, where it leaves the house, its outbox row."""
    conversation = _lock(tx, actor, conversation_id, reply)
    if conversation.earlier_id is not None:
        return Sent(conversation.earlier_id, conversation.earlier_seq, duplicate=True)
    if conversation.merged_into_id is not None:
        raise Conflict("merged", into=conversation.merged_into_id)
    _check(tx, reply)
    if reply.kind == "note":
        return _store(tx, actor, conversation, reply, "note", state="sent")
    _refuse_guest(tx, actor, conversation)
    if not reply.force and reply.seen_seq is not None:
        _refuse_stale(tx, actor, conversation_id, reply.seen_seq)
    kept = check_promises(tx, actor, conversation.customer_id, reply.keeps)
    by_mail = goes_by_mail(tx, conversation)
    if reply.purpose:
        check_purpose(tx, conversation, reply, by_mail)
    planned = ask_before_sending(tx, actor, conversation, reply)
    waits = by_mail and bool(reply.undo_ms or reply.send_at)
    _take_over(tx, actor, conversation, waits)
    state = "planned" if waits else "queued" if by_mail else "sent"
    if not waits:
        answered(tx, conversation_id)
    sent = _store(
        tx, actor, conversation, reply, conversation.channel, state=state, keeps=kept, plan=planned
    )
    note_sends(tx, actor, conversation, sent.message_id, planned)
    if not waits:
        keep_promises(tx, actor.agent_id, kept, sent.message_id)
    if by_mail:
        send_at = _send_at(tx, reply) if waits else None
        queue_mail(
            tx, sent.message_id, conversation.inbox_id, send_at=send_at, purpose=reply.purpose
        )
    return sent


def _send_at(tx: Tx, reply: Reply) -> int:
    return reply.send_at or tx.now + reply.undo_ms


def _lock(tx: Tx, actor: Actor, conversation_id: int, reply: Reply) -> Row[Any]:
    """The conversation under lock with all that a reply depends on: was it sent before, how does
    the contact stand, is there a draft to drop."""
    if tx.conn.dialect.name == "postgresql":  # what is joined must be read after the lock is ours
        lock_conversation(tx, conversation_id, actor, guest=reply.kind == "note")
    row = tx.execute(
        _situation_for(actor, reply.kind == "note"),
        {
            "row_id": conversation_id,
            "message_key": reply.key,
            "writer_id": actor.agent_id,
            "draft_kind": reply.kind,
        },
    ).first()
    if row is None:
        raise NotFound
    return row


@lru_cache(maxsize=1_000)
def _situation_for(actor: Actor, guest: bool) -> Select[Any]:
    may = visible_conversations if guest else workable_conversations
    return _SITUATION.where(may(actor))


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


def _check(tx: Tx, reply: Reply) -> None:
    if not reply.text.strip() and not reply.uploads:
        raise Invalid(text="empty")
    if len(reply.text) > MAX_TEXT:
        raise Invalid(text="too_long")
    if "\0" in reply.text:
        raise Invalid(text="not_text")
    if not 8 <= len(reply.key) <= 64:
        raise Invalid(key="needed")
    if reply.send_at is not None:
        check_send_at(tx, reply.send_at)


def _refuse_guest(tx: Tx, actor: Actor, conversation: Row[Any]) -> None:
    """Who was asked for help writes notes; the customer hears one voice."""
    if conversation.assignee_id == actor.agent_id:
        return
    if tx.execute(_HELPS, {"helper": actor.agent_id, "row_id": conversation.id}).first():
        raise Conflict("helping")


def _refuse_stale(tx: Tx, actor: Actor, conversation_id: int, seen_seq: int) -> None:
    seen = {
        "conversation_id": conversation_id,
        "seen_seq": seen_seq,
        "reader_id": actor.agent_id,
    }
    ids = list(tx.execute(_MISSED, seen).scalars())
    if ids:
        raise Conflict("stale", missed=ids)


def _take_over(tx: Tx, actor: Actor, conversation: Row[Any], waits: bool) -> None:
    """Answering makes it yours: an active contact of a colleague stays theirs, one that waits is
    claimed where the queue lets agents pull, and a conversation at rest gets an owner."""
    if conversation.contact_status == "active":
        if conversation.contact_replied_at is None and not waits:
            change_row(tx, contacts, conversation.contact_id, replied_at=tx.now)
        return
    contact = live_contact(tx, conversation.id)
    if contact is None:
        if conversation.assignee_id is None:
            change_conversation(tx, conversation.id, "assignee", assignee_id=actor.agent_id)
        return
    if contact.status == "waiting" or contact.status == "offered":
        pull = tx.execute(
            select(queues.c.agents_may_pull).where(queues.c.id == contact.queue_id)
        ).scalar()
        mine = is_asked(tx, contact, actor.agent_id)
        if not (pull or mine or actor.may("supervise")):
            raise Conflict("not_yours", status=contact.status)
        begin_contact(tx, contact, actor.agent_id)
    if contact.replied_at is None and not waits:
        change_row(tx, contacts, contact.id, replied_at=tx.now)


def _store(
    tx: Tx,
    actor: Actor,
    conversation: Row[Any],
    reply: Reply,
    channel: str,
    *,
    state: str,
    keeps: Sequence[int] = (),
    plan: Planned = NOTHING,
) -> Sent:
    changes: dict[str, Any] = {}
    if reply.kind == "outbound":
        changes = {
            "last_message_at": tx.now,
            "preview": preview_of(plain(reply.text)),
            "preview_kind": "outbound",
        }
        if state != "planned":
            changes["waiting_since"] = None
    seq = take_seq(tx, conversation.id, **changes)
    also = {"also_to": reply.also_to, "cc": reply.cc, "bcc": reply.bcc}
    details: dict[str, Any] = {name: list(value) for name, value in also.items() if value}
    details |= plan.details
    if plan.materials and reply.again:
        details["again"] = True
    if reply.purpose:
        details["purpose"] = reply.purpose
    if reply.send_at is not None and state == "planned":
        details["planned"] = True
    if keeps and state == "planned":
        details["keeps"] = list(keeps)
    message_id = add_row(
        tx,
        messages,
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
        send_at=_send_at(tx, reply) if state == "planned" else None,
        created_at=tx.now,
    )
    send_uploads(tx, reply.uploads, message_id=message_id, owner=f"agent:{actor.agent_id}")
    if reply.kind == "outbound":
        give_places(tx, message_id, pictures_in(reply.text))
    if conversation.draft_id is not None:
        tx.execute(_DROP_DRAFT, {"draft_id": conversation.draft_id})
    tx.emit(MessageAdded(conversation.id, seq, message_id, reply.kind))
    return Sent(message_id, seq)
