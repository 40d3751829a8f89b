"""An answer that went out by mail, for the page where its reader says that it was one."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.conversation import conversations
from app.models.organisation import brands, inboxes
from app.models.question import deflections


@dataclass(frozen=True, slots=True)
class MailedAnswer:
    """`open`: the conversation still waits for an answer of a person."""

    brand: str
    conversation_id: int
    open: bool


def mailed_answer(conn: Connection, key: str) -> MailedAnswer | None:
    """The answer of a link's key; None for a key that nobody was sent."""
    row = conn.execute(
        select(brands.c.name, conversations.c.id, conversations.c.status)
        .select_from(deflections)
        .join(conversations, conversations.c.id == deflections.c.conversation_id)
        .join(inboxes, inboxes.c.id == deflections.c.inbox_id)
        .join(brands, brands.c.id == conversations.c.brand_id)
        .where(deflections.c.key == key, inboxes.c.channel == "email")
    ).first()
    return None if row is None else MailedAnswer(row.name, row.id, row.status != "done")
