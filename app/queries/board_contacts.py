"""The contacts and agents behind a number of the wallboard."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select, true

from app import clock
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import queues
from app.queries.answered import answered_at, target_ms
from app.queries.board_rates import DAY_MS, Brands, abandoned, of_brands
from app.queries.callback import Callback, callback_of
from knowledge.sensitive import masked

ROWS = 200
WHATS = (
    "waiting", "overdue", "active", "offered", "answered", "handled", "late", "abandoned", "all",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact behind a number."""

    id: int
    conversation_id: int
    title: str
    subject: str
    channel: str
    queue_name: str
    agent_id: int | None
    agent_name: str | None
    status: str
    outcome: str
    enqueued_at: int
    answered_at: int | None
    ended_at: int | None
    moves: int
    callback: Callback | None  # the customer is to be called


def board_contacts(
    conn: Connection,
    brands: Brands,
    what: str,
    queue_id: int | None = None,
    agent_id: int | None = None,
) -> tuple[ContactRow, ...]:
    """The contacts behind a number of the board, longest waiting or newest first."""
    now = clock.now()
    live = what in ("waiting", "overdue", "active", "offered")
    order = contacts.c.enqueued_at if live else contacts.c.enqueued_at.desc()
    query = (
        select(
            *(
                contacts.c[name]
                for name in (
                    "id", "conversation_id", "channel", "status", "outcome", "enqueued_at",
                    "ended_at", "moves", "agent_id", "callback",
                )
            ),
            answered_at().label("answered_at"),
            queues.c.name.label("queue_name"),
            agents.c.name.label("agent_name"),
            conversations.c.subject,
            title_of_customer(),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == contacts.c.agent_id)
        .where(_behind(what, now), of_brands(brands))
        .order_by(order, contacts.c.id)
        .limit(ROWS)
    )  # fmt: skip
    if queue_id is not None:
        query = query.where(contacts.c.queue_id == queue_id)
    if agent_id is not None:
        query = query.where(contacts.c.agent_id == agent_id)
    return tuple(
        ContactRow(
            **{
                **masked(row._mapping, "subject"),
                "callback": callback_of(row.callback, row.status),
            }
        )
        for row in conn.execute(query)
    )


def title_of_customer() -> ColumnElement[Any]:
    """Who it is, as well as is known; null for a visitor without a name."""
    return func.coalesce(func.nullif(customers.c.name, ""), customers.c.email).label("title")


def _behind(what: str, now: int) -> ColumnElement[bool]:
    in_line = contacts.c.status.in_(("waiting", "offered"))
    if what == "waiting":
        return in_line
    if what == "overdue":
        return and_(in_line, contacts.c.enqueued_at + target_ms() < now)
    if what in ("active", "offered"):
        return contacts.c.status == what
    recent = contacts.c.enqueued_at > now - DAY_MS
    waited = answered_at() - contacts.c.enqueued_at
    return and_(
        recent,
        {
            "answered": answered_at().is_not(None),
            "handled": contacts.c.outcome == "handled",
            "late": and_(answered_at().is_not(None), waited > target_ms()),
            "abandoned": abandoned(),
        }.get(what, true()),
    )
