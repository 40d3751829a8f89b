"""Contacts that came to the wrong queue: somebody had to move them by hand.

Wrong-queue rate = handled contacts that were moved by hand to another queue ÷ handled contacts, by
the queue they first came to and by the rule that had chosen it. An overflow is no mistake.
"""

from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, case, func, select

from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.history import contact_moves
from app.models.organisation import queue_rules
from app.queries.history import Filters
from app.security.permissions import Actor, visible_conversations
from routing.intervals import Span
from routing.metrics import share

EXAMPLES = 20
moved_by_hand = and_(
    contact_moves.c.why == "transfer",
    contact_moves.c.from_queue_id != contact_moves.c.to_queue_id,
)


@dataclass(frozen=True, slots=True)
class Source:
    """A queue contacts came to first, and the rule that sent them there (None: none did)."""

    queue_id: int
    rule_id: int | None
    language: str
    topic: str
    handled: int
    wrong: int

    @property
    def rate(self) -> float | None:
        """Moved by hand ÷ handled."""
        return share(self.wrong, self.handled)


@dataclass(frozen=True, slots=True)
class Way:
    """From where to where, how often."""

    from_queue_id: int
    to_queue_id: int
    count: int


@dataclass(frozen=True, slots=True)
class Example:
    """A contact that was moved by hand."""

    conversation_id: int
    title: str
    subject: str
    channel: str
    from_queue_id: int
    to_queue_id: int
    agent_name: str | None
    at: int


@dataclass(frozen=True, slots=True)
class WrongQueue:
    """The report; `sources` most contacts first."""

    sources: tuple[Source, ...]
    ways: tuple[Way, ...]
    examples: tuple[Example, ...]

    @property
    def handled(self) -> int:
        """Of all sources."""
        return sum(source.handled for source in self.sources)

    @property
    def wrong(self) -> int:
        """Of all sources."""
        return sum(source.wrong for source in self.sources)

    @property
    def rate(self) -> float | None:
        """Moved by hand ÷ handled."""
        return share(self.wrong, self.handled)

    def by_queue(self) -> list[tuple[int, int, int]]:
        """(queue, handled, wrong), the highest rate first."""
        sums: dict[int, tuple[int, int]] = {}
        for source in self.sources:
            handled, wrong = sums.get(source.queue_id, (0, 0))
            sums[source.queue_id] = handled + source.handled, wrong + source.wrong
        return sorted(
            ((queue_id, *counts) for queue_id, counts in sums.items()),
            key=lambda each: (-each[2] / max(each[1], 1), -each[1], each[0]),
        )


def wrong_queue(conn: Connection, actor: Actor, span: Span, filters: Filters) -> WrongQueue:
    """Of the contacts that came in the span, in three statements."""
    return WrongQueue(
        _sources(conn, span, filters),
        _ways(conn, span, filters),
        _examples(conn, actor, span, filters),
    )


def _sources(conn: Connection, span: Span, filters: Filters) -> tuple[Source, ...]:
    moves = (
        select(
            contact_moves.c.contact_id,
            func.min(contact_moves.c.id).label("first_id"),
            func.max(case((moved_by_hand, 1), else_=0)).label("by_hand"),
        )
        .where(contact_moves.c.at >= span[0])
        .group_by(contact_moves.c.contact_id)
        .subquery()
    )
    first = contact_moves.alias("first_move")
    came_to = func.coalesce(first.c.from_queue_id, contacts.c.queue_id).label("came_to")
    rows = conn.execute(
        select(
            came_to,
            contacts.c.rule_id,
            queue_rules.c.language,
            queue_rules.c.topic,
            func.count().label("handled"),
            func.sum(func.coalesce(moves.c.by_hand, 0)).label("wrong"),
        )
        .select_from(contacts)
        .outerjoin(moves, moves.c.contact_id == contacts.c.id)
        .outerjoin(first, first.c.id == moves.c.first_id)
        .outerjoin(queue_rules, queue_rules.c.id == contacts.c.rule_id)
        .where(
            contacts.c.outcome == "handled",
            contacts.c.status == "ended",
            came_to.in_(filters.queue_ids),
            *_chosen(span, filters),
        )
        .group_by(came_to, contacts.c.rule_id, queue_rules.c.language, queue_rules.c.topic)
        .order_by(func.count().desc(), came_to)
    )
    return tuple(
        Source(r[0], r.rule_id, r.language or "", r.topic or "", int(r.handled), int(r.wrong))
        for r in rows
    )


def _ways(conn: Connection, span: Span, filters: Filters) -> tuple[Way, ...]:
    way = contact_moves.c.from_queue_id, contact_moves.c.to_queue_id
    rows = conn.execute(
        select(*way, func.count())
        .join(contacts, contacts.c.id == contact_moves.c.contact_id)
        .where(moved_by_hand, way[0].in_(filters.queue_ids), *_chosen(span, filters))
        .group_by(*way)
        .order_by(func.count().desc(), *way)
    )
    return tuple(Way(*row) for row in rows)


def _examples(conn: Connection, actor: Actor, span: Span, filters: Filters) -> tuple[Example, ...]:
    m = contact_moves.c
    rows = conn.execute(
        select(
            contacts.c.conversation_id,
            func.coalesce(func.nullif(customers.c.name, ""), customers.c.email),
            conversations.c.subject,
            contacts.c.channel,
            m.from_queue_id,
            m.to_queue_id,
            agents.c.name,
            m.at,
        )
        .select_from(contact_moves)
        .join(contacts, contacts.c.id == m.contact_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == m.agent_id)
        .where(
            moved_by_hand,
            m.from_queue_id.in_(filters.queue_ids),
            visible_conversations(actor),
            *_chosen(span, filters),
        )
        .order_by(m.at.desc(), m.id.desc())
        .limit(EXAMPLES)
    )
    return tuple(Example(*row) for row in rows)


def _chosen(span: Span, filters: Filters) -> list[ColumnElement[bool]]:
    chosen: list[ColumnElement[bool]] = [
        contacts.c.enqueued_at >= span[0],
        contacts.c.enqueued_at < span[1],
    ]
    for name in ("channel", "priority"):
        if wanted := getattr(filters, name):
            chosen.append(contacts.c[name] == wanted)
    return chosen
