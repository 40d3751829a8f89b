"""What is offered to an agent at this moment, and how the agent's own desk stands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import pause_reasons, queues
from app.queries.choices import Choice
from knowledge.sensitive import masked


@dataclass(frozen=True, slots=True)
class OfferCard:
    """A contact offered to an agent. Times in ms."""

    id: int
    agent_id: int
    status: str
    made_at: int
    expires_at: int
    conversation_id: int
    channel: str
    subject: str
    preview: str
    language: str
    customer_name: str
    customer_email: str
    queue_name: str
    enqueued_at: int
    decision: dict[str, Any]  # routing's record of why it came to this agent
    taken_by: str  # who was quicker, where several were asked
    callback: dict[str, Any] | None  # the customer waits for a call, at the number in "to"

    @property
    def title(self) -> str:
        """Who it is, as well as is known; empty for a visitor without a name."""
        return self.customer_name or self.customer_email


@dataclass(frozen=True, slots=True)
class Standing:
    """An agent's presence and load, as they see it themselves."""

    agent_id: int
    name: str
    state: str
    reason: str
    since_at: int
    used: int
    capacity: int
    pause_reason_id: int | None = None
    pause_reason: str = ""
    help_wanted_at: int | None = None
    help_conversation_id: int | None = None
    pauses: tuple[Choice, ...] = ()  # what there is to choose from


def pending_offers(conn: Connection, agent_id: int) -> tuple[OfferCard, ...]:
    """What waits for this agent's answer, the most urgent first."""
    rows = conn.execute(
        _cards()
        .where(offers.c.agent_id == agent_id, offers.c.status == "pending")
        .order_by(offers.c.expires_at)
    )
    return tuple(OfferCard(**masked(row._mapping, "subject")) for row in rows)


def offer_cards(conn: Connection, ids: Sequence[int]) -> dict[int, OfferCard]:
    """These offers by id, also those that are over."""
    rows = conn.execute(_cards().where(offers.c.id.in_(ids)))
    return {row.id: OfferCard(**masked(row._mapping, "subject")) for row in rows}


def standings(conn: Connection, agent_ids: Sequence[int]) -> dict[int, Standing]:
    """How these agents stand."""
    rows = conn.execute(
        select(
            agents.c.id.label("agent_id"),
            agents.c.name,
            presence.c.state,
            presence.c.reason,
            presence.c.since_at,
            presence.c.used,
            agents.c.capacity,
            presence.c.pause_reason_id,
            func.coalesce(pause_reasons.c.name, "").label("pause_reason"),
            presence.c.help_wanted_at,
            presence.c.help_conversation_id,
        )
        .join(presence, presence.c.agent_id == agents.c.id)
        .outerjoin(pause_reasons, pause_reasons.c.id == presence.c.pause_reason_id)
        .where(agents.c.id.in_(agent_ids))
    ).all()
    pauses = pause_choices(conn)
    return {row.agent_id: Standing(**row._mapping, pauses=pauses) for row in rows}


def pause_choices(conn: Connection) -> tuple[Choice, ...]:
    """Why one may be away, in the order of the menu."""
    rows = conn.execute(
        select(pause_reasons.c.id, pause_reasons.c.name)
        .where(pause_reasons.c.active)
        .order_by(pause_reasons.c.position, pause_reasons.c.id)
    )
    return tuple(Choice(*row) for row in rows)


def _cards() -> Select[tuple[object, ...]]:
    taker = agents.alias("taker")
    return (
        select(
            offers.c.id,
            offers.c.agent_id,
            offers.c.status,
            offers.c.made_at,
            offers.c.expires_at,
            conversations.c.id.label("conversation_id"),
            conversations.c.channel,
            conversations.c.subject,
            conversations.c.preview,
            conversations.c.language,
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
            queues.c.name.label("queue_name"),
            contacts.c.enqueued_at,
            contacts.c.callback,
            offers.c.decision,
            func.coalesce(taker.c.name, "").label("taken_by"),
        )
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .outerjoin(
            taker,
            and_(
                offers.c.status == "rescinded",
                contacts.c.status == "active",
                contacts.c.agent_id != offers.c.agent_id,
                taker.c.id == contacts.c.agent_id,
            ),
        )
    )
