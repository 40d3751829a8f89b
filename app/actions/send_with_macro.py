"""A message that was begun with a macro: sent, and what the macro does done in the same step."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select

from app.actions.conversation import lock_conversation
from app.actions.desk import set_tags
from app.actions.enqueue import live_contact
from app.actions.send_message import Reply, Sent, send_message
from app.actions.set_priority import set_priority
from app.actions.set_status import resolve, snooze
from app.actions.transfer import transfer_to_queue
from app.db import Conflict, Invalid, Tx
from app.models.conversation import conversation_tags, tags
from app.models.organisation import macros
from app.queries.macro_actions import MacroActions, macro_actions
from app.security.permissions import Actor

MORNING = 9


@dataclass(frozen=True, slots=True)
class SentWithMacro:
    """The message, and what became of the conversation: done, snooze, queue, "" where it stays;
    "outcome" where its queue wants to know first what became of it."""

    sent: Sent
    left: str


def send_with_macro(
    tx: Tx, actor: Actor, conversation_id: int, reply: Reply, macro_id: int
) -> SentWithMacro:
    """Send, and do what the macro says; all of it or nothing. Sent again, nothing is done twice.

    Raises NotFound where the conversation is not the actor's to work with, Invalid(macro="unknown")
    for a macro that is not offered there, Invalid(queue="unknown") where its queue is not theirs.
    """
    conversation = lock_conversation(tx, conversation_id, actor)
    stored = tx.execute(
        select(macros.c.actions).where(
            macros.c.id == macro_id,
            or_(macros.c.brand_id.is_(None), macros.c.brand_id == conversation.brand_id),
        )
    ).scalar()
    if stored is None:
        raise Invalid(macro="unknown")
    reply = replace(reply, materials=(*reply.materials, f"macro:{macro_id}"))
    sent = send_message(tx, actor, conversation_id, reply)
    if sent.duplicate:
        return SentWithMacro(sent, "")
    return SentWithMacro(sent, _do(tx, actor, conversation_id, macro_actions(stored)))


def _do(tx: Tx, actor: Actor, conversation_id: int, does: MacroActions) -> str:
    if does.tags:
        held = tx.execute(
            select(tags.c.name)
            .join(conversation_tags, conversation_tags.c.tag_id == tags.c.id)
            .where(conversation_tags.c.conversation_id == conversation_id)
        ).scalars()
        set_tags(tx, actor, conversation_id, [*held, *does.tags])
    # Before it moves: in a queue that is not the actor's it is no longer theirs to change.
    if does.priority and live_contact(tx, conversation_id) is not None:
        set_priority(tx, actor, conversation_id, does.priority)
    if does.queue_id is not None:
        transfer_to_queue(tx, actor, conversation_id, does.queue_id)
    return _finish(tx, actor, conversation_id, does.then) or ("queue" if does.queue_id else "")


def _finish(tx: Tx, actor: Actor, conversation_id: int, then: str) -> str:
    if then == "snooze":
        snooze(tx, actor, conversation_id, _tomorrow(tx.now, actor.time_zone))
    elif then == "done":
        try:
            resolve(tx, actor, conversation_id)
        except Conflict as error:  # raised before anything is changed
            if error.code != "disposition_needed":
                raise
            return "outcome"
    return then


def _tomorrow(now: int, time_zone: str) -> int:
    """The next day's morning (ms) where somebody is."""
    here = datetime.fromtimestamp(now / 1000, ZoneInfo(time_zone or "UTC"))
    morning = here.replace(hour=MORNING, minute=0, second=0, microsecond=0)
    return int((morning + timedelta(days=1)).timestamp() * 1000)
