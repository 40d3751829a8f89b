"""Suggestions before anything is sent: what was shown, opened, and whether it solved the matter.

One row a visit, found by a key that the browser makes; outcomes only ever grow:
shown → opened → sent or solved.
"""

from collections.abc import Sequence

from sqlalchemy import insert, select, update

from app.db import Invalid, NotFound, Tx
from app.models.knowledge import articles
from app.models.question import deflections

_RANK = {"shown": 0, "opened": 1, "sent": 2, "solved": 3}
KEY_LENGTHS = range(16, 65)
MAX_QUERY = 500


def note_suggestions(
    tx: Tx, inbox_id: int, key: str, query: str, article_ids: Sequence[int]
) -> None:
    """These articles were suggested for what was typed; a later text of the visit replaces it."""
    row = tx.execute(select(deflections).where(deflections.c.key == _checked(key))).first()
    if row is None:
        tx.execute(
            insert(deflections).values(
                inbox_id=inbox_id,
                key=key,
                query=query[:MAX_QUERY],
                shown=list(article_ids),
                outcome="shown",
                created_at=tx.now,
                updated_at=tx.now,
            )
        )
        return
    if row.inbox_id != inbox_id:
        raise NotFound
    tx.execute(
        update(deflections)
        .where(deflections.c.id == row.id)
        .values(
            query=query[:MAX_QUERY],
            shown=list(dict.fromkeys([*row.shown, *article_ids])),
            updated_at=tx.now,
        )
    )


def note_outcome(
    tx: Tx, inbox_id: int, key: str, outcome: str, article_id: int | None = None
) -> None:
    """An article was opened, the matter is solved, or a message was sent after all.

    A visit without suggestions has no row and nothing to note.
    """
    if outcome not in _RANK:
        raise Invalid(outcome="unknown")
    row = tx.execute(
        select(deflections).where(
            deflections.c.key == _checked(key), deflections.c.inbox_id == inbox_id
        )
    ).first()
    if row is None:
        return
    if article_id is not None:
        known = tx.execute(select(articles.c.id).where(articles.c.id == article_id)).first()
        if known is None:
            raise NotFound
    reached = max(row.outcome, outcome, key=_RANK.__getitem__)
    tx.execute(
        update(deflections)
        .where(deflections.c.id == row.id)
        .values(outcome=reached, article_id=article_id or row.article_id, updated_at=tx.now)
    )


def _checked(key: str) -> str:
    if len(key) not in KEY_LENGTHS:
        raise Invalid(key="length")
    return key
