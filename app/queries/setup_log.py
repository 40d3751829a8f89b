"""The audit log, read page by page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agents, audit

PAGE = 100


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One act: who, what, to what, when, from where."""

    id: int
    at: int
    who: str
    ip: str
    action: str
    subject: str
    detail: dict[str, Any]


@dataclass(frozen=True, slots=True)
class LogFilter:
    """What of the log is shown: acts that begin with this code, of this agent, older than `before`
    (an id)."""

    action: str = ""
    agent_id: int | None = None
    subject: str = ""
    before: int | None = None


def log_page(conn: Connection, wanted: LogFilter) -> tuple[list[LogEntry], int | None]:
    """The newest entries that fit, and the id from which the next page goes on."""
    query = select(audit, agents.c.name).outerjoin(agents, agents.c.id == audit.c.agent_id)
    if wanted.action:
        query = query.where(audit.c.action.startswith(wanted.action, autoescape=True))
    if wanted.subject:
        query = query.where(audit.c.subject == wanted.subject)
    if wanted.agent_id is not None:
        query = query.where(audit.c.agent_id == wanted.agent_id)
    if wanted.before is not None:
        query = query.where(audit.c.id < wanted.before)
    rows = conn.execute(query.order_by(audit.c.id.desc()).limit(PAGE + 1)).all()
    entries = [
        LogEntry(r.id, r.at, r.name or "", r.ip, r.action, r.subject, r.detail) for r in rows[:PAGE]
    ]
    return entries, entries[-1].id if len(rows) > PAGE else None


def log_names(conn: Connection) -> tuple[list[str], list[tuple[int, str]]]:
    """The codes that occur, and everybody who may have acted: what one can filter by."""
    codes = conn.execute(select(audit.c.action).distinct().order_by(audit.c.action)).scalars()
    people = conn.execute(select(agents.c.id, agents.c.name).order_by(agents.c.name))
    return list(codes), [(row.id, row.name) for row in people]
