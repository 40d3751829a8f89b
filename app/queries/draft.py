"""What of an unsent reply is kept besides its text: whom it goes to, and its uploaded files."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, select

from app.models.conversation import attachments, drafts
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class DraftExtras:
    """`addresses` by field (to, cc, bcc), None where the draft says nothing of them; `files` as the
    composer draws them: key, name, size; `materials` that were put in, and whether sending each
    again was agreed to."""

    addresses: dict[str, str] | None = None
    files: list[dict[str, str | int]] = field(default_factory=list)
    materials: dict[str, bool] = field(default_factory=dict)


def draft_extras(conn: Connection, actor: Actor, conversation_id: int) -> DraftExtras:
    """Of the agent's own reply to a conversation; files that were sent meanwhile are left out."""
    row = conn.execute(
        select(drafts.c.addresses, drafts.c.files, drafts.c.materials).where(
            drafts.c.agent_id == actor.agent_id,
            drafts.c.conversation_id == conversation_id,
            drafts.c.kind == "outbound",
        )
    ).first()
    if row is None:
        return DraftExtras()
    found = conn.execute(
        select(attachments.c.key, attachments.c.name, attachments.c.size)
        .where(
            attachments.c.key.in_(row.files),
            attachments.c.owner == f"agent:{actor.agent_id}",
            attachments.c.message_id.is_(None),
        )
        .order_by(attachments.c.id)
    )
    files = [{"key": each.key, "name": each.name, "size": each.size} for each in found]
    return DraftExtras(row.addresses or None, files, row.materials)
