"""A file that hangs on a message, for those who may read the message."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, or_, select

from app import clock
from app.files import StoredFile
from app.models.conversation import attachments, conversations, files, messages
from app.security.permissions import Actor, visible_conversations


@dataclass(frozen=True, slots=True)
class Download:
    """What is sent to the browser. `shown` is a picture of our own making: it may be shown."""

    hash: str
    name: str
    content_type: str
    size: int
    shown: bool
    customer_id: int | None = None  # whose conversation it hangs in


def attachment_for_agent(conn: Connection, actor: Actor, key: str) -> Download | None:
    """The file if its conversation exists for the agent, or if they uploaded it themselves."""
    theirs = and_(
        attachments.c.message_id.is_(None), attachments.c.owner == f"agent:{actor.agent_id}"
    )
    reads = and_(conversations.c.id.is_not(None), visible_conversations(actor))
    return _one(conn, key, or_(theirs, reads))


def own_uploads(conn: Connection, actor: Actor, keys: Sequence[str]) -> list[StoredFile]:
    """Those of these files that the agent has uploaded and not sent, to hang on a message of
    somebody else: each with a key of its own."""
    rows = conn.execute(
        select(attachments, files.c.hash)
        .join(files, files.c.id == attachments.c.file_id)
        .where(
            attachments.c.key.in_(keys),
            attachments.c.message_id.is_(None),
            attachments.c.owner == f"agent:{actor.agent_id}",
        )
        .order_by(attachments.c.id)
    )
    kept = ("hash", "size", "name", "content_type", "width", "height")
    return [
        StoredFile(key=clock.new_id(), **{name: getattr(row, name) for name in kept})
        for row in rows
    ]


def _one(conn: Connection, key: str, allowed: ColumnElement[bool]) -> Download | None:
    row: Any = conn.execute(
        select(
            files.c.hash,
            attachments.c.name,
            attachments.c.content_type,
            attachments.c.size,
            attachments.c.width,
            conversations.c.customer_id,
        )
        .select_from(attachments)
        .join(files, files.c.id == attachments.c.file_id)
        .outerjoin(messages, messages.c.id == attachments.c.message_id)
        .outerjoin(conversations, conversations.c.id == messages.c.conversation_id)
        .where(attachments.c.key == key, allowed)
    ).first()
    if row is None:
        return None
    return Download(
        row.hash, row.name, row.content_type, row.size, row.width is not None, row.customer_id
    )
