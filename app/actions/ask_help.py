"""An agent asks a supervisor to come, and takes that back."""

from sqlalchemy import select, update

from app.actions.conversation import lock_conversation
from app.db import Conflict, Tx
from app.events import PresenceChanged
from app.models.agent import presence
from app.security.permissions import Actor


def ask_help(tx: Tx, actor: Actor, conversation_id: int | None = None) -> None:
    """Raise the flag, perhaps with the conversation it is about; it stays up until it is taken back
    or the agent goes offline. Asking again keeps since when."""
    if conversation_id is not None:
        lock_conversation(tx, conversation_id, actor)
    row = tx.execute(
        select(presence).where(presence.c.agent_id == actor.agent_id).with_for_update()
    ).one()
    if row.state == "offline":
        raise Conflict("offline")
    _set(tx, actor.agent_id, row.help_wanted_at or tx.now, conversation_id)


def stop_help(tx: Tx, agent_id: int) -> None:
    """Take the flag down: the agent themselves, or the supervisor who has come."""
    _set(tx, agent_id, None, None)


def _set(tx: Tx, agent_id: int, at: int | None, conversation_id: int | None) -> None:
    done = tx.execute(
        update(presence)
        .where(
            presence.c.agent_id == agent_id,
            presence.c.help_wanted_at.is_distinct_from(at)
            | presence.c.help_conversation_id.is_distinct_from(conversation_id),
        )
        .values(help_wanted_at=at, help_conversation_id=conversation_id)
    )
    if done.rowcount:
        tx.emit(PresenceChanged(agent_id, ""))
