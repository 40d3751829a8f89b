"""A single message as it came: all of its text, its HTML, and the files that HTML refers to."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.conversation import attachments, conversations, messages
from app.models.work import raw_mails
from app.security.permissions import Actor, visible_conversations


@dataclass(frozen=True, slots=True)
class MessageSource:
    """What was sent, before anything was trimmed. `inline` maps content ids to file keys."""

    id: int
    conversation_id: int
    subject: str
    text: str
    full_text: str
    html: str
    file_names: tuple[str, ...]
    inline: dict[str, str]
    customer_id: int | None = None


@dataclass(frozen=True, slots=True)
class KeptMail:
    """Where the bytes of a mail lie, and what it is called."""

    hash: str
    subject: str
    customer_id: int


def kept_mail(conn: Connection, actor: Actor, message_id: int) -> KeptMail:
    """The mail that became a message; NotFound where the actor may not see it or there is none."""
    row = conn.execute(
        select(raw_mails.c.hash, messages.c.subject, conversations.c.customer_id)
        .join(messages, messages.c.id == raw_mails.c.message_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == message_id, visible_conversations(actor))
        .order_by(raw_mails.c.id)
    ).first()
    if row is None:
        raise NotFound
    return KeptMail(row.hash, row.subject, row.customer_id)


def message_source(conn: Connection, actor: Actor, message_id: int) -> MessageSource:
    """The message; NotFound where the actor may not see its conversation."""
    row = conn.execute(
        select(
            messages.c.id,
            messages.c.conversation_id,
            messages.c.subject,
            messages.c.text,
            messages.c.full_text,
            messages.c.html,
            messages.c.customer_id,
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            messages.c.id == message_id,
            messages.c.kind != "system",
            visible_conversations(actor),
        )
    ).first()
    if row is None:
        raise NotFound
    files = conn.execute(
        select(attachments.c.key, attachments.c.name, attachments.c.content_id)
        .where(attachments.c.message_id == message_id)
        .order_by(attachments.c.id)
    ).all()
    return MessageSource(
        row.id,
        row.conversation_id,
        row.subject,
        row.text,
        row.full_text or row.text,
        row.html or "",
        tuple(file.name for file in files if not file.content_id),
        {file.content_id.strip("<>"): file.key for file in files if file.content_id},
        row.customer_id,
    )
