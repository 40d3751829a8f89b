"""Colleagues who are asked for help: what somebody is asked, and who helps in a conversation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, and_, or_, select

from app.models.agent import agents, presence
from app.models.contact import consults, contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import queues
from app.queries.due import CONSULT_MS
from app.security.permissions import Actor
from knowledge.sensitive import masked

TOLD_MS = 120_000  # so long it is said that somebody who was asked did not come


@dataclass(frozen=True, slots=True)
class ConsultCard:
    """A colleague asks another about a conversation. Times in ms."""

    id: int
    conversation_id: int
    status: str
    from_agent_id: int
    from_name: str
    to_agent_id: int
    to_name: str
    to_state: str
    asked_at: int
    joined_at: int | None
    ended_at: int | None
    channel: str
    subject: str
    queue_name: str
    customer_name: str
    customer_email: str

    @property
    def expires_at(self) -> int:
        """Until when the colleague is asked."""
        return self.asked_at + CONSULT_MS

    @property
    def title(self) -> str:
        """Whom it is about, as well as is known."""
        return self.customer_name or self.customer_email


def asked_of(conn: Connection, agent_id: int) -> tuple[ConsultCard, ...]:
    """What this agent is asked and has not answered, the oldest first."""
    rows = conn.execute(
        _cards()
        .where(consults.c.to_agent_id == agent_id, consults.c.status == "asked")
        .order_by(consults.c.id)
    )
    return tuple(ConsultCard(**masked(row._mapping, "subject")) for row in rows)


def consult_cards(conn: Connection, ids: Sequence[int]) -> dict[int, ConsultCard]:
    """These consults by id, also those that are over."""
    rows = conn.execute(_cards().where(consults.c.id.in_(ids)))
    return {row.id: ConsultCard(**masked(row._mapping, "subject")) for row in rows}


def consults_in(
    conn: Connection, actor: Actor, conversation_id: int, now: int
) -> tuple[ConsultCard, ...]:
    """Who is asked and who helps in a conversation; to the actor who asked also, for two minutes,
    who could not come. Rights are asked by the caller."""
    could_not = and_(
        consults.c.from_agent_id == actor.agent_id,
        consults.c.joined_at.is_(None),
        consults.c.status.in_(("declined", "ended")),
        consults.c.ended_at > now - TOLD_MS,
    )
    rows = conn.execute(
        _cards()
        .where(
            consults.c.conversation_id == conversation_id,
            or_(consults.c.status.in_(("asked", "joined")), could_not),
        )
        .order_by(consults.c.id)
    )
    latest = {row.to_agent_id: ConsultCard(**masked(row._mapping, "subject")) for row in rows}
    return tuple(latest.values())


def _cards() -> Select[Any]:
    asker, asked = agents.alias("asker"), agents.alias("asked")
    return (
        select(
            *(
                consults.c[name]
                for name in (
                    "id", "conversation_id", "status", "from_agent_id", "to_agent_id", "asked_at",
                    "joined_at", "ended_at",
                )
            ),
            asker.c.name.label("from_name"),
            asked.c.name.label("to_name"),
            presence.c.state.label("to_state"),
            conversations.c.channel,
            conversations.c.subject,
            customers.c.name.label("customer_name"),
            customers.c.email.label("customer_email"),
            queues.c.name.label("queue_name"),
        )
        .join(asker, asker.c.id == consults.c.from_agent_id)
        .join(asked, asked.c.id == consults.c.to_agent_id)
        .join(presence, presence.c.agent_id == consults.c.to_agent_id)
        .join(conversations, conversations.c.id == consults.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .join(contacts, contacts.c.id == consults.c.contact_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
    )  # fmt: skip
