"""Messages change their conversation: what merging, splitting and moving have in common.

A conversation is read in the order of its seqs, and a screen knows it by the last seq it has seen.
So the conversation that takes messages in is numbered anew, in order of time, above every number it
has used; and both tell their screens to load again, because what changed lies before the cursor.
"""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Row, bindparam, select, update

from app import clock
from app.actions.conversation import change_conversation
from app.actions.receive_message import preview_of
from app.db import Tx
from app.events import REARRANGED
from app.models.conversation import (
    conversations,
    inbound_keys,
    messages,
    reads,
)

MOVABLE = ("inbound", "outbound", "note")  # a line of history stays where it happened

_PLACE = (
    update(messages)
    .where(messages.c.id == bindparam("row_id"))
    .values(conversation_id=bindparam("home"), seq=bindparam("place"), key=bindparam("name"))
)


def movable(tx: Tx, conversation_id: int) -> Sequence[Row[Any]]:
    """The messages of a conversation that can go elsewhere, oldest first."""
    return tx.execute(
        select(messages)
        .where(messages.c.conversation_id == conversation_id, messages.c.kind.in_(MOVABLE))
        .order_by(messages.c.seq)
    ).all()


def rehome(tx: Tx, ids: Collection[int], source_id: int, target_id: int) -> None:
    """Bring messages of one conversation into another, both under lock, at their place in time."""
    columns = (messages.c.id, messages.c.conversation_id, messages.c.seq, messages.c.key)
    known = tx.execute(
        select(*columns, messages.c.created_at).where(messages.c.conversation_id == target_id)
    ).all()
    coming = tx.execute(
        select(*columns, messages.c.created_at).where(
            messages.c.conversation_id == source_id, messages.c.id.in_(ids)
        )
    ).all()
    keys = {row.key for row in known}
    base: int = tx.execute(
        select(conversations.c.last_seq).where(conversations.c.id == target_id)
    ).scalar_one()
    places: dict[int, int] = {}
    for place, row in enumerate(
        sorted([*known, *coming], key=lambda row: (row.created_at, row.id)), base + 1
    ):
        foreign = row.conversation_id != target_id
        key = clock.new_id() if foreign and row.key in keys else row.key
        tx.execute(_PLACE, {"row_id": row.id, "home": target_id, "place": place, "name": key})
        places[row.id] = place
    _set_last_seq(tx, target_id, base + len(places))
    tx.execute(
        update(inbound_keys)
        .where(inbound_keys.c.message_id.in_([row.id for row in coming]))
        .values(conversation_id=target_id)
    )
    _move_reads(tx, target_id, [(row.seq, places[row.id]) for row in known])
    for conversation_id in (source_id, target_id):
        reload_screens(tx, conversation_id)
        recount(tx, conversation_id)


def reload_screens(tx: Tx, conversation_id: int) -> None:
    """Let every screen that shows a conversation load it again, also those that come back later.

    The number that is left out makes the live side look into the journal, which says why.
    """
    last: int = tx.execute(
        select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    ).scalar_one()
    _set_last_seq(tx, conversation_id, last + 1)
    change_conversation(tx, conversation_id, REARRANGED)


def recount(tx: Tx, conversation_id: int) -> None:
    """What a conversation's row says of its messages, told from the messages."""
    rows = movable(tx, conversation_id)
    conversation = tx.execute(
        select(conversations).where(conversations.c.id == conversation_id)
    ).one()
    inbound = [row for row in rows if row.kind == "inbound"]
    answered = max((row.seq for row in rows if row.kind == "outbound"), default=0)
    waiting = [r for r in inbound if r.seq > answered and not r.details.get("automatic")]
    last = rows[-1] if rows else None
    is_open = conversation.status == "open" and not conversation.spam
    tx.execute(
        update(conversations)
        .where(conversations.c.id == conversation_id)
        .values(
            last_inbound_seq=inbound[-1].seq if inbound else 0,
            last_inbound_at=inbound[-1].created_at if inbound else None,
            last_message_at=last.created_at if last else conversation.last_message_at,
            preview=preview_of(last.text or last.subject) if last else "",
            preview_kind=last.kind if last else "inbound",
            waiting_since=waiting[0].created_at if waiting and is_open else None,
        )
    )


def _set_last_seq(tx: Tx, conversation_id: int, seq: int) -> None:
    tx.execute(
        update(conversations).where(conversations.c.id == conversation_id).values(last_seq=seq)
    )


def _move_reads(tx: Tx, conversation_id: int, places: list[tuple[int, int]]) -> None:
    """Who had read up to a message has read up to it still, under its new number."""
    for row in tx.execute(select(reads).where(reads.c.conversation_id == conversation_id)).all():
        seen = max((new for old, new in places if old <= row.seq), default=0)
        tx.execute(update(reads).where(reads.c.id == row.id).values(seq=seen))
