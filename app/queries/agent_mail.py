"""What a mail to an agent is made of: who they are, what was written, if it is theirs to see."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.models.agent import agents
from app.models.conversation import attachments, conversations, messages
from app.models.customer import customers
from app.security.permissions import load_actor, workable_conversations


@dataclass(frozen=True, slots=True)
class AgentMail:
    """A mail to an agent. `conversation` and what follows are None where they may not see it (any
    more), so that a mail never tells more than the console would."""

    agent: Row[Any]
    conversation: Any | None  # a row: id, subject
    customer: str
    message: Row[Any] | None  # the customer's, of a notice
    files: tuple[str, ...]


def agent_mail(conn: Connection, payload: Mapping[str, Any]) -> AgentMail:
    """Read it as things stand now, at the moment of sending."""
    agent = conn.execute(select(agents).where(agents.c.id == payload["agent"])).one()
    message = None
    if payload.get("about"):
        message = conn.execute(select(messages).where(messages.c.id == payload["about"])).first()
    number = message.conversation_id if message is not None else payload.get("conversation")
    actor = load_actor(conn, agent.id)
    row = None
    if actor is not None and number is not None:
        row = conn.execute(
            select(
                conversations.c.id,
                conversations.c.subject,
                customers.c.name.label("customer_name"),
                customers.c.email.label("customer_email"),
            )
            .join(customers, customers.c.id == conversations.c.customer_id)
            .where(conversations.c.id == number, workable_conversations(actor))
        ).first()
    if row is None:
        return AgentMail(agent, None, "", None, ())
    names: tuple[str, ...] = ()
    if message is not None:
        names = tuple(
            conn.execute(
                select(attachments.c.name).where(
                    attachments.c.message_id == message.id, attachments.c.content_id.is_(None)
                )
            ).scalars()
        )
    return AgentMail(agent, row, row.customer_name or row.customer_email, message, names)
