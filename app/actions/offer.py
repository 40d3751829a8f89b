"""Offers: made by routing, accepted, declined, not answered in time.

An offer reserves capacity from the moment it is made. Every claim is conditional: the contact must
still wait at its version, the agent still be available with room. A late or repeated answer to an
offer changes nothing.
"""

from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.contact import begin_contact, move_contact, requeue_contact
from app.actions.conversation import add_system_line
from app.actions.set_presence import set_presence
from app.db import Conflict, NotFound, Tx
from app.events import OfferChanged, PresenceChanged
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.queries.routing_state import routing_state
from app.security.permissions import Actor
from routing.settle import Decision, settle

ASK_AGAIN_MS = 30_000  # an agent who has passed has peace for so long, also when they are alone


def route(tx: Tx) -> int:
    """Settle the floor as it is now and make the offers; returns how many were made."""
    decisions = settle(routing_state(tx.conn, tx.now), tx.now)
    made = 0
    for decision in decisions:
        if make_offer(tx, decision) is not None:
            made += 1
    return made


def make_offer(tx: Tx, decision: Decision) -> int | None:
    """Claim contact and agent for a decision; None when the world has moved on since."""
    contact = tx.execute(
        select(contacts)
        .where(
            contacts.c.id == decision.contact,
            contacts.c.status == "waiting",
            contacts.c.version == decision.contact_version,
        )
        .with_for_update()
    ).first()
    if contact is None or not _reserve(tx, decision.agent, contact.cost):
        return None
    excluded = [] if decision.clears_exclusion else contact.excluded
    move_contact(tx, contact, "offered", agent_id=decision.agent, excluded=excluded)
    offer_id: int = tx.execute(
        insert(offers)
        .values(
            contact_id=contact.id,
            agent_id=decision.agent,
            status="pending",
            made_at=tx.now,
            expires_at=decision.expires_at,
            decision=_record_of(decision),
        )
        .returning(offers.c.id)
    ).scalar_one()
    tx.emit(OfferChanged(offer_id, contact.id, contact.conversation_id, decision.agent, "pending"))
    tx.emit(PresenceChanged(decision.agent, ""))
    return offer_id


def _reserve(tx: Tx, agent_id: int, cost: int) -> bool:
    """Take the capacity, if the agent is available and has it; the epoch tells stale readers."""
    capacity = select(agents.c.capacity).where(agents.c.id == agent_id).scalar_subquery()
    done = tx.execute(
        update(presence)
        .where(
            presence.c.agent_id == agent_id,
            presence.c.state == "available",
            presence.c.used + cost <= capacity,
        )
        .values(used=presence.c.used + cost, epoch=presence.c.epoch + 1, last_assigned_at=tx.now)
    )
    return done.rowcount == 1


def accept_offer(tx: Tx, actor: Actor, offer_id: int) -> int:
    """The agent takes it; returns the conversation's id. Accepting twice is accepting once."""
    offer, contact = _own_offer(tx, actor, offer_id)
    if offer.status == "accepted":
        return int(contact.conversation_id)
    if offer.status != "pending" or contact.status != "offered":
        raise Conflict("offer_over", status=offer.status)
    _end(tx, offer, contact, "accepted")
    begin_contact(tx, contact, actor.agent_id)
    add_system_line(tx, contact.conversation_id, "accepted", actor)
    return int(contact.conversation_id)


def decline_offer(tx: Tx, actor: Actor, offer_id: int, reason: str = "") -> None:
    """The agent passes; the contact keeps its age and asks the others first."""
    offer, contact = _own_offer(tx, actor, offer_id)
    if offer.status == "pending" and contact.status == "offered":
        _turn_down(tx, offer, contact, "declined", reason)


def expire_offers(tx: Tx) -> int:
    """Offers nobody answered in time: the contact goes on, the agent is set not ready (RONA)."""
    rows = tx.execute(
        select(offers)
        .where(offers.c.status == "pending", offers.c.expires_at <= tx.now)
        .with_for_update()
    ).all()
    for offer in rows:
        contact = _contact(tx, offer.contact_id)
        if contact.status == "offered":
            _turn_down(tx, offer, contact, "timed_out", "")
            set_presence(tx, offer.agent_id, "not_ready", "no_answer")
        else:
            _end(tx, offer, contact, "rescinded")
    return len(rows)


def _turn_down(tx: Tx, offer: Row[Any], contact: Row[Any], status: str, reason: str) -> None:
    _end(tx, offer, contact, status, reason)
    excluded = sorted({*contact.excluded, offer.agent_id})
    requeue_contact(tx, contact, excluded=excluded, ask_again_at=tx.now + ASK_AGAIN_MS)


def _end(tx: Tx, offer: Row[Any], contact: Row[Any], status: str, reason: str = "") -> None:
    tx.execute(
        update(offers)
        .where(offers.c.id == offer.id)
        .values(status=status, reason=reason[:200], ended_at=tx.now)
    )
    tx.emit(OfferChanged(offer.id, contact.id, contact.conversation_id, offer.agent_id, status))


def _own_offer(tx: Tx, actor: Actor, offer_id: int) -> tuple[Row[Any], Row[Any]]:
    offer = tx.execute(
        select(offers)
        .where(offers.c.id == offer_id, offers.c.agent_id == actor.agent_id)
        .with_for_update()
    ).first()
    if offer is None:
        raise NotFound
    return offer, _contact(tx, offer.contact_id)


def _contact(tx: Tx, contact_id: int) -> Row[Any]:
    return tx.execute(select(contacts).where(contacts.c.id == contact_id).with_for_update()).one()


def _record_of(decision: Decision) -> dict[str, Any]:
    """The decision record as it is kept: plain numbers and names."""
    return {
        "key": list(decision.key),
        "rank": list(decision.rank),
        "step": decision.step,
        "takers": decision.takers,
        "refused": {str(code): count for code, count in decision.refused.items()},
        "runner_up": list(decision.runner_up) if decision.runner_up else None,
        "gave_way": decision.gave_way,
        "policy": decision.policy_version,
    }
