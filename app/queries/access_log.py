"""Who looked at a customer, or did something to their data."""

from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.party import access_log
from app.queries.aliases import aliases_of, master_of

SEEN_AGAIN_MS = 15 * 60_000  # the same eyes within this time are one look


def who_looked(
    conn: Connection, customer_id: int, before: int | None = None, limit: int = 100
) -> list[dict[str, Any]]:
    """The lines of a customer's log with the name of the agent, the latest first."""
    ids = aliases_of(conn, master_of(conn, customer_id))
    query = (
        select(access_log, agents.c.name.label("agent"))
        .outerjoin(agents, agents.c.id == access_log.c.agent_id)
        .where(access_log.c.customer_id.in_(ids))
    )
    if before is not None:
        query = query.where(access_log.c.id < before)
    rows = conn.execute(query.order_by(access_log.c.id.desc()).limit(limit))
    return [dict(row) for row in rows.mappings()]


def looked_lately(conn: Connection, customer_id: int, agent_id: int, now: int) -> bool:
    """Whether this agent's look is written down already."""
    line = select(access_log.c.id).where(
        access_log.c.customer_id == customer_id,
        access_log.c.at > now - SEEN_AGAIN_MS,
        access_log.c.agent_id == agent_id,
        access_log.c.action == "viewed",
    )
    return conn.execute(line.limit(1)).first() is not None
