"""What agents have noted about a customer and still holds, for those who keep it up to date."""

from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.promise import customer_facts
from app.queries.card_parts import of_theirs
from app.queries.customers import require_customer
from app.security.permissions import Actor
from knowledge.sensitive import masked

MOST = 100


def noted_facts(conn: Connection, actor: Actor, customer_id: int, now: int) -> list[dict[str, Any]]:
    """The newest first, with who noted it and whether it is to be asked about again."""
    require_customer(conn, actor, customer_id)
    names = ("id", "kind", "text", "at", "stale_at", "conversation_id")
    rows = conn.execute(
        select(*(customer_facts.c[name] for name in names), agents.c.name.label("by"))
        .outerjoin(agents, agents.c.id == customer_facts.c.agent_id)
        .where(*of_theirs(actor, customer_facts), customer_facts.c.ended_at.is_(None))
        .order_by(customer_facts.c.at.desc(), customer_facts.c.id.desc())
        .limit(MOST),
        {"customer_id": customer_id},
    )
    return [
        {**masked(row._mapping, "text"), "stale": row.stale_at is not None and row.stale_at <= now}
        for row in rows
    ]
