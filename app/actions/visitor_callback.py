"""A visitor asks to be called back: they leave the line, their contact keeps its place in it."""

import re

from sqlalchemy import select

from app.actions.contact import move_contact
from app.actions.conversation import add_system_line, lock_conversation
from app.actions.enqueue import live_contact
from app.actions.visitor import session_of
from app.db import Conflict, Invalid, NotFound, Tx
from app.models.organisation import queues
from app.queries.calendars import calendar
from app.queries.callback import calls_back
from channels.identity import normalise
from routing.callback import next_try_at

_DIALLED = re.compile(r"\+?[\d ()/.-]{6,30}")
FEWEST_DIGITS = 6


def ask_for_call(tx: Tx, session_id: int, phone: str) -> None:
    """Call them at this number once somebody is there. Conflict("no_callback") where their queue
    calls nobody back, or they do not wait."""
    session = session_of(tx, session_id)
    if session.conversation_id is None:
        raise NotFound
    conversation = lock_conversation(tx, session.conversation_id)
    contact = live_contact(tx, conversation.id, ("waiting", "offered"))
    if contact is None:
        raise Conflict("no_callback")
    queue = tx.execute(select(queues).where(queues.c.id == contact.queue_id)).one()
    if not calls_back(queue.overflow):
        raise Conflict("no_callback")
    number = _number(phone)
    next_at = next_try_at(0, tx.now, hours=calendar(tx.conn, queue.hours_id))
    callback = {"to": number, "tries": 0, "next_at": next_at or tx.now}
    move_contact(tx, contact, contact.status, callback=callback)
    add_system_line(tx, conversation.id, "to_callback", to=number, why="asked")


def _number(typed: str) -> str:
    """As it is dialled from anywhere, else as it was typed: we do not know where they live."""
    text = " ".join(typed.split())
    if (known := normalise("phone", text)) is not None:
        return known
    if not _DIALLED.fullmatch(text) or sum(sign.isdigit() for sign in text) < FEWEST_DIGITS:
        raise Invalid(phone="not_a_phone" if text else "required")
    return text
