"""The answers to offers: accepted, declined, not answered in time. `route` makes offers at once.

A late or repeated answer to an offer changes nothing. Where several agents were asked at once, the
first to accept has the contact, and the others' offers end in the same transaction.
"""

from typing import Any

from sqlalchemy import Row, select

from app.actions.contact import begin_contact, end_offer
from app.actions.conversation import add_system_line
from app.actions.make_offers import make_offers
from app.actions.set_presence import set_presence
from app.db import Conflict, NotFound, Tx
from app.models.contact import contacts, offers
from app.queries.routing_state import routing_state
from app.security.permissions import Actor
from routing.settle import settle

# Whoever has passed has peace for so long, also when they are the only one at work: without it the
# offer they have just declined would be back on their screen before they have read why it went.
ASK_AGAIN_MS = 30_000


def route(tx: Tx) -> int:
    """Settle the floor as it is, from scratch, and make the offers; returns how many were made.

    The plain face of routing, for tests and tools; the worker keeps an engine in memory instead.
    """
    decisions = settle(routing_state(tx.conn, tx.now), tx.now)
    return make_offers(tx, decisions).made


def accept_offer(tx: Tx, actor: Actor, offer_id: int) -> int:
    """The agent takes it; returns the conversation's id. Accepting twice is accepting once."""
    offer, contact = _own_offer(tx, actor, offer_id)
    if offer.status == "accepted":
        return int(contact.conversation_id)
    if offer.status != "pending" or contact.status != "offered":
        raise Conflict("offer_over", status=offer.status)
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
    due = tx.execute(
        select(offers.c.id, offers.c.contact_id)
        .where(offers.c.status == "pending", offers.c.expires_at <= tx.now)
        .order_by(offers.c.id)
    ).all()
    expired = 0
    for row in due:
        offer, contact = _locked(tx, row.id, row.contact_id)
        if offer.status != "pending":  # it ended with another one of the same agent or contact
            continue
        _turn_down(tx, offer, contact, "timed_out", "")
        set_presence(tx, offer.agent_id, "not_ready", "no_answer")
        expired += 1
    return expired


def _turn_down(tx: Tx, offer: Row[Any], contact: Row[Any], status: str, reason: str) -> None:
    excluded = sorted({*contact.excluded, offer.agent_id})
    again = tx.now + ASK_AGAIN_MS
    end_offer(tx, offer, contact, status, reason, excluded=excluded, ask_again_at=again)


def _own_offer(tx: Tx, actor: Actor, offer_id: int) -> tuple[Row[Any], Row[Any]]:
    contact_id = tx.execute(
        select(offers.c.contact_id).where(
            offers.c.id == offer_id, offers.c.agent_id == actor.agent_id
        )
    ).scalar()
    if contact_id is None:
        raise NotFound
    return _locked(tx, offer_id, contact_id)


def _locked(tx: Tx, offer_id: int, contact_id: int) -> tuple[Row[Any], Row[Any]]:
    """The offer and its contact. The contact is locked first: two agents who accept what was
    offered to both would otherwise wait for each other."""
    contact = tx.execute(
        select(contacts).where(contacts.c.id == contact_id).with_for_update()
    ).one()
    offer = tx.execute(select(offers).where(offers.c.id == offer_id).with_for_update()).one()
    return offer, contact
