"""What happened in a conversation after a cursor, read from the journal.

`seq` is taken under the conversation's row lock, so whoever can read an event can read all before
it: a stretch has no holes.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.events import REARRANGED, MessageAdded, MessageChanged
from app.models.conversation import conversations, journal, messages

MOST = 200  # events that are replayed; who missed more fetches the pane anew


@dataclass(frozen=True, slots=True)
class Stretch:
    """Events of a conversation up to `last_seq`, as the ids of the messages they touch.

    `changed` says that the conversation itself changed; `too_long` that there were more than 200.
    """

    last_seq: int
    messages: tuple[int, ...] = ()
    changed: bool = False
    too_long: bool = False


def events_after(conn: Connection, conversation_id: int, seq: int) -> Stretch:
    """The events with a greater seq, all of them or `too_long`."""
    # In this order: what is committed between the two reads makes the stretch longer, not holey.
    last_seq = conn.execute(
        select(conversations.c.last_seq).where(conversations.c.id == conversation_id)
    ).scalar()
    if last_seq is None:
        return Stretch(seq)
    rows = conn.execute(
        select(journal.c.seq, journal.c.kind, journal.c.data)
        .where(journal.c.conversation_id == conversation_id, journal.c.seq > seq)
        .order_by(journal.c.seq)
        .limit(MOST + 1)
    ).all()
    if len(rows) > MOST:
        return Stretch(last_seq, too_long=True)
    touched: dict[int, None] = {}
    changed = False
    for row in rows:
        if row.kind in (MessageAdded.kind, MessageChanged.kind):
            touched[row.data["message_id"]] = None
        elif row.data.get("what") == REARRANGED:  # messages came, went or have other numbers
            return Stretch(last_seq, too_long=True)
        else:
            changed = True
    reached = max(last_seq, rows[-1].seq if rows else 0)
    return Stretch(reached, tuple(touched), changed)


def last_seqs(conn: Connection, ids: Collection[int]) -> dict[int, int]:
    """How far each of these conversations has come."""
    found: dict[int, int] = {}
    for part in _parts(sorted(ids)):
        rows = conn.execute(
            select(conversations.c.id, conversations.c.last_seq).where(conversations.c.id.in_(part))
        )
        found.update((row.id, row.last_seq) for row in rows)
    return found


def visible_to_customer(conn: Connection, ids: Collection[int]) -> list[int]:
    """Which of these messages their customer may see: what went to them or came from them, but no
    note, no system line, and no forward to somebody else. In the order given."""
    if not ids:
        return []
    rows = conn.execute(
        select(messages.c.id, messages.c.details).where(
            messages.c.id.in_(ids), messages.c.kind.in_(("inbound", "outbound"))
        )
    )
    seen = {row.id for row in rows if "forward_of" not in row.details}
    return [id for id in ids if id in seen]


def _parts(ids: list[int], size: int = 500) -> Iterable[list[int]]:
    return (ids[start : start + size] for start in range(0, len(ids), size))
