"""Categories are named in each language, put in order, made sections of others, taken away."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Row, delete, select, update

from app.actions.article import require_publisher
from app.actions.category import MAX_NAME, add_category
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import KnowledgeChanged
from app.models.knowledge import articles, categories
from app.models.organisation import brands
from app.pages.locales import LOCALE_NAMES
from app.security.permissions import Actor


def new_category(
    tx: Tx, actor: Actor, brand_id: int, names: Mapping[str, str], parent_id: int | None = None
) -> int:
    """A category of a brand, or a section of one; returns its id."""
    require_publisher(actor)
    brand = tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first()
    if brand is None or not actor.sees_brand(brand_id):
        raise NotFound
    if parent_id is not None and _own(tx, actor, parent_id).brand_id != brand_id:
        raise NotFound
    return add_category(tx, brand_id, _names(names), parent_id)


def change_category(
    tx: Tx, actor: Actor, category_id: int, names: Mapping[str, str], parent_id: int | None
) -> None:
    """Its names by locale, and the category it is a section of.

    Raises Invalid(name="empty"), Conflict("within_itself").
    """
    row = _own(tx, actor, category_id)
    above, seen = parent_id, 0
    while above is not None and seen < 20:
        if above == category_id:
            raise Conflict("within_itself")
        parent = _own(tx, actor, above)
        if parent.brand_id != row.brand_id:
            raise NotFound
        above, seen = parent.parent_id, seen + 1
    tx.execute(
        update(categories)
        .where(categories.c.id == category_id)
        .values(names=_names(names), parent_id=parent_id)
    )


def move_category(tx: Tx, actor: Actor, category_id: int, down: bool) -> None:
    """One place up or down among its siblings."""
    row = _own(tx, actor, category_id)
    siblings = list(
        tx.execute(
            select(categories.c.id)
            .where(
                categories.c.brand_id == row.brand_id,
                categories.c.parent_id.is_(None)
                if row.parent_id is None
                else categories.c.parent_id == row.parent_id,
            )
            .order_by(categories.c.position, categories.c.id)
        ).scalars()
    )
    at = siblings.index(category_id)
    to = at + (1 if down else -1)
    if not 0 <= to < len(siblings):
        return
    siblings[at], siblings[to] = siblings[to], siblings[at]
    for position, sibling in enumerate(siblings):
        tx.execute(update(categories).where(categories.c.id == sibling).values(position=position))


def remove_category(tx: Tx, actor: Actor, category_id: int) -> None:
    """Its articles and sections go up to the category it was in."""
    row = _own(tx, actor, category_id)
    moved = tx.execute(
        update(articles)
        .where(articles.c.category_id == category_id)
        .values(category_id=row.parent_id)
    )
    tx.execute(
        update(categories)
        .where(categories.c.parent_id == category_id)
        .values(parent_id=row.parent_id)
    )
    tx.execute(delete(categories).where(categories.c.id == category_id))
    if moved.rowcount:
        tx.emit(KnowledgeChanged("articles", row.brand_id))


def _own(tx: Tx, actor: Actor, category_id: int) -> Row[Any]:
    require_publisher(actor)
    row = tx.execute(
        select(categories).where(categories.c.id == category_id).with_for_update()
    ).first()
    if row is None or not actor.sees_brand(row.brand_id):
        raise NotFound
    return row


def _names(names: Mapping[str, str]) -> dict[str, str]:
    found = {
        locale: " ".join(name.split())[:MAX_NAME]
        for locale, name in names.items()
        if locale in LOCALE_NAMES and name.strip()
    }
    if not found:
        raise Invalid(name="empty")
    return found
