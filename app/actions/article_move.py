"""An article gets another address; the old one leads to it."""

from typing import Any

from sqlalchemy import Row, delete, select, update

from app.actions.category import slug_of
from app.actions.upsert import upsert
from app.db import Tx
from app.models.knowledge import article_redirects, articles


def move_article(tx: Tx, row: Row[Any], wanted: str) -> str:
    """Give an article that the caller holds the address nearest to the one wanted; returns it.

    The old address leads to it for as long as no other article was given it by hand.
    """
    slug = slug_of(wanted) or str(row.slug)
    if slug == row.slug:
        return slug
    tx.execute(  # one of its own old addresses is free for it again
        delete(article_redirects).where(
            article_redirects.c.article_id == row.id, article_redirects.c.slug == slug
        )
    )
    slug = free_slug(tx, row.brand_id, slug)
    tx.execute(update(articles).where(articles.c.id == row.id).values(slug=slug))
    upsert(
        tx,
        article_redirects,
        {"brand_id": row.brand_id, "slug": row.slug},
        {"article_id": row.id, "created_at": tx.now},
    )
    return slug


def free_slug(tx: Tx, brand_id: int, wanted: str) -> str:
    """An address that no article of the brand has or had: the one wanted, else with a number."""
    taken: set[str] = set()
    for table in (articles, article_redirects):
        taken |= set(
            tx.execute(
                select(table.c.slug).where(
                    table.c.brand_id == brand_id, table.c.slug.startswith(wanted, autoescape=True)
                )
            ).scalars()
        )
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate
