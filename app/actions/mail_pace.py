"""How many mails an inbox may send: per minute and per hour, as its provider allows.

What is above that waits in the outbox and says so; it neither fails nor uses up an attempt.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row, select, update

from app.actions.delivery import messages_in, set_delivery
from app.actions.schedule import leaves
from app.db import Tx
from app.models.conversation import messages
from app.models.organisation import inboxes
from app.models.work import outbox

MINUTE_MS = 60_000
WINDOWS_MS = {"max_per_minute": MINUTE_MS, "max_per_hour": 60 * MINUTE_MS}
REASON = "rate_limit"
_USED = ("sending", "sent", "uncertain", "failed")


def within_pace(tx: Tx, due: Sequence[Row[Any]]) -> list[int]:
    """The ids of those due mails that may leave now, in their order; the others are put off to
    when the next may. A claimed row's `next_at` is when it was claimed: that is what counts."""
    by_inbox: dict[int | None, list[Row[Any]]] = defaultdict(list)
    for row in due:
        by_inbox[row.inbox_id].append(row)
    limits = {
        row.id: row.settings
        for row in tx.execute(
            select(inboxes.c.id, inboxes.c.settings)
            .where(inboxes.c.id.in_([each for each in by_inbox if each is not None]))
            .order_by(inboxes.c.id)
            .with_for_update(key_share=True)  # another process counts after us
        )
    }
    allowed: set[int] = set()
    for inbox_id, rows in by_inbox.items():
        room, free_at = _room(tx, inbox_id, limits.get(inbox_id or 0, {}), len(rows))
        allowed |= {row.id for row in rows[:room]}
        for row in rows[room:]:
            _wait(tx, row, free_at)
    return [row.id for row in due if row.id in allowed]


def _room(
    tx: Tx, inbox_id: int | None, settings: Mapping[str, Any], wanted: int
) -> tuple[int, int]:
    """How many of the wanted may leave, and when (ms) the next one may."""
    windows: list[tuple[int, int]] = []  # how many may leave, and when the next slot is free
    for name, window in WINDOWS_MS.items():
        limit = settings.get(name)
        if not isinstance(limit, int) or limit < 1:
            continue
        used = list(
            tx.execute(
                select(outbox.c.next_at)
                .where(
                    outbox.c.inbox_id == inbox_id,
                    outbox.c.state.in_(_USED),
                    outbox.c.next_at > tx.now - window,
                )
                .order_by(outbox.c.next_at.desc())
                .limit(limit)
            ).scalars()
        )
        windows.append((limit - len(used), (used[-1] if used else tx.now) + window))
    room = min([wanted, *(left for left, _ in windows)])
    return room, max([tx.now, *(free_at for left, free_at in windows if left == room)])


def _wait(tx: Tx, row: Row[Any], until: int) -> None:
    """Put a mail off without a fault; its messages say why, once."""
    tx.execute(update(outbox).where(outbox.c.id == row.id).values(next_at=until, error=REASON))
    for message_id in messages_in(row):
        leaves(tx, message_id)
        known = tx.execute(
            select(messages.c.state_reason).where(messages.c.id == message_id)
        ).scalar()
        if known != REASON:
            set_delivery(tx, message_id, "queued", REASON)
