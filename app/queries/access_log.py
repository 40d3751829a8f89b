"""Who looked at a customer, or did something to their data."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents
from app.models.customer import customers
from app.models.party import access_log
from app.queries.aliases import aliases_of, master_of

HOUR_MS = 3_600_000  # the same eyes within a clock hour are one look
PAGE = 100


@dataclass(frozen=True, slots=True)
class AccessFilter:
    """What of the whole log is shown: lines of an agent, of a customer under any of their ids, of
    an action, from `since` to before `until`, older than the line `before`."""

    agent_id: int | None = None
    customer_id: int | None = None
    action: str = ""
    since: int | None = None
    until: int | None = None
    before: int | None = None


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


def access_page(
    conn: Connection, wanted: AccessFilter, limit: int = PAGE
) -> tuple[list[dict[str, Any]], int | None]:
    """Lines of the whole installation with the names of agent and customer, the latest first, and
    the id before which the next page goes on. For administrators; the caller asks."""
    line = access_log.c
    query = (
        select(access_log, agents.c.name.label("agent"), customers.c.name.label("customer"))
        .outerjoin(agents, agents.c.id == line.agent_id)
        .outerjoin(customers, customers.c.id == line.customer_id)
    )
    if wanted.agent_id is not None:
        query = query.where(line.agent_id == wanted.agent_id)
    if wanted.customer_id is not None:
        ids = aliases_of(conn, master_of(conn, wanted.customer_id))
        query = query.where(line.customer_id.in_(ids))
    if wanted.action:
        query = query.where(line.action == wanted.action)
    if wanted.since is not None:
        query = query.where(line.at >= wanted.since)
    if wanted.until is not None:
        query = query.where(line.at < wanted.until)
    if wanted.before is not None:
        query = query.where(line.id < wanted.before)
    rows = conn.execute(query.order_by(line.id.desc()).limit(limit + 1)).mappings().all()
    found = [dict(row) for row in rows[:limit]]
    return found, found[-1]["id"] if len(rows) > limit else None


def noted_already(
    conn: Connection,
    customer_id: int | None,
    agent_id: int,
    action: str,
    now: int,
    what: str | None = None,
) -> bool:
    """Whether this clock hour's log has that act of the agent (with that `what`, if one is
    asked for)."""
    whom = access_log.c.customer_id
    line = select(access_log.c.id).where(
        whom.is_(None) if customer_id is None else whom == customer_id,
        access_log.c.at >= now - now % HOUR_MS,
        access_log.c.agent_id == agent_id,
        access_log.c.action == action,
    )
    if what is not None:
        line = line.where(access_log.c.what == what)
    return conn.execute(line.limit(1)).first() is not None
