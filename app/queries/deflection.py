"""What help pages avoided, told honestly: confirmed, assumed, taken back, and against visitors who
saw no help.

A visit counts as *confirmed* when somebody said "that answers it", as *assumed* when an answer was
given or an article opened and no person was asked within 72 hours. Both are taken back if the same
visitor asks a person within seven days.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, func, or_, select

from app.models.knowledge import article_texts, articles
from app.models.organisation import inboxes
from app.models.question import article_uses, deflections
from app.queries.articles import nearest
from knowledge.effect import Effect, newcombe

ASSUMED_MS = 72 * 3_600_000
MOST_LISTED = 50


@dataclass(frozen=True, slots=True)
class Sums:
    """Visits of one kind. `settled` are older than 72 hours; rates are of these."""

    visits: int = 0
    confirmed: int = 0
    assumed: int = 0
    pending: int = 0
    revoked: int = 0
    sent: int = 0
    settled: int = 0
    contacts: int = 0  # of the settled: a person was asked within 72 hours

    @property
    def contact_rate(self) -> float | None:
        """The share of settled visits in which a person was asked."""
        return self.contacts / self.settled if self.settled else None


@dataclass(frozen=True, slots=True)
class Line:
    """The sums of one article or one query; `uses` by agents, of articles."""

    article_id: int | None
    label: str
    sums: Sums
    uses: int = 0


@dataclass(frozen=True, slots=True)
class Deflection:
    """A period. `effect` is the contact rate of those who saw help minus that of those who did
    not: below zero help avoids contacts; None while one of the arms is empty."""

    shown: Sums
    held: Sums
    effect: Effect | None
    articles: tuple[Line, ...]
    queries: tuple[Line, ...]


def deflection(
    conn: Connection,
    brands: Collection[int] | None,
    since: int,
    until: int,
    now: int,
    locale: str = "en",
) -> Deflection:
    """The figures of these brands (None: all) for visits from `since` to `until` (ms)."""
    where = and_(deflections.c.created_at >= since, deflections.c.created_at < until)
    if brands is not None:
        where = and_(where, inboxes.c.brand_id.in_(sorted(brands)))
    arms = {
        row.arm: _sums(row)
        for row in conn.execute(_figures(where, now, deflections.c.arm.label("arm")))
    }
    shown, held = arms.get("shown", Sums()), arms.get("held", Sums())
    effect = newcombe(shown.contacts, shown.settled, held.contacts, held.settled)
    seen = and_(where, deflections.c.arm == "shown")
    return Deflection(
        shown,
        held,
        effect,
        _by_article(conn, seen, since, until, now, locale),
        _by_query(conn, seen, now),
    )


def _figures(where: ColumnElement[bool], now: int, *by: ColumnElement[Any]) -> Any:
    back = deflections.c.came_back_at.is_not(None)
    solved = deflections.c.outcome == "solved"
    helped = or_(
        deflections.c.outcome == "opened",
        and_(deflections.c.outcome == "shown", deflections.c.answered_article_id.is_not(None)),
    )
    old = deflections.c.created_at <= now - ASSUMED_MS
    soon = deflections.c.came_back_at <= deflections.c.created_at + ASSUMED_MS
    contact = or_(deflections.c.outcome == "sent", and_(back, soon))
    kinds: Mapping[str, ColumnElement[bool]] = {
        "confirmed": and_(solved, ~back),
        "assumed": and_(helped, ~back, old),
        "pending": and_(helped, ~back, ~old),
        "revoked": and_(or_(solved, helped), back),
        "sent": deflections.c.outcome == "sent",
        "settled": old,
        "contacts": and_(old, contact),
    }
    return (
        select(
            *by,
            func.count().label("visits"),
            *(func.sum(case((which, 1), else_=0)).label(name) for name, which in kinds.items()),
        )
        .join(inboxes, inboxes.c.id == deflections.c.inbox_id)
        .where(where)
        .group_by(*by)
    )


def _sums(row: Row[Any]) -> Sums:
    names = "visits", "confirmed", "assumed", "pending", "revoked", "sent", "settled", "contacts"
    return Sums(**{name: int(getattr(row, name) or 0) for name in names})


def _by_article(
    conn: Connection, where: ColumnElement[bool], since: int, until: int, now: int, locale: str
) -> tuple[Line, ...]:
    """By the article that answered, else the one that was opened last."""
    which = func.coalesce(deflections.c.answered_article_id, deflections.c.article_id)
    rows = conn.execute(
        _figures(and_(where, which.is_not(None)), now, which.label("article_id"))
        .order_by(func.count().desc())
        .limit(MOST_LISTED)
    ).all()
    ids = [row.article_id for row in rows]
    uses = {
        row.article_id: row.uses
        for row in conn.execute(
            select(article_uses.c.article_id, func.count().label("uses"))
            .where(
                article_uses.c.article_id.in_(ids),
                article_uses.c.created_at >= since,
                article_uses.c.created_at < until,
            )
            .group_by(article_uses.c.article_id)
        )
    }
    titles = _titles(conn, ids, locale)
    return tuple(
        Line(
            row.article_id, titles.get(row.article_id, ""), _sums(row), uses.get(row.article_id, 0)
        )
        for row in rows
    )


def _by_query(conn: Connection, where: ColumnElement[bool], now: int) -> tuple[Line, ...]:
    words = func.lower(func.trim(deflections.c.query))
    rows = conn.execute(
        _figures(where, now, words.label("words")).order_by(func.count().desc()).limit(MOST_LISTED)
    )
    return tuple(Line(None, row.words, _sums(row)) for row in rows)


def _titles(conn: Connection, ids: Collection[int], locale: str) -> dict[int, str]:
    texts: dict[int, dict[str, str]] = {}
    rows = conn.execute(
        select(articles.c.id, article_texts.c.locale, article_texts.c.title)
        .join(article_texts, article_texts.c.article_id == articles.c.id)
        .where(articles.c.id.in_(ids))
    )
    for row in rows:
        texts.setdefault(row.id, {})[row.locale] = row.title
    return {row_id: held[nearest(list(held), locale)] for row_id, held in texts.items()}
