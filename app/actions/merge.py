"""Two conversations become one: the messages of one go into the other, at their place in time.

What was merged away stays as an empty page that says where its messages are; mail for it is led
there. For ten minutes the merge can be undone.
"""

from typing import Any

from sqlalchemy import Row, select, update

from app.actions.contact import end_contact, move_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import enqueue, live_contact
from app.actions.rehome import movable, rehome
from app.actions.sla import finish_clocks
from app.actions.surroundings import share_surroundings, unshare_surroundings
from app.db import Conflict, Invalid, Tx
from app.models.contact import consults, contacts, sla_clocks
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.security.audit import audit
from app.security.permissions import Actor

UNDO_MS = 10 * 60_000


def merge(
    tx: Tx, actor: Actor, conversation_id: int, into_id: int, *, of_others: bool = False
) -> None:
    """Merge a conversation into another of the same brand; both must be the actor's to work with.

    Raises Conflict: "other_customer" until `of_others` says that this is meant, "other_brand",
    "live_chat" where a visitor would wait in a chat that nobody answers any more.
    """
    away, into = _both(tx, actor, conversation_id, into_id)
    if away.brand_id != into.brand_id:
        raise Conflict("other_brand")
    if away.customer_id != into.customer_id and not of_others:
        raise Conflict("other_customer")
    if away.channel != into.channel and "chat" in (away.channel, into.channel):
        chat = away if away.channel == "chat" else into
        if chat.status == "open":
            raise Conflict("live_chat")
    ids = [[row.id, row.seq] for row in movable(tx, away.id)]
    work = live_contact(tx, away.id)
    moved_contact = _bring_work(tx, away, into, work)
    other = tx.execute(
        select(customers.c.email).where(
            customers.c.id == away.customer_id, customers.c.id != into.customer_id
        )
    ).scalar()
    change_conversation(
        tx,
        away.id,
        "status",
        status="done",
        merged_into_id=into.id,
        waiting_since=None,
        snoozed_until=None,
        assignee_id=None,
        contact_id=None if moved_contact else away.contact_id,
    )
    rehome(tx, [message_id for message_id, _ in ids], away.id, into.id)
    shared = share_surroundings(tx, away.id, into.id, [other] if other else [])
    add_system_line(
        tx,
        away.id,
        "merged_away",
        actor,
        conversation=into.id,
        messages=ids,
        status=away.status,
        contact=moved_contact,
        had_work=work is not None,
        queue=away.queue_id,
        assignee=away.assignee_id,
        shared=shared,
    )
    add_system_line(tx, into.id, "merged_in", actor, conversation=away.id)
    audit(tx, actor, "conversation.merged", f"conversation {away.id}", into=into.id)


def undo_merge(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Take a merge back: what came from here and is still there comes home, its tags, further
    people and unchanged drafts as well.

    Raises Conflict: "not_merged", "too_late" after ten minutes, "went_on" where the other
    conversation was itself merged since.
    """
    away = lock_conversation(tx, conversation_id, actor, merged=True)
    line = tx.execute(
        select(messages)
        .where(messages.c.conversation_id == away.id, messages.c.text == "merged_away")
        .where(messages.c.kind == "system")
        .order_by(messages.c.seq.desc())
        .limit(1)
    ).first()
    if away.merged_into_id is None or line is None:
        raise Conflict("not_merged")
    if tx.now - line.created_at > UNDO_MS:
        raise Conflict("too_late")
    into = lock_conversation(tx, away.merged_into_id, actor, merged=True)
    if into.merged_into_id is not None:
        raise Conflict("went_on")
    ids = [message_id for message_id, _ in line.details["messages"]]
    change_conversation(tx, away.id, "status", status=line.details["status"], merged_into_id=None)
    rehome(tx, ids, into.id, away.id)
    unshare_surroundings(tx, away.id, into.id, line.details.get("shared", {}))
    _bring_work_back(tx, away, into, line.details)
    add_system_line(tx, away.id, "merge_undone", actor, conversation=into.id)
    add_system_line(tx, into.id, "merge_undone", actor, conversation=away.id)
    audit(tx, actor, "conversation.unmerged", f"conversation {away.id}", into=into.id)


def _both(tx: Tx, actor: Actor, one: int, other: int) -> tuple[Row[Any], Row[Any]]:
    """Both rows under lock, always in the same order, so that two merges never wait in a circle."""
    if one == other:
        raise Invalid(conversation="the_same")
    rows = {each: lock_conversation(tx, each, actor) for each in sorted((one, other))}
    return rows[one], rows[other]


def _bring_work(tx: Tx, away: Row[Any], into: Row[Any], contact: Row[Any] | None) -> int | None:
    """The work goes along, with its place in line, its agent and its promises; where there is work
    already that goes on, and the other ends. Returns the contact that went along."""
    if contact is None:
        return None
    if live_contact(tx, into.id) is not None or into.spam:
        end_contact(tx, contact, "left")
        finish_clocks(tx, away.id, kept=False)
        return None
    finish_clocks(tx, into.id)
    _hand_over(tx, contact, into.id, away)
    return int(contact.id)


def _hand_over(tx: Tx, contact: Row[Any], to_id: int, away: Row[Any]) -> None:
    tx.execute(update(contacts).where(contacts.c.id == contact.id).values(conversation_id=to_id))
    tx.execute(
        update(sla_clocks)
        .where(sla_clocks.c.conversation_id == away.id, sla_clocks.c.ended_at.is_(None))
        .values(conversation_id=to_id)
    )
    tx.execute(
        update(consults).where(consults.c.contact_id == contact.id).values(conversation_id=to_id)
    )
    change_conversation(
        tx,
        to_id,
        "assignee",
        status="open",
        snoozed_until=None,
        contact_id=contact.id,
        queue_id=contact.queue_id,
        assignee_id=away.assignee_id,
    )
    moved = tx.execute(select(contacts).where(contacts.c.id == contact.id)).one()
    move_contact(tx, moved, moved.status)


def _bring_work_back(tx: Tx, away: Row[Any], into: Row[Any], was: dict[str, Any]) -> None:
    contact = live_contact(tx, into.id)
    if was["contact"] is not None and contact is not None and contact.id == was["contact"]:
        held = tx.execute(select(conversations).where(conversations.c.id == into.id)).one()
        _hand_over(tx, contact, away.id, held)
        change_conversation(
            tx, into.id, "status", status="done", assignee_id=None, waiting_since=None
        )
    elif was["had_work"]:
        row = tx.execute(select(conversations).where(conversations.c.id == away.id)).one()
        enqueue(tx, row, queue_id=was["queue"])
