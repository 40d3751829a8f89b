"""A chat in which nobody speaks any more: a warning first, then it is done.

Only chats in which the agent spoke last: a customer who waits for an answer, or in line for the
colleague they were passed on to, is never shown out.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, exists, select

from app.actions.contact import end_contact
from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.enqueue import live_contact
from app.actions.sla import finish_clocks
from app.db import Tx
from app.models.contact import contacts
from app.models.conversation import conversations, messages

WARNING, ENDED, BY_MACHINE = "idle_warning", "idle_ended", "machine_ended"
NOTICE_MS = 300_000  # the warning comes five minutes before the end, or at half time


def warn_idle_chats(tx: Tx, idle_ms: int) -> int:
    """Say in each idle chat that it will end soon; once for each silence."""
    silent_ms = idle_ms - min(NOTICE_MS, idle_ms // 2)
    warned = 0
    for row in _silent(tx, silent_ms):
        if row.warned_at is None:
            add_system_line(tx, row.id, WARNING)
            warned += 1
    return warned


def end_idle_chats(tx: Tx, idle_ms: int) -> int:
    """End the chats that stayed silent after their warning; returns how many."""
    notice_ms = min(NOTICE_MS, idle_ms // 2)
    ended = 0
    for row in _silent(tx, idle_ms):
        if row.warned_at is None or row.warned_at > tx.now - notice_ms:
            continue
        conversation = lock_conversation(tx, row.id)
        if conversation.last_message_at != row.last_message_at:
            continue
        contact = live_contact(tx, row.id)
        if contact is not None:
            end_contact(tx, contact, "handled")
        finish_clocks(tx, row.id)
        by_machine = conversation.contact_id is None  # nobody asked for a person
        change_conversation(
            tx, row.id, "status", status="done", waiting_since=None, self_served=by_machine
        )
        add_system_line(tx, row.id, BY_MACHINE if by_machine else ENDED)
        ended += 1
    return ended


def _silent(tx: Tx, silent_ms: int) -> Sequence[Row[Any]]:
    """Open chats without a word for so long, and when they were warned since."""
    warned_at = (
        select(messages.c.created_at)
        .where(
            messages.c.conversation_id == conversations.c.id,
            messages.c.kind == "system",
            messages.c.text == WARNING,
            messages.c.created_at > conversations.c.last_message_at,
        )
        .limit(1)
        .scalar_subquery()
    )
    spoken = exists().where(
        messages.c.conversation_id == conversations.c.id, messages.c.kind == "outbound"
    )
    in_line = exists().where(
        contacts.c.conversation_id == conversations.c.id,
        contacts.c.status.in_(("waiting", "offered")),
    )
    return tx.execute(
        select(conversations.c.id, conversations.c.last_message_at, warned_at.label("warned_at"))
        .where(
            conversations.c.status == "open",
            conversations.c.spam.is_(False),
            conversations.c.channel == "chat",
            conversations.c.waiting_since.is_(None),
            conversations.c.last_message_at <= tx.now - silent_ms,
            spoken,
            ~in_line,
        )
        .limit(500)
    ).all()
