"""Who looks at far more customers than they have to do with, and of which of it nobody has taken
note. Told and seen to are lines of the access log, which nobody can remove."""

from dataclasses import dataclass

from sqlalchemy import Connection, String, cast, exists, func, select, text

from app.models.agent import agents
from app.models.conversation import conversations
from app.models.organisation import installation
from app.models.party import access_log
from app.queries.access_log import HOUR_MS

MASS_VIEW = "mass_view"
LIMIT = 30  # strangers in an hour, unless it is set
TIMES = 3  # … or so many times what is usual for this agent
USUAL_MS = 14 * 24 * HOUR_MS
SHOWN_MS = 30 * 24 * HOUR_MS
_OF_INDEX = "{}.action IN ('mass_view', 'mass_view_seen')"  # word for word the index's condition


@dataclass(frozen=True, slots=True)
class Alarm:
    """An agent who has looked at `seen` customers who are not theirs within an hour."""

    id: int
    agent_id: int
    who: str
    at: int
    seen: int
    limit: int


def mass_view_limit(conn: Connection) -> int:
    """How many strangers in an hour are too many; 0: it is not watched."""
    kept = conn.execute(select(installation.c.value).where(installation.c.name == MASS_VIEW))
    return int((kept.scalar() or {}).get("limit", LIMIT))


def lately(conn: Connection, agent_id: int, now: int) -> int:
    """Customers the agent has looked at within the hour, without those of whom a conversation is
    or was theirs."""
    line = access_log.c
    own = conversations.c.assignee_id == agent_id
    query = select(func.count(line.customer_id.distinct())).where(
        line.agent_id == agent_id,
        line.at > now - HOUR_MS,
        line.action == "viewed",
        ~exists().where(conversations.c.customer_id == line.customer_id, own),
    )
    return int(conn.execute(query).scalar_one())


def limit_for(conn: Connection, agent_id: int, least: int, now: int) -> int:
    """Above how many it is told: `least`, or three times what the agent has looked at in a usual
    hour of the two weeks before, of hours in which they looked at anybody."""
    line = access_log.c
    row = conn.execute(
        select(func.count(), func.count((line.at // HOUR_MS).distinct())).where(
            line.agent_id == agent_id,
            line.at.between(now - USUAL_MS, now - HOUR_MS),
            line.action == "viewed",
        )
    ).one()
    return max(least, TIMES * row[0] // row[1]) if row[1] else least


def open_alarms(conn: Connection, now: int) -> list[Alarm]:
    """What nobody has seen to, the newest first."""
    line, seen = access_log.c, access_log.alias("seen")
    looked_into = exists().where(
        text(_OF_INDEX.format("seen")),
        seen.c.action == "mass_view_seen",
        seen.c.what == cast(line.id, String),
    )
    rows = conn.execute(
        select(line.id, line.agent_id, line.at, line.detail, agents.c.name)
        .outerjoin(agents, agents.c.id == line.agent_id)
        .where(text(_OF_INDEX.format("access_log")))
        .where(line.action == MASS_VIEW, line.at > now - SHOWN_MS, ~looked_into)
        .order_by(line.id.desc())
    )
    return [
        Alarm(row.id, row.agent_id, row.name or "", row.at, row.detail["seen"], row.detail["limit"])
        for row in rows
    ]


def is_open(conn: Connection, line_id: int) -> bool:
    """Whether this line is such an alarm that nobody has seen to."""
    at = conn.execute(select(access_log.c.at).where(access_log.c.id == line_id)).scalar()
    return at is not None and any(one.id == line_id for one in open_alarms(conn, at))
