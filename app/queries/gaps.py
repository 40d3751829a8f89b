"""What the gaps page is made of: unanswered questions with what they cost, searches without a
click, articles that are stale or not helpful."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, case, func, select

from app.models.contact import contacts
from app.models.knowledge import article_texts, articles
from app.models.question import unanswered_questions as questions
from app.queries.articles import nearest

MOST = 5_000
MOST_LISTED = 30
LONGEST_MS = 3_600_000  # a mail may lie open for days; an hour of work is what counts at most
UNHELPFUL = 3


@dataclass(frozen=True, slots=True)
class Asked:
    """An unanswered question; `cost_ms` is the agents' time of the conversation it became."""

    text: str
    locale: str
    at: int
    conversation_id: int | None
    cost_ms: int
    id: int = 0
    brand_id: int = 0


@dataclass(frozen=True, slots=True)
class Search:
    """Words that readers searched for, how often, and how often nothing was opened."""

    query: str
    times: int
    without_click: int
    without_hit: int


@dataclass(frozen=True, slots=True)
class Stale:
    """An article that somebody should read again, and why."""

    id: int
    title: str
    check_by: int | None
    helped: int
    not_helped: int
    is_due: bool


def asked_in_vain(
    conn: Connection, brands: Collection[int] | None, since: int, limit: int = MOST
) -> list[Asked]:
    """The latest unanswered questions of these brands, oldest first."""
    ended = func.coalesce(contacts.c.wrap_up_until, contacts.c.ended_at, contacts.c.answered_at)
    spent = func.coalesce(contacts.c.ended_at, ended) - contacts.c.answered_at
    capped = case((spent > LONGEST_MS, LONGEST_MS), (spent < 0, 0), else_=spent)
    cost = (
        select(func.coalesce(func.sum(capped), 0))
        .where(
            contacts.c.conversation_id == questions.c.conversation_id,
            contacts.c.answered_at.is_not(None),
        )
        .correlate(questions)
        .scalar_subquery()
    )
    rows = conn.execute(
        select(
            questions.c.id,
            questions.c.brand_id,
            questions.c.query,
            questions.c.locale,
            questions.c.created_at,
            questions.c.conversation_id,
            cost.label("cost"),
        )
        .where(
            questions.c.clicked.is_(False),
            questions.c.created_at >= since,
            *_of(brands, questions.c.brand_id),
        )
        .order_by(questions.c.id.desc())
        .limit(limit)
    ).all()
    return [
        Asked(
            row.query,
            row.locale,
            row.created_at,
            row.conversation_id,
            int(row.cost or 0),
            row.id,
            row.brand_id,
        )
        for row in reversed(rows)
    ]


def searches(conn: Connection, brands: Collection[int] | None, since: int) -> list[Search]:
    """Searches after which nothing was opened, most frequent first."""
    words = func.lower(func.trim(questions.c.query))
    vain = func.sum(case((questions.c.clicked.is_(False), 1), else_=0))
    rows = conn.execute(
        select(
            words.label("words"),
            func.count().label("times"),
            vain.label("vain"),
            func.sum(case((questions.c.hits == 0, 1), else_=0)).label("empty"),
        )
        .where(
            questions.c.source == "search",
            questions.c.created_at >= since,
            *_of(brands, questions.c.brand_id),
        )
        .group_by(words)
        .having(vain > 0)
        .order_by(vain.desc(), words)
        .limit(MOST_LISTED)
    )
    return [Search(row.words, row.times, int(row.vain), int(row.empty)) for row in rows]


def stale(conn: Connection, brands: Collection[int] | None, now: int, locale: str) -> list[Stale]:
    """Published articles whose day has passed, or that more readers find unhelpful than helpful."""
    due = articles.c.check_by <= now
    bad = (articles.c.not_helped >= UNHELPFUL) & (articles.c.not_helped > articles.c.helped)
    rows = conn.execute(
        select(articles)
        .where(articles.c.status == "published", due | bad, *_of(brands, articles.c.brand_id))
        .order_by(articles.c.not_helped.desc(), articles.c.check_by)
        .limit(MOST_LISTED)
    ).all()
    titles = _titles(conn, [row.id for row in rows], locale)
    return [
        Stale(
            row.id,
            titles.get(row.id, row.slug),
            row.check_by,
            row.helped,
            row.not_helped,
            row.check_by is not None and row.check_by <= now,
        )
        for row in rows
    ]


def _titles(conn: Connection, ids: Sequence[int], locale: str) -> dict[int, str]:
    texts: dict[int, dict[str, str]] = {}
    rows = conn.execute(
        select(article_texts.c.article_id, article_texts.c.locale, article_texts.c.title).where(
            article_texts.c.article_id.in_(ids)
        )
    )
    for row in rows:
        texts.setdefault(row.article_id, {})[row.locale] = row.title
    return {row_id: held[nearest(list(held), locale)] for row_id, held in texts.items()}


def _of(brands: Collection[int] | None, column: Any) -> list[ColumnElement[bool]]:
    return [] if brands is None else [column.in_(sorted(brands))]
