"""What readers of the help centre do: look for answers, open them, say whether they helped.

Nothing tells who they were: addresses and numbers are taken out of what they typed.
"""

import re
from collections.abc import Collection

from sqlalchemy import insert, update

from app.db import Invalid, NotFound, Tx
from app.models.knowledge import article_feedback, articles
from app.models.question import unanswered_questions

REASONS = ("not_answered", "unclear", "wrong", "did_not_work")
MAX_COMMENT = 1_000
MAX_QUERY = 300
_EMAIL = re.compile(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+")
_NUMBER = re.compile(r"\+?\d(?:[\d\s().-]{4,}\d|\d{5,})")  # phones, cards, orders


def without_personal_data(text: str) -> str:
    """Mail addresses and long numbers as …, so that nobody can be told from a question."""
    return _NUMBER.sub("…", _EMAIL.sub("…", text))


def note_search(tx: Tx, brand_id: int, query: str, locale: str, hits: int) -> int:
    """Somebody searched; returns the number under which a click is noted."""
    number: int = tx.execute(
        insert(unanswered_questions)
        .values(
            brand_id=brand_id,
            query=without_personal_data(query)[:MAX_QUERY],
            locale=locale,
            source="search",
            hits=hits,
            created_at=tx.now,
        )
        .returning(unanswered_questions.c.id)
    ).scalar_one()
    return number


def note_click(tx: Tx, brand_id: int, search_id: int) -> None:
    """What was found was opened."""
    tx.execute(
        update(unanswered_questions)
        .where(
            unanswered_questions.c.id == search_id,
            unanswered_questions.c.brand_id == brand_id,
            unanswered_questions.c.source == "search",
        )
        .values(clicked=True)
    )


def note_view(tx: Tx, article_id: int) -> None:
    """An article was read."""
    tx.execute(
        update(articles).where(articles.c.id == article_id).values(views=articles.c.views + 1)
    )


def rate_article(
    tx: Tx, article_id: int, helped: bool, locale: str, visibilities: Collection[str]
) -> int:
    """A reader says whether it helped; returns the number under which they may say why.

    Only published articles that they may read are asked about: NotFound for others.
    """
    column = articles.c.helped if helped else articles.c.not_helped
    done = tx.execute(
        update(articles)
        .where(
            articles.c.id == article_id,
            articles.c.status == "published",
            articles.c.visibility.in_(sorted(visibilities)),
        )
        .values({column.name: column + 1})
    )
    if done.rowcount == 0:
        raise NotFound
    number: int = tx.execute(
        insert(article_feedback)
        .values(article_id=article_id, locale=locale, helped=helped, created_at=tx.now)
        .returning(article_feedback.c.id)
    ).scalar_one()
    return number


def explain_rating(tx: Tx, feedback_id: int, article_id: int, reason: str, comment: str) -> None:
    """Why it did not help, and in the reader's own words what is missing."""
    if reason not in ("", *REASONS):
        raise Invalid(reason="unknown")
    tx.execute(
        update(article_feedback)
        .where(
            article_feedback.c.id == feedback_id,
            article_feedback.c.article_id == article_id,
            article_feedback.c.helped.is_(False),
        )
        .values(
            reason=reason, comment=without_personal_data(comment.replace("\0", ""))[:MAX_COMMENT]
        )
    )
