"""Spans of presence: one row for each time an agent was in a state, kept for reports and the day.

An agent who is offline has no span, so the spans of a day are the time signed in: each begins where
the one before ended, and the last is open until the agent's next change.
"""

from typing import Any

from sqlalchemy import Row, case, insert, update

from app.db import Tx
from app.models.history import presence_spans


def move_span(
    tx: Tx, before: Row[Any], state: str, reason: str, pause_reason_id: int | None
) -> None:
    """Close the agent's open span and open the next; `before` is the locked row of presence.

    Clocks of processes differ a little: a span never ends before it began, and the next begins
    exactly where it ended. A presence older than its spans (an upgrade) is written down as one.
    """
    spans = presence_spans
    ended = tx.execute(
        update(spans)
        .where(spans.c.agent_id == before.agent_id, spans.c.ended_at.is_(None))
        .values(ended_at=case((spans.c.began_at > tx.now, spans.c.began_at), else_=tx.now))
        .returning(spans.c.ended_at)
    ).scalar()
    if ended is None and before.state != "offline":
        ended = max(tx.now, before.since_at)
        tx.execute(
            insert(spans).values(
                agent_id=before.agent_id, state=before.state, reason=before.reason,
                pause_reason_id=before.pause_reason_id, began_at=before.since_at, ended_at=ended,
            )
        )  # fmt: skip
    if state != "offline":
        tx.execute(
            insert(spans).values(
                agent_id=before.agent_id, state=state, reason=reason,
                pause_reason_id=pause_reason_id, began_at=tx.now if ended is None else ended,
            )
        )  # fmt: skip
