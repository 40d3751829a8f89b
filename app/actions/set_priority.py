"""A contact's priority is changed while it waits: it counts as having come earlier, or later."""

from typing import cast, get_args

from app.actions.boost_sources import total_boost
from app.actions.contact import move_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import live_contact
from app.db import Conflict, Invalid, Tx
from app.security.permissions import Actor
from routing.boost import Priority, priority_boost


def set_priority(tx: Tx, actor: Actor, conversation_id: int, priority: str) -> None:
    """Give the contact another priority; its place in line changes by the difference.

    The other parts of its head start stay, and all of it within the largest there is. Conflict
    where nothing waits or is being worked on.
    """
    if priority not in get_args(Priority):
        raise Invalid(priority="unknown")
    lock_conversation(tx, conversation_id, actor)
    contact = live_contact(tx, conversation_id)
    if contact is None:
        raise Conflict("no_contact")
    if contact.priority == priority:
        return
    own = ["priority", priority_boost(cast(Priority, priority))]
    boosts = [own] * bool(own[1]) + [part for part in contact.boosts if part[0] != "priority"]
    move_contact(
        tx,
        contact,
        contact.status,
        priority=priority,
        boosts=boosts,
        boost_ms=total_boost(boosts),
    )
    change_conversation(tx, conversation_id, "priority")
    add_system_line(tx, conversation_id, "priority", actor, priority=priority, was=contact.priority)
