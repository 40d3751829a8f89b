"""Whose promises and tasks somebody may see: their own, those of conversations they see, and for
supervisors all of their brands. Nothing of another brand, whoever made it."""

from sqlalchemy import ColumnElement, Table, and_, or_, select, true

from app.models.conversation import conversations
from app.security.permissions import Actor, visible_conversations


def visible_follow_ups(actor: Actor, table: Table) -> ColumnElement[bool]:
    """The condition on rows of `promises` or `tasks`."""
    own = or_(table.c.owner_id == actor.agent_id, table.c.created_by == actor.agent_id)
    seen = select(conversations.c.id).where(visible_conversations(actor))
    reached = [own, table.c.conversation_id.in_(seen)]
    if actor.brands is None:
        return true() if actor.may("supervise") else or_(*reached)
    brand = table.c.brand_id.in_(sorted(actor.brands))
    if actor.may("supervise"):
        reached.append(brand)
    return and_(or_(brand, and_(table.c.brand_id.is_(None), own)), or_(*reached))
