"""What the wallboard counts each second: who waits in which queue, who is there, what they hold."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, and_, case, cast, func, or_, select

from app.models.agent import agent_brands, agent_queues, agents, presence
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import pause_reasons, queues
from app.models.supervision import watches
from app.queries.answered import target_ms
from app.queries.board_contacts import title_of_customer
from app.queries.board_rates import Brands, of_brands
from app.queries.interruptions import units_below
from channels import registry

IN_LINE = ("waiting", "offered")
_LIVE = [channel.name for channel in registry.all_channels() if channel.live]
_CHAT_COST = registry.get("chat").cost


@dataclass(frozen=True, slots=True)
class QueueNow:
    """One queue at this moment."""

    id: int
    name: str
    closed: bool
    goal_pct: int
    target_s: int
    waiting: int
    overdue: int
    active: int
    oldest_at: int | None  # when the longest waiting contact came
    first_due_at: int | None  # by when the next contact in line should be answered
    agents_free: int
    agents_interruptible: int  # of the free: no room, but letters that a chat may interrupt
    agents_in: int


@dataclass(frozen=True, slots=True)
class Held:
    """A contact in an agent's hands; `watched` while a supervisor listens in."""

    conversation_id: int
    title: str
    channel: str
    status: str
    watched: bool


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent on the board. `usual_capacity` is set while a supervisor has changed it."""

    id: int
    name: str
    state: str
    reason: str
    pause: str
    since_at: int
    used: int
    capacity: int
    usual_capacity: int | None
    help_wanted_at: int | None
    help_conversation_id: int | None
    below: int  # units in hand that a chat may come on top of
    held: tuple[Held, ...]

    @property
    def is_full(self) -> bool:
        """Whether nothing more fits, not even a chat on top of letters."""
        over = self.used - self.below + _CHAT_COST > self.capacity
        return self.used >= self.capacity and (not self.below or over)


def queues_now(conn: Connection, brands: Brands, now: int) -> list[QueueNow]:
    """Every queue in use, by name. One statement."""
    in_line = contacts.c.status.in_(IN_LINE)
    late = and_(in_line, contacts.c.enqueued_at + target_ms() < now)

    def count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(case((condition, 1), else_=0))

    line = (
        select(
            contacts.c.queue_id,
            count(in_line).label("waiting"),
            count(late).label("overdue"),
            count(contacts.c.status == "active").label("active"),
            func.min(case((in_line, contacts.c.enqueued_at))).label("oldest_at"),
            func.min(case((in_line, contacts.c.enqueued_at + target_ms()))).label("first_due_at"),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(contacts.c.status.in_((*IN_LINE, "active")))
        .group_by(contacts.c.queue_id)
        .subquery()
    )
    seats = _seats()
    rows = conn.execute(
        select(
            *(queues.c[name] for name in ("id", "name", "closed", "goal_pct", "target_s")),
            *(func.coalesce(line.c[name], 0).label(name) for name in _COUNTS),
            line.c.oldest_at,
            line.c.first_due_at,
            *(func.coalesce(seats.c[name], 0).label(name) for name in _SEATS),
        )
        .outerjoin(line, line.c.queue_id == queues.c.id)
        .outerjoin(seats, seats.c.queue_id == queues.c.id)
        .where(queues.c.active, of_brands(brands))
        .order_by(queues.c.name, queues.c.id)
    )
    numbers = (*_COUNTS, *_SEATS)
    return [
        QueueNow(**{**row._mapping, **{name: int(row._mapping[name]) for name in numbers}})
        for row in rows
    ]


_COUNTS = ("waiting", "overdue", "active")
_SEATS = ("agents_free", "agents_interruptible", "agents_in")


def _seats() -> Any:
    """By queue, who is there and who could take what waits: where a chat waits, only those with
    room for a chat count as free. A chat may interrupt the letters of queues that allow it, as
    routing has it; where nothing but letters waits, that helps nobody."""
    chats = (
        select(contacts.c.agent_id, func.count().label("number"))
        .where(
            contacts.c.status.in_(("offered", "active", "wrap_up")), contacts.c.channel.in_(_LIVE)
        )
        .group_by(contacts.c.agent_id)
        .subquery()
    )
    line = (
        select(
            contacts.c.queue_id,
            func.max(case((contacts.c.channel.in_(_LIVE), 1), else_=0)).label("has_chats"),
        )
        .where(contacts.c.status == "waiting")
        .group_by(contacts.c.queue_id)
        .subquery()
    )
    below = units_below()
    most = func.coalesce(agents.c.max_by_channel["chat"].as_integer(), agents.c.capacity)
    one_more_chat = func.coalesce(chats.c.number, 0) < most
    a_chat_fits = and_(presence.c.used + _CHAT_COST <= agents.c.capacity, one_more_chat)
    roomy = case((line.c.has_chats == 1, a_chat_fits), else_=presence.c.used < agents.c.capacity)
    interrupted = and_(
        ~roomy,
        func.coalesce(line.c.has_chats, 1) == 1,
        below.c.units > 0,
        presence.c.used - below.c.units + _CHAT_COST <= agents.c.capacity,
        one_more_chat,
    )

    def available(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.sum(case((and_(presence.c.state == "available", condition), 1), else_=0))

    return (
        select(
            agent_queues.c.queue_id,
            available(or_(roomy, interrupted)).label("agents_free"),
            available(interrupted).label("agents_interruptible"),
            func.sum(case((presence.c.state != "offline", 1), else_=0)).label("agents_in"),
        )
        .join(presence, presence.c.agent_id == agent_queues.c.agent_id)
        .join(agents, and_(agents.c.id == agent_queues.c.agent_id, agents.c.active))
        .outerjoin(chats, chats.c.agent_id == agents.c.id)
        .outerjoin(line, line.c.queue_id == agent_queues.c.queue_id)
        .outerjoin(below, below.c.agent_id == agents.c.id)
        .group_by(agent_queues.c.queue_id)
        .subquery()
    )


def held_now(conn: Connection, brands: Brands) -> dict[int, list[Held]]:
    """What each agent has in hand or on offer. One statement."""
    watched = (
        select(watches.c.id)
        .where(
            watches.c.conversation_id == contacts.c.conversation_id, watches.c.ended_at.is_(None)
        )
        .exists()
    )
    rows = conn.execute(
        select(
            contacts.c.agent_id,
            contacts.c.conversation_id,
            contacts.c.channel,
            contacts.c.status,
            title_of_customer(),
            watched.label("watched"),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(
            contacts.c.status.in_(("offered", "active", "wrap_up")),
            contacts.c.agent_id.is_not(None),
            of_brands(brands),
        )
        .order_by(contacts.c.id)
    )
    held: dict[int, list[Held]] = {}
    for row in rows:
        item = Held(row.conversation_id, row.title, row.channel, row.status, bool(row.watched))
        held.setdefault(row.agent_id, []).append(item)
    return held


def agents_now(
    conn: Connection,
    brands: Brands,
    held: dict[int, list[Held]],
    *,
    agent_id: int | None = None,
    queue_id: int | None = None,
) -> tuple[AgentRow, ...]:
    """The agents of these brands: who wants help first, then by state and name. One statement."""
    below = units_below()
    names = (
        "state", "reason", "since_at", "used", "help_wanted_at", "help_conversation_id",
    )  # fmt: skip
    query = (
        select(
            agents.c.id,
            agents.c.name,
            agents.c.capacity,
            agents.c.usual_capacity,
            *(presence.c[name] for name in names),
            func.coalesce(pause_reasons.c.name, "").label("pause"),
            cast(func.coalesce(below.c.units, 0), Integer).label("below"),
        )
        .join(presence, presence.c.agent_id == agents.c.id)
        .outerjoin(below, below.c.agent_id == agents.c.id)
        .outerjoin(pause_reasons, pause_reasons.c.id == presence.c.pause_reason_id)
        .where(agents.c.active)
    )
    if brands is not None:
        elsewhere = select(agent_brands.c.agent_id)
        here = elsewhere.where(agent_brands.c.brand_id.in_(sorted(brands)))
        query = query.where(or_(agents.c.id.not_in(elsewhere), agents.c.id.in_(here)))
    if agent_id is not None:
        query = query.where(agents.c.id == agent_id)
    if queue_id is not None:
        of_queue = select(agent_queues.c.agent_id).where(agent_queues.c.queue_id == queue_id)
        query = query.where(agents.c.id.in_(of_queue))
    order = {"available": 0, "not_ready": 1, "away": 2, "offline": 3}
    rows = sorted(
        conn.execute(query),
        key=lambda row: (
            row.help_wanted_at is None,
            order.get(row.state, 9),
            row.name,
            row.id,
        ),
    )
    return tuple(AgentRow(**row._mapping, held=tuple(held.get(row.id, ()))) for row in rows)
