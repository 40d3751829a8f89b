"""The audit log, read page by page."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from app.models.agent import agents, api_keys, audit, invitations
from app.models.conversation import tags
from app.models.organisation import brands, business_hours, inboxes, macros, queues, skills, teams
from app.models.supervision import alert_rules, screens

PAGE = 100
NAMES: dict[str, ColumnElement[str]] = {  # noun of a subject → what its rows are called
    "agent": agents.c.name,
    "alert_rule": alert_rules.c.name,
    "api_key": api_keys.c.name,
    "brand": brands.c.name,
    "hours": business_hours.c.name,
    "inbox": inboxes.c.name,
    "invitation": invitations.c.email,
    "macro": macros.c.name,
    "queue": queues.c.name,
    "screen": screens.c.name,
    "skill": skills.c.name,
    "tag": tags.c.name,
    "team": teams.c.name,
}


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One act: who, what, to what, when, from where."""

    id: int
    at: int
    who: str
    ip: str
    action: str
    subject: str
    name: str  # of the subject, as it is called now; empty where it is gone
    detail: dict[str, Any]

    @property
    def noun(self) -> str:
        """What kind of thing the subject is."""
        return self.subject.partition(" ")[0]


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
    named = _names(conn, {row.subject for row in rows[:PAGE]})
    entries = [
        LogEntry(r.id, r.at, r.name or "", r.ip, r.action, r.subject, named[r.subject], r.detail)
        for r in rows[:PAGE]
    ]
    return entries, entries[-1].id if len(rows) > PAGE else None


def _names(conn: Connection, subjects: set[str]) -> dict[str, str]:
    """What these subjects ("queue 3") are called now: one statement for each kind of thing."""
    ids: dict[str, list[int]] = {}
    for subject in subjects:
        noun, _, number = subject.partition(" ")
        if noun in NAMES and number.isdecimal():
            ids.setdefault(noun, []).append(int(number))
    found = dict.fromkeys(subjects, "")
    for noun, wanted in ids.items():
        column: Any = NAMES[noun]
        table: Table = column.table
        rows = conn.execute(select(table.c.id, column).where(table.c.id.in_(wanted)))
        found |= {f"{noun} {row[0]}": row[1] for row in rows}
    return found


def log_names(conn: Connection) -> tuple[list[str], list[tuple[int, str]]]:
    """The codes that occur, and everybody who may have acted: what one can filter by."""
    codes = conn.execute(select(audit.c.action).distinct().order_by(audit.c.action)).scalars()
    people = conn.execute(select(agents.c.id, agents.c.name).order_by(agents.c.name))
    return list(codes), [(row.id, row.name) for row in people]
