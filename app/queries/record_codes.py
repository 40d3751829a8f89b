"""The words agents choose from, as plain rows, for the API."""

from typing import Any

from sqlalchemy import Connection, or_, select

from app.models.organisation import dispositions, pause_reasons, queues
from app.security.permissions import Actor, visible_queues

Record = dict[str, Any]


def list_pause_reasons(conn: Connection) -> list[Record]:
    """Those in use, in the order of the menu."""
    rows = conn.execute(
        select(pause_reasons)
        .where(pause_reasons.c.active)
        .order_by(pause_reasons.c.position, pause_reasons.c.id)
    )
    return [dict(row._mapping) for row in rows]


def list_dispositions(conn: Connection, actor: Actor) -> list[Record]:
    """Those in use, of every queue and of the queues the actor may see, in their order."""
    own = select(queues.c.id).where(visible_queues(actor))
    rows = conn.execute(
        select(dispositions)
        .where(
            dispositions.c.active,
            or_(dispositions.c.queue_id.is_(None), dispositions.c.queue_id.in_(own)),
        )
        .order_by(dispositions.c.position, dispositions.c.id)
    )
    return [dict(row._mapping) for row in rows]
