"""A question that no article answered is kept, so that it shows what should be written next."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert

from app.db import NotFound, Tx
from app.models.question import unanswered_questions
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A question and its language."""

    query: str
    locale: str = ""


def note_unanswered(tx: Tx, actor: Actor, brand_id: int, questions: Sequence[Unanswered]) -> int:
    """Keep what a program could not answer; returns how many there were."""
    if not actor.sees_brand(brand_id):
        raise NotFound
    if questions:
        tx.execute(
            insert(unanswered_questions),
            [
                {
                    "brand_id": brand_id,
                    "query": it.query,
                    "locale": it.locale,
                    "source": "api",
                    "created_at": tx.now,
                }
                for it in questions
            ],
        )
    return len(questions)


def forget_unanswered(tx: Tx, actor: Actor, brand_id: int) -> None:
    """Drop what programs have sent; what customers asked here stays. For supervisors."""
    actor.require("supervise")
    if not actor.sees_brand(brand_id):
        raise NotFound
    tx.execute(
        delete(unanswered_questions).where(
            unanswered_questions.c.brand_id == brand_id, unanswered_questions.c.source == "api"
        )
    )
