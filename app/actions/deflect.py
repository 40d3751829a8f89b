"""Suggestions before anything is sent: what was shown, opened, and whether it solved the matter.

One row a visit, found by a key that the browser makes; outcomes only ever grow:
shown → opened → sent or solved.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Literal

from sqlalchemy import ColumnElement, Row, insert, select, update

from app import clock
from app.db import Invalid, NotFound, Tx
from app.models.customer import identities
from app.models.knowledge import articles
from app.models.question import deflections

_RANK = {"shown": 0, "opened": 1, "sent": 2, "solved": 3}
KEY_LENGTHS = range(16, 65)
MAX_QUERY = 500
COMES_BACK_MS = 7 * 24 * 3_600_000  # who asks within this time was not helped
Arm = Literal["shown", "held"]


@dataclass(frozen=True, slots=True)
class Given:
    """What the help pages had to say in a conversation; `article_id` if it was an answer."""

    conversation_id: int | None  # None: nothing was sent yet
    shown: Sequence[int]
    confidence: float
    article_id: int | None = None


def note_suggestions(
    tx: Tx,
    inbox_id: int,
    key: str,
    query: str,
    article_ids: Sequence[int],
    *,
    visitor: str = "",
    arm: Arm = "shown",
) -> None:
    """These articles were suggested for what was typed; a later text of the visit replaces it.

    In the arm "held" they were found and not shown, so that the two can be compared.
    """
    row = tx.execute(select(deflections).where(deflections.c.key == _checked(key))).first()
    if row is None:
        _add(tx, inbox_id, key, query, shown=list(article_ids), visitor=visitor, arm=arm)
        return
    if row.inbox_id != inbox_id:
        raise NotFound
    _change(tx, row, query=query[:MAX_QUERY], shown=_with(row, article_ids))


def note_answer(
    tx: Tx, inbox_id: int, key: str, query: str, given: Given, *, visitor: str, arm: Arm = "shown"
) -> None:
    """The help pages had something to say to a question; in the arm "held" it was not said.

    The conversation's own row comes before that of the key; without a key that is good a row gets
    one of its own.
    """
    own = (deflections.c.key == key) & deflections.c.conversation_id.is_(None)
    if given.conversation_id is not None:
        own |= deflections.c.conversation_id == given.conversation_id
    row = tx.execute(
        select(deflections)
        .where(deflections.c.inbox_id == inbox_id, own)
        .order_by(deflections.c.conversation_id.is_(None), deflections.c.id.desc())
        .limit(1)
    ).first()
    values: dict[str, Any] = {
        "conversation_id": given.conversation_id,
        "confidence": given.confidence,
    }
    if given.article_id is not None:
        values["answered_article_id"] = given.article_id
    if row is not None:
        _change(tx, row, shown=_with(row, given.shown), **values)
        return
    known = tx.execute(select(deflections.c.id).where(deflections.c.key == key)).first()
    fresh = key if len(key) in KEY_LENGTHS and known is None else clock.new_id()
    _add(tx, inbox_id, fresh, query, shown=list(given.shown), visitor=visitor, arm=arm, **values)


def note_end(
    tx: Tx, conversation_id: int, outcome: Literal["sent", "solved"], article_id: int | None = None
) -> None:
    """What the answers of a conversation led to: a person was asked, or it is solved."""
    for row in tx.execute(
        select(deflections).where(deflections.c.conversation_id == conversation_id)
    ).all():
        reached = max(row.outcome, outcome, key=_RANK.__getitem__)
        _change(tx, row, outcome=reached, article_id=article_id or row.article_id)


def note_came_back(tx: Tx, customer_id: int, conversation_id: int, at: int) -> None:
    """A customer asked a person at that moment: what had helped them in the week before did not."""
    visitors = select(identities.c.value).where(
        identities.c.customer_id == customer_id, identities.c.kind == "visitor"
    )
    _came_back(tx, deflections.c.visitor.in_(visitors), conversation_id, at)


def note_visitor_came_back(tx: Tx, visitor: str, conversation_id: int) -> None:
    """The same for a browser that sends a form."""
    _came_back(tx, deflections.c.visitor == visitor, conversation_id, tx.now)


def _came_back(tx: Tx, who: ColumnElement[bool], conversation_id: int, at: int) -> None:
    own = deflections.c.conversation_id
    tx.execute(
        update(deflections)
        .where(
            who,
            deflections.c.visitor != "",
            deflections.c.created_at > at - COMES_BACK_MS,
            deflections.c.created_at < at,
            deflections.c.came_back_at.is_(None),
            deflections.c.outcome != "sent",
            own.is_(None) | (own != conversation_id) | (deflections.c.outcome == "solved"),
        )
        .values(came_back_at=at)
    )


def note_outcome(
    tx: Tx,
    inbox_id: int,
    key: str,
    outcome: str,
    article_id: int | None = None,
    *,
    conversation_id: int | None = None,
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
    _change(
        tx,
        row,
        outcome=reached,
        article_id=article_id or row.article_id,
        conversation_id=conversation_id or row.conversation_id,
    )


def arm_of(inbox_id: int, visitor: str, holdout_pct: int) -> Arm:
    """Which arm a visitor is in: by chance, and always the same."""
    if not holdout_pct:
        return "shown"
    draw = sha256(f"{inbox_id}:{visitor}".encode()).digest()
    return "held" if int.from_bytes(draw[:4]) % 10_000 < holdout_pct * 100 else "shown"


def _add(tx: Tx, inbox_id: int, key: str, query: str, **values: Any) -> None:
    tx.execute(
        insert(deflections).values(
            inbox_id=inbox_id,
            key=key,
            query=query[:MAX_QUERY],
            outcome="shown",
            created_at=tx.now,
            updated_at=tx.now,
            **values,
        )
    )


def _change(tx: Tx, row: Row[Any], **values: Any) -> None:
    tx.execute(
        update(deflections).where(deflections.c.id == row.id).values(updated_at=tx.now, **values)
    )


def _with(row: Row[Any], article_ids: Sequence[int]) -> list[int]:
    return list(dict.fromkeys([*row.shown, *article_ids]))


def _checked(key: str) -> str:
    if len(key) not in KEY_LENGTHS:
        raise Invalid(key="length")
    return key
