"""Articles in all their languages as plain rows, for the API."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, select, true

from app.db import NotFound
from app.models.knowledge import article_texts, articles, categories
from app.queries.articles import in_language
from app.security.permissions import Actor

Record = dict[str, Any]


def list_articles(
    conn: Connection,
    actor: Actor,
    *,
    brand_id: int | None = None,
    status: str | None = None,
    category: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Record]:
    """Articles of the brands the actor serves, drafts too, newest first, with their titles."""
    wanted = _heads().where(_of_brands(actor))
    for name, value in (("brand_id", brand_id), ("status", status)):
        if value is not None:
            wanted = wanted.where(articles.c[name] == value)
    if category is not None:
        wanted = wanted.where(articles.c.category_id.in_(_named(conn, category)))
    if before is not None:
        wanted = wanted.where(articles.c.id < before)
    rows = conn.execute(wanted.order_by(articles.c.id.desc()).limit(limit)).all()
    titles: dict[int, dict[str, str]] = {}
    for text in conn.execute(
        select(article_texts.c.article_id, article_texts.c.locale, article_texts.c.title)
        .where(article_texts.c.article_id.in_([row.id for row in rows]))
        .order_by(article_texts.c.locale)
    ):
        titles.setdefault(text.article_id, {})[text.locale] = text.title
    return [{**_head(row), "titles": titles.get(row.id, {})} for row in rows]


def get_article(conn: Connection, actor: Actor, article_id: int) -> Record:
    """One article with all its texts; NotFound where it is of a brand the actor does not serve."""
    row = conn.execute(_heads().where(articles.c.id == article_id, _of_brands(actor))).first()
    if row is None:
        raise NotFound
    texts = conn.execute(
        select(article_texts)
        .where(article_texts.c.article_id == article_id)
        .order_by(article_texts.c.locale)
    )
    return {**_head(row), "texts": {text.locale: dict(text._mapping) for text in texts}}


def article_places(conn: Connection, actor: Actor, ids: Sequence[int]) -> dict[int, Record]:
    """Brand, address and visibility of those of these articles that the actor may see."""
    rows = conn.execute(
        select(articles.c.id, articles.c.brand_id, articles.c.slug, articles.c.visibility).where(
            articles.c.id.in_(ids), _of_brands(actor)
        )
    )
    return {row.id: dict(row._mapping) for row in rows}


def _heads() -> Select[Any]:
    return select(articles, categories.c.names).outerjoin(
        categories, categories.c.id == articles.c.category_id
    )


def _head(row: Row[Any]) -> Record:
    return {**row._mapping, "category": in_language(row.names, row.locale)}


def _named(conn: Connection, name: str) -> list[int]:
    """The categories that have this name in any language."""
    rows = conn.execute(select(categories.c.id, categories.c.names))
    return [row.id for row in rows if name in row.names.values()]


def _of_brands(actor: Actor) -> ColumnElement[bool]:
    return true() if actor.brands is None else articles.c.brand_id.in_(sorted(actor.brands))
