"""What became of questions, noted a moment after they became work: which no article answered, and
who came back although an article seemed to have helped.

A mark says up to which contact this was done: each is looked at once, whatever is restarted.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select

from app.actions.deflect import note_came_back
from app.actions.rows import add_row
from app.actions.upsert import upsert
from app.db import Tx
from app.models.organisation import installation
from app.models.question import unanswered_questions
from knowledge.private import mask

MARK = "questions_followed"
MAX_QUERY = 300


@dataclass(frozen=True, slots=True)
class Followed:
    """A contact that was looked at; `hits` is None where an article would have answered."""

    contact_id: int
    conversation_id: int
    customer_id: int
    customer_name: str
    brand_id: int
    source: str
    locale: str
    question: str
    at: int
    hits: int | None


def follow_questions(tx: Tx, after: int, upto: int, followed: Sequence[Followed]) -> bool:
    """Note these contacts and move the mark; False, and nothing, if somebody else has done it."""
    mark = tx.execute(
        select(installation.c.value).where(installation.c.name == MARK).with_for_update()
    ).scalar()
    if (mark or {}).get("contact_id", 0) != after:
        return False
    for it in followed:
        note_came_back(tx, it.customer_id, it.conversation_id, it.at)
        if it.hits is not None and it.question.strip():
            _note(tx, it)
    upsert(tx, installation, {"name": MARK}, {"value": {"contact_id": upto}})
    return True


def _note(tx: Tx, it: Followed) -> None:
    known = select(unanswered_questions.c.id).where(
        unanswered_questions.c.conversation_id == it.conversation_id
    )
    if tx.execute(known.limit(1)).first() is not None:
        return
    words, _ = mask(" ".join(it.question.split())[: MAX_QUERY * 2], [it.customer_name])
    add_row(
        tx,
        unanswered_questions,
        brand_id=it.brand_id,
        query=words[:MAX_QUERY],
        locale=it.locale[:10],
        source=it.source,
        conversation_id=it.conversation_id,
        hits=it.hits or 0,
        created_at=it.at,
    )
