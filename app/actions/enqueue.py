"""A contact enters a queue: which one, with what skills, how urgent, and for whom first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, select

from app.actions.boost_sources import (
    Entry,
    boosts_of,
    longest_targets,
    promise_due_at,
    total_boost,
)
from app.actions.classify_contact import Classes, classify_contact
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


# An inbox's own queue, in a row with each rule that looks at it: one without a rule if none does.
_RULES = (
    select(inboxes.c.queue_id.label("own_queue_id"), queue_rules)
    .outerjoin(
        queue_rules.join(queues, (queues.c.id == queue_rules.c.queue_id) & queues.c.active),
        queue_rules.c.inbox_id.is_(None) | (queue_rules.c.inbox_id == inboxes.c.id),
    )
    .where(inboxes.c.id == bindparam("inbox_id"))
    .order_by(queue_rules.c.position, queue_rules.c.id)
)
# The languages that are skills, and what the queue asks for with its level.
_SKILLS = (
    select(skills.c.id, skills.c.kind, skills.c.code, queue_skills.c.level)
    .outerjoin(
        queue_skills,
        (queue_skills.c.skill_id == skills.c.id)
        & (queue_skills.c.queue_id == bindparam("queue_id")),
    )
    .where((skills.c.kind == "language") | queue_skills.c.level.is_not(None))
)
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
_QUEUE = select(
    queues,
    *longest_targets(),
    promise_due_at(),
    _LAST_AGENT.scalar_subquery().label("last_agent_id"),
).where(queues.c.id == bindparam("queue_id"))


NOTHING_FOUND = Classes()


@dataclass(frozen=True, slots=True)
class Chosen:
    """The queue for a contact, and what else the rule that chose it says."""

    queue_id: int
    priority: str = ""
    rule_id: int | None = None
    skill_id: int | None = None


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
    rule_id, skill_id = None, None
    if queue_id is None:
        classes = classify_contact(tx, conversation, text)
        rule = choose_queue(tx, conversation, text, classes)
        queue_id, rule_id, skill_id = rule.queue_id, rule.rule_id, rule.skill_id
        priority = priority or rule.priority
    asked = {
        "queue_id": queue_id,
        "customer_id": conversation.customer_id,
        "brand_id": conversation.brand_id,
    }
    queue = tx.execute(_QUEUE, asked).one()
    priority = priority or queue.priority
    channel = registry.get(conversation.channel)
    preferred = queue.last_agent_id  # who handled this customer last: they are asked first
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
        **skills_for(tx, queue, conversation.language, skill_id),
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


def choose_queue(
    tx: Tx, conversation: Row[Any], text: str, classes: Classes = NOTHING_FOUND
) -> Chosen:
    """What the first rule says that matches inbox, language, words and what the contact was
    classified as; else the inbox's own queue."""
    haystack = f"{conversation.subject}\n{text}".casefold()
    rows = tx.execute(_RULES, {"inbox_id": conversation.inbox_id}).all()
    for rule in rows:
        if rule.id is None:
            continue
        if rule.language and not conversation.language.startswith(rule.language):
            continue
        words = [word.strip().casefold() for word in rule.topic.split(",") if word.strip()]
        if words and not any(word in haystack for word in words):
            continue
        if rule.class_topic and rule.class_topic.casefold() != classes.topic.casefold():
            continue
        if rule.urgency not in ("", classes.urgency) or rule.mood not in ("", classes.mood):
            continue
        return Chosen(rule.queue_id, rule.priority, rule.id, rule.skill_id)
    return Chosen(rows[0].own_queue_id)


def skills_for(
    tx: Tx, queue: Row[Any], language: str, skill_id: int | None = None
) -> dict[str, Any]:
    """What a contact of this queue needs, at once and step by step, as its row keeps it.

    The queue's skills, and the customer's language where some agent masters it as a skill. The
    steps drop skills of the queue as time goes on, never the language: who does not understand the
    customer is no help, however long it takes. `skill_id` is what a rule asks for besides; it is
    dropped like the queue's own.
    """
    rows = tx.execute(_SKILLS, {"queue_id": queue.id}).all()
    spoken = [row.id for row in rows if row.kind == "language" and _is_spoken(row.code, language)]
    own = {row.id: row.level for row in rows if row.level is not None}
    if skill_id is not None:
        own.setdefault(skill_id, 1)
    steps = [
        {"after_s": step["after_s"], "skills": _together(dict(step["skills"]), spoken)}
        for step in queue.steps
    ]
    return {"skills": _together(own, spoken), "steps": steps}


def _is_spoken(code: str, language: str) -> bool:
    return bool(code and language) and language.replace("_", "-").startswith(code)


def _together(needed: dict[int, int], spoken: Sequence[int]) -> list[list[int]]:
    levels = dict.fromkeys(spoken, 1) | needed
    return [[skill_id, level] for skill_id, level in sorted(levels.items())]


def live_contact(
    tx: Tx, conversation_id: int, statuses: Sequence[str] = LIVE_STATUSES
) -> Row[Any] | None:
    """The contact that is going on in a conversation, locked; None when it is between contacts."""
    wanted = {"conversation_id": conversation_id, "statuses": statuses}
    return tx.execute(_CONTACT, wanted).first()
