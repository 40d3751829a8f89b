"""What is offered to an agent at this moment, and how the agent's own desk stands."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Select, select

from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import queues


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


def pending_offers(conn: Connection, agent_id: int) -> tuple[OfferCard, ...]:
    """What waits for this agent's answer, the most urgent first."""
    rows = conn.execute(
        _cards()
        .where(offers.c.agent_id == agent_id, offers.c.status == "pending")
        .order_by(offers.c.expires_at)
    )
    return tuple(OfferCard(**row._mapping) for row in rows)


def offer_cards(conn: Connection, ids: Sequence[int]) -> dict[int, OfferCard]:
    """These offers by id, also those that are over."""
    rows = conn.execute(_cards().where(offers.c.id.in_(ids)))
    return {row.id: OfferCard(**row._mapping) for row in rows}


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
        )
        .join(presence, presence.c.agent_id == agents.c.id)
        .where(agents.c.id.in_(agent_ids))
    )
    return {row.agent_id: Standing(**row._mapping) for row in rows}


def _cards() -> Select[tuple[object, ...]]:
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
        )
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
    )
