"""The contacts behind a number of a report, newest first."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select, true

from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.history import contact_moves
from app.models.organisation import queues
from app.queries.answered import answered_at, target_ms
from app.queries.history import Filters
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import masked
from routing.intervals import Span
from routing.metrics import SHORT_ABANDON_MS

ROWS = 200
WHATS = ("offered", "answered", "late", "abandoned", "short", "handled", "transferred", "other")


@dataclass(frozen=True, slots=True)
class PastContact:
    """A contact of a report."""

    id: int
    conversation_id: int
    title: str
    subject: str
    channel: str
    priority: str
    queue_name: str
    agent_name: str | None
    status: str
    outcome: str
    enqueued_at: int
    answered_at: int | None
    ended_at: int | None
    announced_low_ms: int | None
    announced_high_ms: int | None


def past_contacts(
    conn: Connection,
    actor: Actor,
    span: Span,
    filters: Filters,
    what: str = "offered",
    agent_id: int | None = None,
) -> tuple[PastContact, ...]:
    """At most 200 contacts that came in the span (with `agent_id`: that the agent ended in it)."""
    at = contacts.c.enqueued_at if agent_id is None else contacts.c.ended_at
    chosen: list[ColumnElement[bool]] = [at >= span[0], at < span[1], _of(what, filters)]
    if agent_id is not None:
        chosen += [contacts.c.agent_id == agent_id, contacts.c.outcome == "handled"]
    for name in ("channel", "priority"):
        if wanted := getattr(filters, name):
            chosen.append(contacts.c[name] == wanted)
    if filters.language:
        chosen.append(conversations.c.language.startswith(filters.language, autoescape=True))
    names = (
        "id", "conversation_id", "channel", "priority", "status", "outcome", "enqueued_at",
        "ended_at", "announced_low_ms", "announced_high_ms",
    )  # fmt: skip
    rows = conn.execute(
        select(
            *(contacts.c[name] for name in names),
            answered_at().label("answered_at"),
            queues.c.name.label("queue_name"),
            agents.c.name.label("agent_name"),
            conversations.c.subject,
            func.coalesce(func.nullif(customers.c.name, ""), customers.c.email).label("title"),
        )
        .join(queues, queues.c.id == contacts.c.queue_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .outerjoin(agents, agents.c.id == contacts.c.agent_id)
        .where(*chosen, visible_conversations(actor))
        .order_by(at.desc(), contacts.c.id.desc())
        .limit(ROWS)
    )
    return tuple(PastContact(**masked(row._mapping, "subject")) for row in rows)


def _of(what: str, filters: Filters) -> ColumnElement[bool]:
    """Contacts that one number counts, in the queues that are chosen."""
    here = contacts.c.queue_id.in_(filters.queue_ids)
    if what == "transferred":  # out of these queues, wherever they are now
        return exists().where(
            contact_moves.c.contact_id == contacts.c.id,
            contact_moves.c.why == "transfer",
            contact_moves.c.from_queue_id != contact_moves.c.to_queue_id,
            contact_moves.c.from_queue_id.in_(filters.queue_ids),
        )
    answered, gone = answered_at(), contacts.c.ended_at - contacts.c.enqueued_at
    left = and_(contacts.c.outcome == "abandoned", answered.is_(None))
    conditions: dict[str, Any] = {
        "answered": answered.is_not(None),
        "late": answered - contacts.c.enqueued_at > target_ms(),
        "abandoned": and_(left, gone >= SHORT_ABANDON_MS),
        "short": and_(left, gone < SHORT_ABANDON_MS),
        "handled": and_(contacts.c.outcome == "handled", contacts.c.status == "ended"),
        "other": and_(answered.is_(None), or_(contacts.c.outcome != "abandoned")),
    }
    return and_(here, conditions.get(what, true()))
