"""Asking a colleague while the customer stays with the first agent, and handing over to them.

A consult uses no capacity and gives the colleague the conversation to read, and notes to write, for
as long as it lasts. Handing over asks for the colleague's room, and moves the contact at once.
"""

from typing import Any

from sqlalchemy import Row, func, insert, select, update

from app.actions.contact import begin_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.end_consult import OPEN, close_consult
from app.actions.enqueue import live_contact
from app.actions.rows import change_row
from app.actions.send_message import Reply, send_message
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import ConsultChanged
from app.models.agent import agents, presence
from app.models.contact import consults, contacts
from app.queries.due import CONSULT_MS
from app.queries.interruptions import free_units
from app.security.permissions import Actor, load_actor

MOST_ASKED = 3  # colleagues in one conversation at a time


def ask_colleague(
    tx: Tx, actor: Actor, conversation_id: int, agent_id: int, question: Reply | None = None
) -> int:
    """Ask somebody who is available to join; returns the consult's id. The question is a note in
    the conversation. Asking somebody who is asked already is asking once."""
    conversation = lock_conversation(tx, conversation_id, actor)
    contact = live_contact(tx, conversation_id)
    if contact is None or (contact.status, contact.agent_id) != ("active", actor.agent_id):
        raise Conflict("not_yours_to_share")
    colleague = load_actor(tx.conn, agent_id)
    if (
        colleague is None
        or agent_id == actor.agent_id
        or not colleague.sees_brand(conversation.brand_id)
    ):
        raise Invalid(agent="unknown")
    _require_available(tx, agent_id)
    going_on = tx.execute(
        select(consults.c.id, consults.c.to_agent_id).where(
            consults.c.contact_id == contact.id, consults.c.status.in_(OPEN)
        )
    ).all()
    for row in going_on:
        if row.to_agent_id == agent_id:
            return int(row.id)
    if len(going_on) >= MOST_ASKED:
        raise Conflict("enough_asked")
    if question is not None:
        send_message(tx, actor, conversation_id, question)
    return _ask(tx, contact, actor.agent_id, agent_id)


def _ask(tx: Tx, contact: Row[Any], from_agent_id: int, to_agent_id: int) -> int:
    consult_id: int = tx.execute(
        insert(consults)
        .values(
            conversation_id=contact.conversation_id,
            contact_id=contact.id,
            from_agent_id=from_agent_id,
            to_agent_id=to_agent_id,
            status="asked",
            asked_at=tx.now,
        )
        .returning(consults.c.id)
    ).scalar_one()
    tx.emit(
        ConsultChanged(consult_id, contact.conversation_id, from_agent_id, to_agent_id, "asked")
    )
    change_conversation(tx, contact.conversation_id, "consult")
    return consult_id


def join_consult(tx: Tx, actor: Actor, consult_id: int) -> int:
    """The colleague comes in and sees the conversation from now on; returns its id. Joining twice
    is joining once; Conflict "consult_over" when nobody asks any more."""
    consult = _of(tx, actor, consult_id, consults.c.to_agent_id)
    if consult.status == "joined":
        return int(consult.conversation_id)
    if consult.status != "asked":
        raise Conflict("consult_over")
    tx.execute(
        update(consults)
        .where(consults.c.id == consult_id)
        .values(status="joined", joined_at=tx.now)
    )
    add_system_line(tx, consult.conversation_id, "consult_joined", actor)
    tx.emit(
        ConsultChanged(
            consult_id, consult.conversation_id, consult.from_agent_id, actor.agent_id, "joined"
        )
    )
    change_conversation(tx, consult.conversation_id, "consult")
    return int(consult.conversation_id)


def decline_consult(tx: Tx, actor: Actor, consult_id: int) -> None:
    """The colleague cannot come; late or repeated, it changes nothing."""
    consult = _of(tx, actor, consult_id, consults.c.to_agent_id)
    if consult.status == "asked":
        close_consult(tx, consult, "declined")


def leave_consult(tx: Tx, actor: Actor, consult_id: int) -> None:
    """Either side ends it; a second call does nothing."""
    consult = _of(tx, actor, consult_id, consults.c.to_agent_id, consults.c.from_agent_id)
    if consult.status in OPEN:
        close_consult(tx, consult, "ended")


def hand_over(tx: Tx, actor: Actor, consult_id: int) -> int:
    """The conversation is the colleague's at once, with the age it has; returns its id.

    Conflict "colleague_away" or "colleague_full" where they could not be offered it either.
    """
    consult = _of(tx, actor, consult_id, consults.c.from_agent_id)
    if consult.status == "handed":
        return int(consult.conversation_id)
    if consult.status != "joined":
        raise Conflict("consult_over")
    conversation = lock_conversation(tx, consult.conversation_id, actor)
    contact = live_contact(tx, conversation.id)
    if contact is None or (contact.status, contact.agent_id) != ("active", actor.agent_id):
        raise Conflict("not_yours_to_share")
    _require_available(tx, consult.to_agent_id)
    _require_room(tx, consult.to_agent_id, contact)
    close_consult(tx, consult, "handed")
    begin_contact(tx, contact, consult.to_agent_id)
    change_row(tx, contacts, contact.id, moves=contact.moves + 1)
    name = tx.execute(select(agents.c.name).where(agents.c.id == consult.to_agent_id)).scalar()
    add_system_line(tx, conversation.id, "handed_over", actor, agent=name)
    return int(conversation.id)


def expire_consults(tx: Tx) -> int:
    """Whoever was asked and did not come is asked no longer; returns how many that were."""
    late = tx.execute(
        select(consults).where(
            consults.c.status == "asked", consults.c.asked_at <= tx.now - CONSULT_MS
        )
    ).all()
    for consult in late:
        close_consult(tx, consult, "ended")
    return len(late)


def _of(tx: Tx, actor: Actor, consult_id: int, *sides: Any) -> Row[Any]:
    """The consult, locked; NotFound unless the actor stands on one of these sides of it."""
    row = tx.execute(select(consults).where(consults.c.id == consult_id).with_for_update()).first()
    if row is None or actor.agent_id not in [row._mapping[side] for side in sides]:
        raise NotFound
    return row


def _require_available(tx: Tx, agent_id: int) -> None:
    state = tx.execute(
        select(presence.c.state).where(presence.c.agent_id == agent_id).with_for_update()
    ).scalar()
    if state != "available":
        raise Conflict("colleague_away")


def _require_room(tx: Tx, agent_id: int, contact: Row[Any]) -> None:
    maxima = tx.execute(select(agents.c.max_by_channel).where(agents.c.id == agent_id)).scalar_one()
    held = tx.execute(
        select(func.count()).where(
            contacts.c.agent_id == agent_id,
            contacts.c.channel == contact.channel,
            contacts.c.status.in_(("offered", "active", "wrap_up")),
        )
    ).scalar_one()
    most = maxima.get(contact.channel)
    if free_units(tx.conn, agent_id, contact.channel) < contact.cost or (
        most is not None and held >= most
    ):
        raise Conflict("colleague_full")
