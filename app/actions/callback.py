"""A customer is called back: what the agent who has called says came of it.

The contact has waited in line without the customer, and came to an agent first. Nothing else ends a
callback: it is worked on like any other contact once the customer is reached.
"""

from typing import Any

from sqlalchemy import Row

from app.actions.contact import end_contact, requeue_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import live_contact
from app.db import Conflict, Tx
from app.security.permissions import Actor

TRIES = 3  # then nobody calls any more
AGAIN_MS = (10 * 60_000, 60 * 60_000)  # after the first try and after the second


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
    if tries < TRIES:
        _later(tx, contact, tries)
    else:
        _give_up(tx, contact)
    add_system_line(tx, conversation_id, "not_reached", actor, tries=tries, of=TRIES)


def _later(tx: Tx, contact: Row[Any], tries: int) -> None:
    next_at = tx.now + AGAIN_MS[min(tries, len(AGAIN_MS)) - 1]
    requeue_contact(
        tx,
        contact,
        callback={**contact.callback, "tries": tries, "next_at": next_at},
        answered_at=None,
        preferred_agent_id=None,
        preferred_until=None,
    )


def _give_up(tx: Tx, contact: Row[Any]) -> None:
    end_contact(tx, contact, "left")
    change_conversation(
        tx, contact.conversation_id, "status", status="done", waiting_since=None, snoozed_until=None
    )
