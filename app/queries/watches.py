"""Who listens in to which conversation, and whether agents are told."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from app.db import NotFound
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import installation
from app.models.supervision import watches
from app.security.permissions import Actor, visible_conversations

POLICY = "supervision"


@dataclass(frozen=True, slots=True)
class Watched:
    """What a supervisor's page of a watch says. `mode` is none once the watch is over."""

    conversation_id: int
    mode: str | None
    agent_id: int | None
    agent_name: str | None
    at_work: bool
    tells: bool  # the installation says who watches


@dataclass(frozen=True, slots=True)
class LogEntry:
    """One stretch of listening in, in one way."""

    who: str
    mode: str
    began_at: int
    ended_at: int | None


def says_who_watches(conn: Connection) -> bool:
    """Whether an agent is told that a supervisor listens in silently; off by default."""
    value = conn.execute(select(installation.c.value).where(installation.c.name == POLICY)).scalar()
    return bool((value or {}).get("say_who_watches", False))


def watch_mode(conn: Connection, agent_id: int, conversation_id: int) -> str | None:
    """How a supervisor listens in to a conversation: monitor, whisper, barge; None: not at all."""
    return conn.execute(
        select(watches.c.mode).where(
            watches.c.agent_id == agent_id,
            watches.c.conversation_id == conversation_id,
            watches.c.ended_at.is_(None),
        )
    ).scalar()


def watched(conn: Connection, actor: Actor, conversation_id: int) -> Watched:
    """A conversation as the supervisor's watch stands; NotFound for what they may not see."""
    row = conn.execute(
        select(agents.c.id, agents.c.name, contacts.c.status)
        .select_from(conversations)
        .outerjoin(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(agents, agents.c.id == contacts.c.agent_id)
        .where(conversations.c.id == conversation_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    mode = watch_mode(conn, actor.agent_id, conversation_id)
    at_work = row.status == "active"
    return Watched(conversation_id, mode, row.id, row.name, at_work, says_who_watches(conn))


def watch_log(conn: Connection, actor: Actor, conversation_id: int) -> tuple[LogEntry, ...]:
    """Everybody who has listened in, the latest first; for supervisors."""
    actor.require("supervise")
    rows = conn.execute(
        select(agents.c.name, watches.c.mode, watches.c.began_at, watches.c.ended_at)
        .join(agents, agents.c.id == watches.c.agent_id)
        .join(
            conversations,
            and_(conversations.c.id == watches.c.conversation_id, visible_conversations(actor)),
        )
        .where(watches.c.conversation_id == conversation_id)
        .order_by(watches.c.began_at.desc(), watches.c.id.desc())
    )
    return tuple(LogEntry(*row) for row in rows)
