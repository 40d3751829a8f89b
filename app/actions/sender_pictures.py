"""Whose mails' pictures an agent always wants to see."""

from sqlalchemy import select, update

from app.db import NotFound, Tx
from app.models.agent import agents
from app.models.conversation import conversations, messages
from app.security.permissions import Actor, visible_conversations

MOST = 500  # the oldest choice gives way


def always_show_pictures(tx: Tx, actor: Actor, message_id: int) -> None:
    """Show this agent the pictures in mails of whoever wrote this message, from now on."""
    customer_id = tx.execute(
        select(messages.c.customer_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(messages.c.id == message_id, visible_conversations(actor))
    ).scalar()
    if customer_id is None:
        raise NotFound
    kept = tx.execute(
        select(agents.c.preferences).where(agents.c.id == actor.agent_id).with_for_update()
    ).scalar_one()
    chosen = [each for each in (kept or {}).get("pictures_from", ()) if each != customer_id]
    tx.execute(
        update(agents)
        .where(agents.c.id == actor.agent_id)
        .values(preferences={**(kept or {}), "pictures_from": [*chosen, customer_id][-MOST:]})
    )
