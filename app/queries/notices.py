"""What stands above the content of an agent's pages: a supervisor's word to everybody, who listens
in where agents are told, and the alerts that nobody has acknowledged."""

from dataclasses import dataclass

from sqlalchemy import Connection, or_, select

from app import clock
from app.models.agent import agent_queues, agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.supervision import broadcasts, watches
from app.queries.access_alarms import Alarm, open_alarms
from app.queries.alerts import OpenAlert, open_alerts
from app.queries.board_contacts import title_of_customer
from app.queries.due import WARN_MS
from app.queries.due_articles import DueArticle, due_articles
from app.queries.promises import PromiseItem, owed_by
from app.queries.waiting_reviews import WaitingReview, waiting_reviews
from app.queries.watches import says_who_watches
from app.security.permissions import Actor

CHECK_MS = 3 * 24 * 3_600_000  # over a weekend
FRESH_MS = 24 * 3_600_000  # a review that waits longer is told by the number alone


@dataclass(frozen=True, slots=True)
class Broadcast:
    """A word of a supervisor."""

    id: int
    who: str
    text: str
    created_at: int


@dataclass(frozen=True, slots=True)
class Listener:
    """A supervisor in one of the agent's conversations."""

    conversation_id: int
    title: str
    who: str
    mode: str


@dataclass(frozen=True, slots=True)
class Notices:
    """All there is to say on this agent's pages."""

    broadcasts: tuple[Broadcast, ...]
    listeners: tuple[Listener, ...]
    alerts: tuple[OpenAlert, ...]
    promises: tuple[PromiseItem, ...]  # the agent's own, due soon or late
    alarms: tuple[Alarm, ...] = ()  # for administrators: who looks at too many customers
    reviews: tuple[WaitingReview, ...] = ()  # asked since yesterday, of supervisors and owners
    to_review: int = 0  # all that wait, of whoever may publish
    to_check: tuple[DueArticle, ...] = ()  # the agent's own, whose day came lately


def notices(conn: Connection, actor: Actor) -> Notices:
    """What this agent should see now."""
    alerts = open_alerts(conn, actor, on_screens=True) if actor.may("supervise") else ()
    owed = owed_by(conn, actor, clock.now() + WARN_MS)
    looks = open_alarms(conn, clock.now()) if actor.may("administer") else ()
    waiting = waiting_reviews(conn, actor)
    asked = tuple(
        one
        for one in waiting
        if one.asked_at > clock.now() - FRESH_MS
        and (actor.may("supervise") or one.owner_id == actor.agent_id)
    )
    came_due = tuple(
        one
        for one in due_articles(conn, actor, clock.now())
        if one.check_by > clock.now() - CHECK_MS
    )
    return Notices(
        _broadcasts(conn, actor),
        _listeners(conn, actor),
        alerts,
        owed,
        tuple(looks),
        asked,
        len(waiting),
        came_due,
    )


def _broadcasts(conn: Connection, actor: Actor) -> tuple[Broadcast, ...]:
    own_queues = select(agent_queues.c.queue_id).where(agent_queues.c.agent_id == actor.agent_id)
    rows = conn.execute(
        select(broadcasts, agents.c.name.label("who"))
        .join(agents, agents.c.id == broadcasts.c.agent_id)
        .where(
            broadcasts.c.until_at > clock.now(),
            or_(
                broadcasts.c.queue_id.is_(None),
                broadcasts.c.queue_id.in_(own_queues),
                broadcasts.c.agent_id == actor.agent_id,
            ),
        )
        .order_by(broadcasts.c.created_at.desc(), broadcasts.c.id.desc())
    )
    return tuple(
        Broadcast(row.id, row.who, row.text, row.created_at)
        for row in rows
        if actor.agent_id not in row.dismissed
        and (row.brands is None or actor.brands is None or actor.brands & set(row.brands))
    )


def standing_broadcasts(conn: Connection, actor: Actor) -> tuple[Broadcast, ...]:
    """What was said and still stands, for supervisors: dismissed or not."""
    actor.require("supervise")
    rows = conn.execute(
        select(broadcasts, agents.c.name.label("who"))
        .join(agents, agents.c.id == broadcasts.c.agent_id)
        .where(broadcasts.c.until_at > clock.now())
        .order_by(broadcasts.c.created_at.desc(), broadcasts.c.id.desc())
    )
    return tuple(
        Broadcast(row.id, row.who, row.text, row.created_at)
        for row in rows
        if row.brands is None or actor.brands is None or actor.brands & set(row.brands)
    )


def _listeners(conn: Connection, actor: Actor) -> tuple[Listener, ...]:
    query = (
        select(watches.c.conversation_id, title_of_customer(), agents.c.name, watches.c.mode)
        .join(agents, agents.c.id == watches.c.agent_id)
        .join(conversations, conversations.c.id == watches.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .where(
            watches.c.ended_at.is_(None),
            contacts.c.agent_id == actor.agent_id,
            contacts.c.status == "active",
        )
        .order_by(watches.c.id)
    )
    if not says_who_watches(conn):
        query = query.where(watches.c.mode != "monitor")
    return tuple(Listener(row[0], row[1] or "", row[2], row[3]) for row in conn.execute(query))
