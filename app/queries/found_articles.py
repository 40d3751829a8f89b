"""What has become of articles that the index has found: it may be a moment behind the rows."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, select

from app.models.knowledge import articles, categories


@dataclass(frozen=True, slots=True)
class Place:
    """Where an article is: `external_id` is the number its keeper gave it, if it came from one."""

    id: int
    external_id: str | None
    brand_id: int
    slug: str
    visibility: str
    category_id: int | None
    category_slug: str | None


def places_of(
    conn: Connection, ids: Sequence[int], visibilities: Collection[str]
) -> dict[int, Place]:
    """Of these articles those that are published, and for these readers, at this moment."""
    if not ids:
        return {}
    rows = conn.execute(
        select(
            articles.c.id,
            articles.c.external_id,
            articles.c.brand_id,
            articles.c.slug,
            articles.c.visibility,
            articles.c.category_id,
            categories.c.slug.label("category_slug"),
        )
        .outerjoin(categories, categories.c.id == articles.c.category_id)
        .where(
            articles.c.id.in_(ids),
            articles.c.status == "published",
            articles.c.visibility.in_(sorted(visibilities)),
        )
    )
    return {row.id: Place(**row._mapping) for row in rows}
