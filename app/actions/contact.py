"""A contact's way through an agent's hands: begin, wrap up, end, go back into line."""

from typing import Any

from sqlalchemy import Row, case, select, update

from app.actions.conversation import change_conversation
from app.actions.end_consult import end_consults
from app.actions.outcome_line import tell_outcome
from app.actions.sla import accepted, move_clocks, resume_clocks
from app.db import Conflict, Tx
from app.events import ContactChanged, OfferChanged, PresenceChanged
from app.models.agent import presence
from app.models.contact import contacts, offers
from app.models.organisation import queues
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
    if contact.status == "active" and (
        status != "active" or changes.get("agent_id", contact.agent_id) != contact.agent_id
    ):
        end_consults(tx, contact_id=contact.id)
    if changes.get("queue_id", contact.queue_id) != contact.queue_id:
        move_clocks(tx, contact, changes["queue_id"])
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
    """The contact is this agent's now; whoever else had capacity reserved for it has it back, and
    an offer that still waits for an answer is over: taken by its agent, rescinded for others."""
    if agent_id not in _release(tx, contact, keeps=agent_id):
        use_capacity(tx, agent_id, contact.cost, last_assigned_at=tx.now)
    answered = contact.answered_at if contact.answered_at is not None else tx.now
    move_contact(tx, contact, "active", agent_id=agent_id, answered_at=answered)
    accepted(tx, contact)
    change_conversation(tx, contact.conversation_id, "assignee", assignee_id=agent_id)


def end_contact(tx: Tx, contact: Row[Any], outcome: str) -> None:
    """The episode is over: capacity is free, after wrap-up where queue or channel grant it."""
    wrap_up_s = wrap_up_seconds(tx, contact) if contact.status == "active" else 0
    if contact.status == "active" and outcome == "handled" and wrap_up_s:
        until = tx.now + wrap_up_s * 1000
        move_contact(
            tx, contact, "wrap_up", outcome=outcome, wrap_up_at=tx.now, wrap_up_until=until
        )
        return
    _release(tx, contact)
    # An offer that nobody accepted makes it nobody's work.
    agent_id = contact.agent_id if contact.status == "active" else None
    move_contact(tx, contact, "ended", outcome=outcome, ended_at=tx.now, agent_id=agent_id)
    if agent_id is not None:
        tell_outcome(tx, contact)


def wrap_up_seconds(tx: Tx, contact: Row[Any]) -> int:
    """How long the work after a contact lasts: as its queue says, else as its channel grants."""
    own: int | None = tx.execute(
        select(queues.c.wrap_up_s).where(queues.c.id == contact.queue_id)
    ).scalar()
    return registry.get(contact.channel).wrap_up_s if own is None else own


def end_wrap_up(tx: Tx, contact_id: int) -> None:
    """After-contact work is done or its time is up; a second call does nothing."""
    contact = tx.execute(
        select(contacts)
        .where(contacts.c.id == contact_id, contacts.c.status == "wrap_up")
        .with_for_update()
    ).first()
    if contact is None:
        return
    _release(tx, contact)
    move_contact(tx, contact, "ended", ended_at=tx.now)
    tell_outcome(tx, contact)


def resume_contact(tx: Tx, contact: Row[Any]) -> None:
    """Take the end of a contact back: it is its agent's again, with its capacity."""
    if contact.status == "ended":
        use_capacity(tx, contact.agent_id, contact.cost)
    move_contact(
        tx, contact, "active", outcome="", ended_at=None, wrap_up_at=None, wrap_up_until=None
    )
    resume_clocks(tx, contact.conversation_id)
    change_conversation(
        tx, contact.conversation_id, "assignee", assignee_id=contact.agent_id, contact_id=contact.id
    )


def requeue_contact(tx: Tx, contact: Row[Any], **changes: Any) -> None:
    """Back into line with its own age; nobody owns it any more."""
    _release(tx, contact)
    _put_in_line(tx, contact, changes)


def end_offer(
    tx: Tx, offer: Row[Any], contact: Row[Any], status: str, reason: str = "", **changes: Any
) -> None:
    """One offer is over without being taken: its agent has the units back. The contact stays
    offered while somebody else is asked as well; else it goes back into line with its own age."""
    done = tx.execute(
        update(offers)
        .where(offers.c.id == offer.id, offers.c.status == "pending")
        .values(status=status, reason=reason[:200], ended_at=tx.now)
    )
    if done.rowcount == 0:
        return
    tx.emit(OfferChanged(offer.id, contact.id, contact.conversation_id, offer.agent_id, status))
    use_capacity(tx, offer.agent_id, -contact.cost)
    others = select(offers.c.agent_id).where(
        offers.c.contact_id == contact.id, offers.c.status == "pending"
    )
    asked = tx.execute(others.order_by(offers.c.id).limit(1)).scalar()
    if asked is not None:
        move_contact(tx, contact, "offered", agent_id=asked, **changes)
    else:
        _put_in_line(tx, contact, changes)


def is_asked(tx: Tx, contact: Row[Any], agent_id: int) -> bool:
    """Whether the contact is offered to this agent, perhaps among others."""
    if contact.status != "offered":
        return False
    own = select(offers.c.id).where(
        offers.c.contact_id == contact.id,
        offers.c.agent_id == agent_id,
        offers.c.status == "pending",
    )
    return tx.execute(own).first() is not None


def _put_in_line(tx: Tx, contact: Row[Any], changes: dict[str, Any]) -> None:
    move_contact(tx, contact, "waiting", agent_id=None, **changes)
    change_conversation(tx, contact.conversation_id, "assignee", assignee_id=None)


def _release(tx: Tx, contact: Row[Any], keeps: int | None = None) -> set[int]:
    """Give back what is reserved or in use for the contact, except by the agent who `keeps` it;
    returns that agent if they had it. Every offer that waits for an answer ends here."""
    holders: list[int] = []
    if contact.status == "offered":
        holders = _close_offers(tx, contact, keeps)
    elif contact.status in ("active", "wrap_up") and contact.agent_id is not None:
        holders = [contact.agent_id]
    for agent_id in holders:
        if agent_id != keeps:
            use_capacity(tx, agent_id, -contact.cost)
    return {agent_id for agent_id in holders if agent_id == keeps}


def _close_offers(tx: Tx, contact: Row[Any], taken_by: int | None) -> list[int]:
    """End the contact's pending offers; returns whom they were made to."""
    rows = tx.execute(
        update(offers)
        .where(offers.c.contact_id == contact.id, offers.c.status == "pending")
        .values(
            status=case((offers.c.agent_id == taken_by, "accepted"), else_="rescinded"),
            ended_at=tx.now,
        )
        .returning(
            offers.c.id, offers.c.agent_id, offers.c.status, offers.c.made_at, offers.c.decision
        )
    ).all()
    for row in rows:
        tx.emit(OfferChanged(row.id, contact.id, contact.conversation_id, row.agent_id, row.status))
        if row.status == "rescinded":
            _was_idle(tx, row)
    return [row.agent_id for row in rows]


def _was_idle(tx: Tx, offer: Row[Any]) -> None:
    """Who was asked for nothing has not lost their place among those idle for longest; the record
    of the decision knows it (see `routing.rank.Rank`)."""
    rank = offer.decision.get("rank")
    if rank:
        tx.execute(
            update(presence)
            .where(
                presence.c.agent_id == offer.agent_id,
                presence.c.last_assigned_at == offer.made_at,
            )
            .values(last_assigned_at=rank[3])
        )
