"""Open, snoozed, done, spam: where a conversation stands, and what that means for its contact."""

from typing import Any

from sqlalchemy import Row, func, select, update

from app.actions.contact import end_contact, resume_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import enqueue, live_contact
from app.actions.sla import TAKE_BACK_MS, finish_clocks, pause_clocks
from app.actions.wrap_up import outcome_at_end
from app.db import Invalid, Tx
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.security.permissions import Actor


def resolve(
    tx: Tx,
    actor: Actor,
    conversation_id: int,
    disposition_id: int | None = None,
    note: str | None = None,
) -> None:
    """Done: the contact ends and its capacity is free; a new message from the customer reopens.

    `disposition_id` and `note` say what became of it. Conflict "disposition_needed" where the queue
    wants to know and no wrap-up follows in which it could be said.
    """
    conversation = lock_conversation(tx, conversation_id, actor)
    if conversation.status == "done":
        return
    contact = live_contact(tx, conversation_id)
    if contact is not None:
        end_contact(tx, outcome_at_end(tx, contact, disposition_id, note), "handled")
    finish_clocks(tx, conversation_id)
    change_conversation(
        tx, conversation_id, "status", status="done", snoozed_until=None, waiting_since=None
    )
    add_system_line(tx, conversation_id, "done", actor)


def snooze(tx: Tx, actor: Actor, conversation_id: int, until: int) -> None:
    """Out of sight until a moment (ms) or until the customer writes; the contact ends meanwhile."""
    if until <= tx.now:
        raise Invalid(until="in_the_past")
    lock_conversation(tx, conversation_id, actor)
    _end(tx, conversation_id, "handled")
    pause_clocks(tx, conversation_id)
    change_conversation(
        tx, conversation_id, "status", status="snoozed", spam=False, snoozed_until=until
    )
    add_system_line(tx, conversation_id, "snoozed", actor, until=until)


def reopen(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Open again, as work: back to whoever has just ended it, else into its queue's line."""
    conversation = lock_conversation(tx, conversation_id, actor)
    if conversation.status == "open" and not conversation.spam:
        return
    change_conversation(
        tx, conversation_id, "status", status="open", spam=False, snoozed_until=None
    )
    add_system_line(tx, conversation_id, "reopened", actor)
    if live_contact(tx, conversation_id) is not None:
        return
    just_ended = _just_ended(tx, actor, conversation)
    if just_ended is not None:
        resume_contact(tx, just_ended)
    else:
        enqueue(tx, conversation, queue_id=conversation.queue_id)


def wake_snoozed(tx: Tx) -> int:
    """Snoozes whose time has come are open again and in line; returns how many."""
    due = tx.execute(
        select(conversations.c.id).where(
            conversations.c.status == "snoozed", conversations.c.snoozed_until <= tx.now
        )
    ).scalars()
    count = 0
    for conversation_id in list(due):
        conversation = lock_conversation(tx, conversation_id)
        if conversation.status != "snoozed":
            continue
        change_conversation(tx, conversation_id, "status", status="open", snoozed_until=None)
        add_system_line(tx, conversation_id, "snooze_over")
        if live_contact(tx, conversation_id) is None:
            enqueue(tx, conversation, queue_id=conversation.queue_id)
        count += 1
    return count


def mark_spam(tx: Tx, actor: Actor, conversation_id: int, *, block: bool = False) -> None:
    """Spam: out of the lists, no work; `block` keeps what this customer sends next out as well."""
    conversation = lock_conversation(tx, conversation_id, actor)
    _end(tx, conversation_id, "left")
    finish_clocks(tx, conversation_id, kept=False)
    change_conversation(tx, conversation_id, "status", spam=True, status="done", waiting_since=None)
    add_system_line(tx, conversation_id, "spam", actor)
    if block:
        tx.execute(
            update(customers).where(customers.c.id == conversation.customer_id).values(blocked=True)
        )


def end_by_customer(tx: Tx, conversation_id: int, *, self_served: bool = False) -> None:
    """The customer ended the chat, left the line, or found the answer by themselves."""
    conversation = lock_conversation(tx, conversation_id)
    contact = live_contact(tx, conversation_id)
    outcome = ""
    if contact is not None:
        waiting = contact.status in ("waiting", "offered")
        outcome = "self_served" if self_served else "abandoned" if waiting else "handled"
        end_contact(tx, contact, outcome)
    finish_clocks(tx, conversation_id, kept=outcome != "abandoned")
    if conversation.status != "done":
        change_conversation(
            tx,
            conversation_id,
            "status",
            status="done",
            waiting_since=None,
            self_served=self_served,
        )
        add_system_line(tx, conversation_id, "solved" if self_served else "customer_left")


def _just_ended(tx: Tx, actor: Actor, conversation: Row[Any]) -> Row[Any] | None:
    """The last contact, if this agent ended it a moment ago: opening again takes that back."""
    return tx.execute(
        select(contacts)
        .where(
            contacts.c.id == conversation.contact_id,
            contacts.c.agent_id == actor.agent_id,
            contacts.c.status.in_(("wrap_up", "ended")),
            func.coalesce(contacts.c.ended_at, tx.now) > tx.now - TAKE_BACK_MS,
        )
        .with_for_update()
    ).first()


def _end(tx: Tx, conversation_id: int, outcome: str) -> None:
    contact = live_contact(tx, conversation_id)
    if contact is not None:
        end_contact(tx, contact, outcome)
