"""An agent corrects what a contact was taken for; one that waits is routed by it from then on."""

from sqlalchemy import select

from app.actions.classify_contact import correct_class
from app.actions.contact import requeue_contact
from app.actions.enqueue import live_contact, skills_for
from app.db import Tx
from app.models.organisation import queue_rules, queues
from app.security.permissions import Actor


def correct_contact(tx: Tx, actor: Actor, conversation_id: int, what: str, value: str) -> None:
    """Correct a class as `correct_class` does. With another language a contact that waits stays in
    its queue and keeps its age, and goes to whoever speaks that language."""
    correct_class(tx, actor, conversation_id, what, value)
    contact = live_contact(tx, conversation_id, ("waiting",)) if what == "language" else None
    if contact is None:
        return
    queue = tx.execute(select(queues).where(queues.c.id == contact.queue_id)).one()
    asked = tx.execute(  # what the rule wants besides, unless the contact has left its queue
        select(queue_rules.c.skill_id).where(
            queue_rules.c.id == contact.rule_id, queue_rules.c.queue_id == contact.queue_id
        )
    ).scalar()
    needed = skills_for(tx, queue, value, asked)
    if (needed["skills"], needed["steps"]) != (contact.skills, contact.steps):
        requeue_contact(tx, contact, **needed)
