"""A contact's way through an agent's hands: begin, wrap up, end, go back into line."""

from typing import Any

from sqlalchemy import Row, select, update

from app.actions.conversation import change_conversation
from app.db import Conflict, Tx
from app.events import ContactChanged, OfferChanged, PresenceChanged
from app.models.agent import presence
from app.models.contact import contacts, offers
from channels import registry


def move_contact(tx: Tx, contact: Row[Any], status: str, **changes: Any) -> None:
    """Change a contact's status, guarded by its version, and say so."""
    done = tx.execute(
        update(contacts)
        .where(contacts.c.id == contact.id, contacts.c.version == contact.version)
        .values(status=status, version=contacts.c.version + 1, **changes)
    )
    if done.rowcount == 0:
        raise Conflict("contact_moved", contact_id=contact.id)
    tx.emit(
        ContactChanged(
            contact.id,
            contact.conversation_id,
            changes.get("queue_id", contact.queue_id),
            status,
            changes.get("agent_id", contact.agent_id),
        )
    )


def use_capacity(tx: Tx, agent_id: int, units: int, **changes: Any) -> None:
    """Take (or with a negative number give back) an agent's capacity without asking."""
    tx.execute(
        update(presence)
        .where(presence.c.agent_id == agent_id)
        .values(used=presence.c.used + units, epoch=presence.c.epoch + 1, **changes)
    )
    tx.emit(PresenceChanged(agent_id, ""))


def begin_contact(tx: Tx, contact: Row[Any], agent_id: int) -> None:
    """The contact is this agent's now; whoever had capacity reserved for it has it back, and an
    offer that still waits for an answer is over: taken by its agent, rescinded for another."""
    _close_offers(tx, contact, taken_by=agent_id)
    if contact.agent_id != agent_id or contact.status == "waiting":
        _give_back(tx, contact)
        use_capacity(tx, agent_id, contact.cost, last_assigned_at=tx.now)
    answered = contact.answered_at if contact.answered_at is not None else tx.now
    move_contact(tx, contact, "active", agent_id=agent_id, answered_at=answered)
    change_conversation(tx, contact.conversation_id, "assignee", assignee_id=agent_id)


def end_contact(tx: Tx, contact: Row[Any], outcome: str) -> None:
    """The episode is over: capacity is free, after wrap-up where the channel grants it."""
    _close_offers(tx, contact)
    wrap_up_s = registry.get(contact.channel).wrap_up_s if contact.status == "active" else 0
    if contact.status == "active" and outcome == "handled" and wrap_up_s:
        move_contact(
            tx, contact, "wrap_up", outcome=outcome, wrap_up_until=tx.now + wrap_up_s * 1000
        )
        return
    _give_back(tx, contact)
    # An offer that nobody accepted makes it nobody's work.
    agent_id = contact.agent_id if contact.status == "active" else None
    move_contact(tx, contact, "ended", outcome=outcome, ended_at=tx.now, agent_id=agent_id)


def end_wrap_up(tx: Tx, contact_id: int) -> None:
    """After-contact work is done or its time is up; a second call does nothing."""
    contact = tx.execute(
        select(contacts)
        .where(contacts.c.id == contact_id, contacts.c.status == "wrap_up")
        .with_for_update()
    ).first()
    if contact is None:
        return
    _give_back(tx, contact)
    move_contact(tx, contact, "ended", ended_at=tx.now)


def resume_contact(tx: Tx, contact: Row[Any]) -> None:
    """Take the end of a contact back: it is its agent's again, with its capacity."""
    if contact.status == "ended":
        use_capacity(tx, contact.agent_id, contact.cost)
    move_contact(tx, contact, "active", outcome="", ended_at=None, wrap_up_until=None)
    change_conversation(
        tx, contact.conversation_id, "assignee", assignee_id=contact.agent_id, contact_id=contact.id
    )


def requeue_contact(tx: Tx, contact: Row[Any], **changes: Any) -> None:
    """Back into line with its own age; nobody owns it any more."""
    _close_offers(tx, contact)
    _give_back(tx, contact)
    move_contact(tx, contact, "waiting", agent_id=None, **changes)
    change_conversation(tx, contact.conversation_id, "assignee", assignee_id=None)


def _give_back(tx: Tx, contact: Row[Any]) -> None:
    if contact.agent_id is not None and contact.status in ("offered", "active", "wrap_up"):
        use_capacity(tx, contact.agent_id, -contact.cost)


def _close_offers(tx: Tx, contact: Row[Any], taken_by: int | None = None) -> None:
    if contact.status != "offered":
        return
    status = "accepted" if contact.agent_id == taken_by else "rescinded"
    rows = tx.execute(
        update(offers)
        .where(offers.c.contact_id == contact.id, offers.c.status == "pending")
        .values(status=status, ended_at=tx.now)
        .returning(offers.c.id, offers.c.agent_id)
    ).all()
    for row in rows:
        tx.emit(OfferChanged(row.id, contact.id, contact.conversation_id, row.agent_id, status))
