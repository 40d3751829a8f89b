"""A single message as it came: all of its text, its HTML, and the files that HTML refers to."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.db import NotFound
from app.models.conversation import attachments, conversations, messages
from app.models.work import raw_mails
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import masked


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
    hides: bool = False  # numbers in text and full_text are hidden; the HTML is as it came


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


def message_source(
    conn: Connection, actor: Actor, message_id: int, *, whole: bool = False
) -> MessageSource:
    """The message; NotFound where the actor may not see its conversation. Numbers that are to be
    hidden are, unless it is asked for `whole`; whoever shows its HTML hides them there."""
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
    said = {"subject": row.subject, "text": row.text, "full_text": row.full_text or row.text}
    hidden = masked(said, *said)
    return MessageSource(
        row.id,
        row.conversation_id,
        html=row.html or "",
        file_names=tuple(file.name for file in files if not file.content_id),
        inline={file.content_id.strip("<>"): file.key for file in files if file.content_id},
        customer_id=row.customer_id,
        hides=hidden != said,
        **(said if whole else hidden),
    )
