"""A customer is called back: what the agent who has called says came of it.

The contact has waited in line without the customer, and came to an agent first. Nothing else ends a
callback: it is worked on like any other contact once the customer is reached.
"""

from typing import Any

from sqlalchemy import Row, select

from app.actions.contact import end_contact, requeue_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import live_contact
from app.db import Conflict, Tx
from app.models.organisation import queues
from app.queries.calendars import calendar
from app.security.permissions import Actor
from routing.callback import CallbackRules, next_try_at
from routing.hours import Hours

RULES = CallbackRules()


def callback_not_reached(tx: Tx, actor: Actor, conversation_id: int) -> None:
    """Nobody answered: the contact goes back to its own place in line and is called again later.

    After the last try it ends, and the conversation is done; a message from the customer opens it
    again. Conflict where the agent has no callback in hand.
    """
    lock_conversation(tx, conversation_id, actor)
    contact = live_contact(tx, conversation_id, ("active",))
    if contact is None or contact.agent_id != actor.agent_id or not contact.callback:
        raise Conflict("no_callback")
    tries = contact.callback["tries"] + 1
    next_at = next_try_at(tries, tx.now, RULES, _hours(tx, contact.queue_id))
    if next_at is not None:
        _later(tx, contact, tries, next_at)
    else:
        _give_up(tx, contact)
    add_system_line(tx, conversation_id, "not_reached", actor, tries=tries, of=RULES.tries)


def _hours(tx: Tx, queue_id: int) -> Hours | None:
    hours_id = tx.execute(select(queues.c.hours_id).where(queues.c.id == queue_id)).scalar()
    return calendar(tx.conn, hours_id)


def _later(tx: Tx, contact: Row[Any], tries: int, next_at: int) -> None:
    requeue_contact(
        tx,
        contact,
        callback={**contact.callback, "tries": tries, "next_at": next_at},
        answered_at=None,
        excluded=[],
        exclusion_cleared=False,
        ask_again_at=None,
        preferred_agent_id=None,
        preferred_until=None,
    )


def _give_up(tx: Tx, contact: Row[Any]) -> None:
    end_contact(tx, contact, "left")
    change_conversation(
        tx, contact.conversation_id, "status", status="done", waiting_since=None, snoozed_until=None
    )
