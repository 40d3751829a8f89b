"""Mails to an agent about a conversation in their hands: what the customer wrote, or why an answer
that the agent gave by mail was not sent. The worker puts them into words (`workers.agent_mail`)."""

from typing import Any

from sqlalchemy import Row, bindparam, insert, select

from app.actions.loop_guard import may_write_by_itself
from app.db import Tx
from app.events import OutboxAdded
from app.models.agent import agents, presence
from app.models.work import outbox
from app.queries.outgoing import sending_inbox

KIND = "agent_email"

_OWNER = (
    select(agents.c.email, agents.c.preferences, presence.c.state)
    .outerjoin(presence, presence.c.agent_id == agents.c.id)
    .where(agents.c.id == bindparam("agent_id"), agents.c.active)
)


def tell_owner(tx: Tx, conversation: Row[Any], contact: Row[Any], message_id: int) -> None:
    """Send the customer's new message to the agent who is at it, if they have asked for that.

    A chat is answered while its visitor looks on, so it makes no mail.
    """
    if contact.status != "active" or conversation.channel == "chat":
        return
    owner = tx.execute(_OWNER, {"agent_id": contact.agent_id}).first()
    if owner is None or not _wants(owner):
        return
    write_to_agent(tx, owner.email, conversation.inbox_id, about=message_id, agent=contact.agent_id)


def write_to_agent(tx: Tx, to: str, inbox_id: int, **payload: Any) -> bool:
    """Put a mail to an agent into the outbox; False, and none, where the loop guard says no."""
    if not may_write_by_itself(tx, to):
        return False
    outbox_id: int = tx.execute(
        insert(outbox)
        .values(
            kind=KIND,
            inbox_id=sending_inbox(tx.conn, inbox_id).id,
            payload={"to": to, **payload},
            state="queued",
            next_at=tx.now,
            created_at=tx.now,
        )
        .returning(outbox.c.id)
    ).scalar_one()
    tx.emit(OutboxAdded(outbox_id))
    return True


def _wants(owner: Row[Any]) -> bool:
    chosen = (owner.preferences or {}).get("mail_me", "never")
    return bool(chosen == "always" or (chosen == "away" and owner.state != "available"))
