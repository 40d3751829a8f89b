"""A contact enters a queue: which one, with what skills, how urgent, and for whom first."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select

from app.actions.boost_sources import Entry, boosts_of, total_boost
from app.actions.conversation import change_conversation
from app.actions.rows import add_row
from app.actions.sla import start_clocks
from app.db import Tx
from app.events import ContactChanged
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.organisation import inboxes, queue_rules, queue_skills, queues, skills
from channels import registry

LIVE_STATUSES = ("waiting", "offered", "active")
PREFERRED_HOLD_MS = {True: 30_000, False: 600_000}  # live channel: 30 s, email and form: 10 min


_QUEUE = select(queues).where(queues.c.id == bindparam("queue_id"))
_RULES = (
    select(queue_rules)
    .join(queues, queues.c.id == queue_rules.c.queue_id)
    .where(queues.c.active)
    .order_by(queue_rules.c.position, queue_rules.c.id)
)
_OWN_QUEUE = select(inboxes.c.queue_id).where(inboxes.c.id == bindparam("inbox_id"))
_QUEUE_SKILLS = select(queue_skills).where(queue_skills.c.queue_id == bindparam("queue_id"))
_LANGUAGES = select(skills.c.id, skills.c.code).where(skills.c.kind == "language")
_CONTACT = (
    select(contacts)
    .where(
        contacts.c.conversation_id == bindparam("conversation_id"),
        contacts.c.status.in_(bindparam("statuses", expanding=True)),
    )
    .order_by(contacts.c.id.desc())
    .with_for_update()
)
_LAST_AGENT = (
    select(contacts.c.agent_id)
    .join(conversations, conversations.c.id == contacts.c.conversation_id)
    .join(agents, agents.c.id == contacts.c.agent_id)
    .where(
        conversations.c.customer_id == bindparam("customer_id"),
        contacts.c.outcome == "handled",
        agents.c.active,
    )
    .order_by(contacts.c.id.desc())
    .limit(1)
)


def enqueue(
    tx: Tx,
    conversation: Row[Any],
    *,
    text: str = "",
    queue_id: int | None = None,
    priority: str = "",
) -> int:
    """Make a waiting contact of the conversation; returns its id.

    Without `queue_id` the first matching rule decides, and the inbox's own queue at the last.
    """
    rule_id = None
    if queue_id is None:
        queue_id, wanted, rule_id = choose_queue(tx, conversation, text)
        priority = priority or wanted
    queue = tx.execute(_QUEUE, {"queue_id": queue_id}).one()
    priority = priority or queue.priority
    channel = registry.get(conversation.channel)
    preferred = _last_agent(tx, conversation)
    boosts = boosts_of(tx.conn, Entry(conversation, queue, channel.name, priority, tx.now))
    contact_id = add_row(
        tx,
        contacts,
        conversation_id=conversation.id,
        queue_id=queue_id,
        rule_id=rule_id,
        channel=channel.name,
        cost=channel.cost,
        status="waiting",
        priority=priority,
        boost_ms=total_boost(boosts),
        boosts=boosts,
        **skills_for(tx, queue, conversation.language),
        excluded=[],
        preferred_agent_id=preferred,
        enqueued_at=tx.now,
        preferred_until=tx.now + PREFERRED_HOLD_MS[channel.live] if preferred else None,
    )
    start_clocks(tx, conversation, contact_id, queue)
    change_conversation(
        tx, conversation.id, "queue", contact_id=contact_id, queue_id=queue_id, assignee_id=None
    )
    tx.emit(ContactChanged(contact_id, conversation.id, queue_id, "waiting", None))
    return contact_id


def choose_queue(tx: Tx, conversation: Row[Any], text: str) -> tuple[int, str, int | None]:
    """Queue, priority and id of the first rule that matches inbox, language and topic words."""
    haystack = f"{conversation.subject}\n{text}".casefold()
    for rule in tx.execute(_RULES).all():
        if rule.inbox_id is not None and rule.inbox_id != conversation.inbox_id:
            continue
        if rule.language and not conversation.language.startswith(rule.language):
            continue
        words = [word.strip().casefold() for word in rule.topic.split(",") if word.strip()]
        if words and not any(word in haystack for word in words):
            continue
        return rule.queue_id, rule.priority, rule.id
    own: int = tx.execute(_OWN_QUEUE, {"inbox_id": conversation.inbox_id}).scalar_one()
    return own, "", None


def skills_for(tx: Tx, queue: Row[Any], language: str) -> dict[str, Any]:
    """What a contact of this queue needs, at once and step by step, as its row keeps it.

    The queue's skills, and the customer's language where some agent masters it as a skill. The
    steps drop skills of the queue as time goes on, never the language: who does not understand the
    customer is no help, however long it takes.
    """
    spoken = _language_skills(tx, language)
    own = {row.skill_id: row.level for row in tx.execute(_QUEUE_SKILLS, {"queue_id": queue.id})}
    steps = [
        {"after_s": step["after_s"], "skills": _together(dict(step["skills"]), spoken)}
        for step in queue.steps
    ]
    return {"skills": _together(own, spoken), "steps": steps}


def _language_skills(tx: Tx, language: str) -> list[int]:
    if not language:
        return []
    tag = language.replace("_", "-")
    return [row.id for row in tx.execute(_LANGUAGES) if row.code and tag.startswith(row.code)]


def _together(needed: dict[int, int], spoken: Sequence[int]) -> list[list[int]]:
    levels = dict.fromkeys(spoken, 1) | needed
    return [[skill_id, level] for skill_id, level in sorted(levels.items())]


def live_contact(
    tx: Tx, conversation_id: int, statuses: Sequence[str] = LIVE_STATUSES
) -> Row[Any] | None:
    """The contact that is going on in a conversation, locked; None when it is between contacts."""
    wanted = {"conversation_id": conversation_id, "statuses": statuses}
    return tx.execute(_CONTACT, wanted).first()


def _last_agent(tx: Tx, conversation: Row[Any]) -> int | None:
    """Who handled this customer last: they are asked first."""
    return tx.execute(_LAST_AGENT, {"customer_id": conversation.customer_id}).scalar()
