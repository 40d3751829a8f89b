"""The categories of articles and their sections, in order, with how much is in them."""

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.knowledge import articles, categories
from app.queries.articles import in_language
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class CategoryRow:
    """A category, or a section of `parent_id`. `names` by locale."""

    id: int
    parent_id: int | None
    slug: str
    name: str
    names: dict[str, str]
    articles: int
    sections: int


def category_rows(conn: Connection, actor: Actor, brand_id: int) -> list[CategoryRow]:
    """The categories of a brand the actor serves, each followed by its sections."""
    if not actor.sees_brand(brand_id):
        return []
    used = conn.execute(
        select(articles.c.category_id, func.count())
        .where(articles.c.brand_id == brand_id, articles.c.category_id.is_not(None))
        .group_by(articles.c.category_id)
    )
    counts = {row[0]: row[1] for row in used}
    rows = conn.execute(
        select(categories)
        .where(categories.c.brand_id == brand_id)
        .order_by(categories.c.position, categories.c.id)
    ).all()
    children: dict[int | None, list[CategoryRow]] = {}
    for row in rows:
        children.setdefault(row.parent_id, []).append(
            CategoryRow(
                id=row.id,
                parent_id=row.parent_id,
                slug=row.slug,
                name=in_language(row.names, actor.locale),
                names=dict(row.names),
                articles=counts.get(row.id, 0),
                sections=sum(one.parent_id == row.id for one in rows),
            )
        )
    found: list[CategoryRow] = []

    def add(parent: int | None) -> None:
        for row in children.pop(parent, ()):
            found.append(row)
            add(row.id)

    add(None)
    return found


def families(conn: Connection, brand_ids: Collection[int] | None) -> dict[str, frozenset[int]]:
    """The categories of these brands (None: of all) by slug, each with the sections in it."""
    wanted = select(categories.c.id, categories.c.parent_id, categories.c.slug)
    if brand_ids is not None:
        wanted = wanted.where(categories.c.brand_id.in_(sorted(brand_ids)))
    slugs, parents = dict[int, str](), dict[int, int | None]()
    for row in conn.execute(wanted):
        slugs[row.id], parents[row.id] = row.slug, row.parent_id
    found: dict[str, set[int]] = {}
    for category_id in slugs:
        above: int | None = category_id
        for _ in slugs:  # no deeper than there are categories
            if above is None or above not in slugs:
                break
            found.setdefault(slugs[above], set()).add(category_id)
            above = parents[above]
    return {slug: frozenset(ids) for slug, ids in found.items()}


def category_names(conn: Connection, actor: Actor, brand_id: int | None) -> tuple[str, ...]:
    """What an author can choose from: of one brand, or of all the actor serves."""
    query = select(categories.c.names).order_by(categories.c.position, categories.c.id)
    if brand_id is not None:
        query = query.where(categories.c.brand_id == brand_id)
    elif actor.brands is not None:
        query = query.where(categories.c.brand_id.in_(sorted(actor.brands)))
    names = (in_language(names, actor.locale) for names in conn.execute(query).scalars())
    return tuple(dict.fromkeys(names))
