"""Categories of articles, and sections of them: found by name, made when they are not there."""

import re
import unicodedata

from sqlalchemy import func, insert, select

from app.db import Tx
from app.models.knowledge import categories

MAX_NAME = 120
_NOT_IN_SLUG = re.compile(r"[^\w]+", re.UNICODE)


def slug_of(title: str) -> str:
    """The part of an address made of a title; letters of any script stay."""
    folded = unicodedata.normalize("NFKC", title).casefold()
    return _NOT_IN_SLUG.sub("-", folded).strip("-_")[:80].rstrip("-")


def category_named(
    tx: Tx,
    brand_id: int,
    name: str,
    locale: str,
    parent_id: int | None = None,
    now: int | None = None,
) -> int | None:
    """The category of a brand that has this name in any language, made if there is none.

    None for an empty name. Upper and lower case are the same. Of several with the name it is
    `now`, the one an article is in, else the first; with `parent_id` only a section of that one.
    """
    wanted = " ".join(name.split())[:MAX_NAME]
    if not wanted:
        return None
    rows = tx.execute(
        select(categories.c.id, categories.c.names, categories.c.parent_id).where(
            categories.c.brand_id == brand_id
        )
    ).all()
    for row in sorted(rows, key=lambda row: (row.id != now, row.id)):
        known = {held.casefold() for held in row.names.values()}
        if wanted.casefold() in known and parent_id in (None, row.parent_id):
            return int(row.id)
    return add_category(tx, brand_id, {locale: wanted}, parent_id)


def add_category(
    tx: Tx,
    brand_id: int,
    names: dict[str, str],
    parent_id: int | None = None,
    external_id: str | None = None,
) -> int:
    """A new category at the end of its siblings; whoever calls has checked the brand."""
    slugs = set(
        tx.execute(select(categories.c.slug).where(categories.c.brand_id == brand_id)).scalars()
    )
    slug = wanted = slug_of(next(iter(names.values()))) or "category"
    number = 1
    while slug in slugs:
        number += 1
        slug = f"{wanted}-{number}"
    last = tx.execute(
        select(func.coalesce(func.max(categories.c.position), -1)).where(
            categories.c.brand_id == brand_id
        )
    ).scalar_one()
    category_id: int = tx.execute(
        insert(categories)
        .values(
            brand_id=brand_id,
            parent_id=parent_id,
            slug=slug,
            names=names,
            position=last + 1,
            external_id=external_id,
            created_at=tx.now,
        )
        .returning(categories.c.id)
    ).scalar_one()
    return category_id
