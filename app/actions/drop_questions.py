"""A gap is dismissed: its questions need no article. Asked anew, they make a gap again."""

from collections.abc import Sequence

from sqlalchemy import delete

from app.db import Conflict, Tx
from app.models.question import unanswered_questions
from app.security.permissions import Actor

MOST = 1_000


def drop_questions(tx: Tx, actor: Actor, ids: Sequence[int]) -> int:
    """Forget these unanswered questions of brands the actor serves; returns how many there were.
    Conflict("needs_review") for who may not publish."""
    if not actor.publishes:
        raise Conflict("needs_review")
    where = [unanswered_questions.c.id.in_(list(ids)[:MOST])]
    if actor.brands is not None:
        where.append(unanswered_questions.c.brand_id.in_(sorted(actor.brands)))
    return tx.execute(delete(unanswered_questions).where(*where)).rowcount
