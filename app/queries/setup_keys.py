"""The list of API keys."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.agent import agents, api_keys


@dataclass(frozen=True, slots=True)
class KeyRow:
    """A key as the list shows it: its beginning, never the whole."""

    id: int
    name: str
    prefix: str
    agent: str
    created_at: int
    last_used_at: int | None
    revoked_at: int | None


def key_rows(conn: Connection) -> list[KeyRow]:
    """All keys, those that work first, then the newest."""
    rows = conn.execute(
        select(api_keys, agents.c.name.label("agent"))
        .join(agents, agents.c.id == api_keys.c.agent_id)
        .order_by(api_keys.c.revoked_at.is_not(None), api_keys.c.id.desc())
    )
    return [
        KeyRow(r.id, r.name, r.prefix, r.agent, r.created_at, r.last_used_at, r.revoked_at)
        for r in rows
    ]


def active_agents(conn: Connection) -> list[tuple[int, str]]:
    """Whom a key can be made for."""
    rows = conn.execute(
        select(agents.c.id, agents.c.name).where(agents.c.active).order_by(agents.c.name)
    )
    return [(row.id, row.name) for row in rows]
