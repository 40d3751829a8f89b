"""The wallboard: who waits, who works, how well it goes; and the contacts behind every number.

Counters are of this moment; rates are of the last 24 hours, beside the 24 hours before.
"""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select, true

from app import clock
from app.models.agent import agent_brands, agent_queues, agents, presence
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import queues
from app.queries.answered import answered_at, target_ms
from routing.metrics import SHORT_ABANDON_MS, service_level_of_counts

DAY_MS = 24 * 3_600_000
ROWS = 200
WHATS = ("waiting", "active", "offered", "answered", "late", "abandoned", "all")
Brands = frozenset[int] | None


@dataclass(frozen=True, slots=True)
class Counts:
    """What came and what became of it in a span of time; abandons without the short ones."""

    offered: int = 0
    answered: int = 0
    in_target: int = 0
    abandoned: int = 0
    short_abandoned: int = 0
    waits_ms: int = 0

    @property
    def service_level(self) -> float | None:
        """Answered within target ÷ (answered + abandoned)."""
        return service_level_of_counts(self.in_target, self.answered, self.abandoned)

    @property
    def asa_ms(self) -> float | None:
        """Average speed of answer."""
        return self.waits_ms / self.answered if self.answered else None

    @property
    def abandonment(self) -> float | None:
        """Abandoned ÷ (answered + abandoned)."""
        whole = self.answered + self.abandoned
        return self.abandoned / whole if whole else None


@dataclass(frozen=True, slots=True)
class QueueRow:
    """One queue on the board."""

    id: int
    name: str
    closed: bool
    target_s: int
    goal_pct: int
    waiting: int
    oldest_at: int | None
    active: int
    agents_free: int
    agents_in: int
    day: Counts

    @property
    def goal(self) -> float:
        """The service level that is aimed at, 0 to 1."""
        return self.goal_pct / 100


@dataclass(frozen=True, slots=True)
class Held:
    """A contact in an agent's hands."""

    conversation_id: int
    title: str
    channel: str
    status: str


@dataclass(frozen=True, slots=True)
class AgentRow:
    """One agent on the board."""

    id: int
    name: str
    state: str
    reason: str
    since_at: int
    used: int
    capacity: int
    held: tuple[Held, ...]


@dataclass(frozen=True, slots=True)
class Board:
    """The whole wallboard."""

    at: int
    queues: tuple[QueueRow, ...]
    agents: tuple[AgentRow, ...]
    day: Counts
    before: Counts

    @property
    def waiting(self) -> int:
        """Contacts without an agent, in all queues."""
        return sum(row.waiting for row in self.queues)

    @property
    def oldest_at(self) -> int | None:
        """When the longest waiting contact came."""
        return min((row.oldest_at for row in self.queues if row.oldest_at), default=None)

    @property
    def goal(self) -> float:
        """The queues' goals, weighted by what came in."""
        weight = sum(row.day.offered for row in self.queues)
        if not weight:
            return 0.8
        return sum(row.goal * row.day.offered for row in self.queues) / weight

    def in_state(self, *states: str) -> int:
        """How many agents are in one of these states."""
        return sum(row.state in states for row in self.agents)

    @property
    def free(self) -> int:
        """Available agents with room for more."""
        return self.in_state("available") - self.full

    @property
    def full(self) -> int:
        """Available agents without room for more."""
        return sum(row.state == "available" and row.used >= row.capacity for row in self.agents)


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact behind a number."""

    id: int
    conversation_id: int
    title: str
    subject: str
    channel: str
    queue_name: str
    agent_name: str | None
    status: str
    outcome: str
    enqueued_at: int
    answered_at: int | None
    ended_at: int | None
    moves: int


def wallboard(conn: Connection, brands: Brands) -> Board:
    """The board of the brands a supervisor sees (None: all), in five statements."""
    now = clock.now()
    held = _held(conn, brands)
    people = _agents(conn, brands, held)
    day = _counts_by_queue(conn, brands, now - DAY_MS, now)
    before = _counts_by_queue(conn, brands, now - 2 * DAY_MS, now - DAY_MS)
    rows = tuple(_queue_row(row, day) for row in _queues(conn, brands))
    return Board(now, rows, people, _sum(day), _sum(before))


def board_contacts(
    conn: Connection, brands: Brands, what: str, queue_id: int | None = None
) -> tuple[ContactRow, ...]:
    """The contacts behind a number of the board, longest waiting or newest first."""
    now = clock.now()
    live = what in ("waiting", "active", "offered")
    order = contacts.c.enqueued_at if live else contacts.c.enqueued_at.desc()
    query = (
        select(
            *(
                contacts.c[name]
                for name in (
                    "id", "conversation_id", "channel", "status", "outcome", "enqueued_at",
                    "ended_at", "moves",
                )
            ),
            answered_at().label("answered_at"),
            queues.c.name.label("queue_name"),
            agents.c.name.label("agent_name"),
            conversations.c.subject,
            _title(),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == contacts.c.agent_id)
        .where(_behind(what, now), _of_brands(brands))
        .order_by(order, contacts.c.id)
        .limit(ROWS)
    )  # fmt: skip
    if queue_id is not None:
        query = query.where(contacts.c.queue_id == queue_id)
    return tuple(ContactRow(**row._mapping) for row in conn.execute(query))


def _behind(what: str, now: int) -> ColumnElement[bool]:
    if what == "waiting":
        return contacts.c.status.in_(("waiting", "offered"))
    if what in ("active", "offered"):
        return contacts.c.status == what
    recent = contacts.c.enqueued_at > now - DAY_MS
    waited = answered_at() - contacts.c.enqueued_at
    return and_(
        recent,
        {
            "answered": answered_at().is_not(None),
            "late": and_(answered_at().is_not(None), waited > target_ms()),
            "abandoned": _abandoned(),
        }.get(what, true()),
    )


def _abandoned() -> ColumnElement[bool]:
    return and_(contacts.c.outcome == "abandoned", answered_at().is_(None))


def _of_brands(brands: Brands) -> ColumnElement[bool]:
    if brands is None:
        return true()
    return or_(queues.c.brand_id.is_(None), queues.c.brand_id.in_(sorted(brands)))


def _title() -> ColumnElement[Any]:
    return func.coalesce(func.nullif(customers.c.name, ""), customers.c.email).label("title")


def _counts_by_queue(conn: Connection, brands: Brands, since: int, until: int) -> dict[int, Counts]:
    answered = answered_at()
    waited = answered - contacts.c.enqueued_at
    left_after = contacts.c.ended_at - contacts.c.enqueued_at
    short = left_after < SHORT_ABANDON_MS

    def count(condition: ColumnElement[bool]) -> ColumnElement[Any]:
        return func.coalesce(func.sum(case((condition, 1), else_=0)), 0)

    rows = conn.execute(
        select(
            contacts.c.queue_id,
            func.count().label("offered"),
            count(answered.is_not(None)).label("answered"),
            count(waited <= target_ms()).label("in_target"),
            count(and_(_abandoned(), ~short)).label("abandoned"),
            count(and_(_abandoned(), short)).label("short_abandoned"),
            func.coalesce(func.sum(waited), 0).label("waits_ms"),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(contacts.c.enqueued_at > since, contacts.c.enqueued_at <= until, _of_brands(brands))
        .group_by(contacts.c.queue_id)
    )
    kept = ("offered", "answered", "in_target", "abandoned", "short_abandoned", "waits_ms")
    return {row.queue_id: Counts(*(int(getattr(row, name)) for name in kept)) for row in rows}


def _sum(parts: dict[int, Counts]) -> Counts:
    found = list(parts.values())
    return Counts(
        *(
            sum(getattr(part, name) for part in found)
            for name in (
                "offered", "answered", "in_target", "abandoned", "short_abandoned", "waits_ms",
            )
        )
    )  # fmt: skip


def _queues(conn: Connection, brands: Brands) -> list[Row[Any]]:
    def of_status(*statuses: str) -> ColumnElement[Any]:
        return func.sum(case((contacts.c.status.in_(statuses), 1), else_=0))

    going_on = ("waiting", "offered", "active")
    line = (
        select(
            contacts.c.queue_id,
            of_status("waiting", "offered").label("waiting"),
            of_status("active").label("active"),
            func.min(
                case((contacts.c.status.in_(("waiting", "offered")), contacts.c.enqueued_at))
            ).label("oldest_at"),
        )
        .where(contacts.c.status.in_(going_on))
        .group_by(contacts.c.queue_id)
        .subquery()
    )
    free = and_(presence.c.state == "available", presence.c.used < agents.c.capacity)
    seats = (
        select(
            agent_queues.c.queue_id,
            func.sum(case((free, 1), else_=0)).label("agents_free"),
            func.sum(case((presence.c.state != "offline", 1), else_=0)).label("agents_in"),
        )
        .join(presence, presence.c.agent_id == agent_queues.c.agent_id)
        .join(agents, and_(agents.c.id == agent_queues.c.agent_id, agents.c.active))
        .group_by(agent_queues.c.queue_id)
        .subquery()
    )
    query = (
        select(
            *(queues.c[name] for name in ("id", "name", "closed", "target_s", "goal_pct")),
            func.coalesce(line.c.waiting, 0).label("waiting"),
            func.coalesce(line.c.active, 0).label("active"),
            line.c.oldest_at,
            func.coalesce(seats.c.agents_free, 0).label("agents_free"),
            func.coalesce(seats.c.agents_in, 0).label("agents_in"),
        )
        .outerjoin(line, line.c.queue_id == queues.c.id)
        .outerjoin(seats, seats.c.queue_id == queues.c.id)
        .where(queues.c.active, _of_brands(brands))
        .order_by(queues.c.name, queues.c.id)
    )
    return list(conn.execute(query))


def _queue_row(row: Row[Any], day: dict[int, Counts]) -> QueueRow:
    numbers = {
        name: int(getattr(row, name)) for name in ("waiting", "active", "agents_free", "agents_in")
    }
    return QueueRow(
        id=row.id,
        name=row.name,
        closed=row.closed,
        target_s=row.target_s,
        goal_pct=row.goal_pct,
        oldest_at=row.oldest_at,
        day=day.get(row.id, Counts()),
        **numbers,
    )


def _held(conn: Connection, brands: Brands) -> dict[int, list[Held]]:
    rows = conn.execute(
        select(
            contacts.c.agent_id,
            contacts.c.conversation_id,
            contacts.c.channel,
            contacts.c.status,
            _title(),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(
            contacts.c.status.in_(("offered", "active", "wrap_up")),
            contacts.c.agent_id.is_not(None),
            _of_brands(brands),
        )
        .order_by(contacts.c.id)
    )
    held: dict[int, list[Held]] = {}
    for row in rows:
        item = Held(row.conversation_id, row.title, row.channel, row.status)
        held.setdefault(row.agent_id, []).append(item)
    return held


def _agents(conn: Connection, brands: Brands, held: dict[int, list[Held]]) -> tuple[AgentRow, ...]:
    query = (
        select(
            agents.c.id, agents.c.name, agents.c.capacity, presence.c.state, presence.c.reason,
            presence.c.since_at, presence.c.used,
        )
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.active)
    )  # fmt: skip
    if brands is not None:
        elsewhere = select(agent_brands.c.agent_id)
        here = elsewhere.where(agent_brands.c.brand_id.in_(sorted(brands)))
        query = query.where(or_(agents.c.id.not_in(elsewhere), agents.c.id.in_(here)))
    order = {"available": 0, "not_ready": 1, "away": 2, "offline": 3}
    rows = sorted(conn.execute(query), key=lambda row: (order.get(row.state, 9), row.name, row.id))
    return tuple(
        AgentRow(
            id=row.id,
            name=row.name,
            state=row.state,
            reason=row.reason,
            since_at=row.since_at,
            used=row.used,
            capacity=row.capacity,
            held=tuple(held.get(row.id, ())),
        )
        for row in rows
    )
