"""Articles: written and changed, one language or all; and what readers thought of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, insert, select, update

from app.actions.article_move import free_slug, move_article
from app.actions.article_text import ArticleText as ArticleText
from app.actions.article_text import Change, check_texts, put_text
from app.actions.category import category_named, slug_of
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import ArticleChanged
from app.models.agent import agents
from app.models.knowledge import articles
from app.models.organisation import brands
from app.security.permissions import Actor

VISIBILITIES = ("public", "customer", "internal")
LIVE = ("published", "archived")  # what readers saw: to change it is to publish


@dataclass(frozen=True, slots=True)
class ArticleDetails:
    """Who looks after an article, and by when it should be read again (ms)."""

    owner_id: int | None = None
    check_by: int | None = None


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """What an author has written; languages that are not given stay as they are, and so do
    category, details and external id that are None. `note` and `minor` go to the versions."""

    texts: Mapping[str, ArticleText]
    category: str | None = ""
    visibility: str = "public"
    slug: str = ""
    details: ArticleDetails | None = None
    external_id: str | None = None
    note: str = ""
    minor: bool = False


def save_article(
    tx: Tx,
    actor: Actor,
    brand_id: int,
    draft: ArticleDraft,
    article_id: int | None = None,
    version: int | None = None,
) -> int:
    """Write a new article or change one; returns its id.

    `version` is the one the author began from: Conflict("changed") if somebody saved meanwhile,
    Conflict("needs_review") if it is published and the author may not publish.
    """
    if not actor.sees_brand(brand_id):
        raise NotFound
    _check(tx, draft)
    if article_id is None:
        article_id, main = _create(tx, brand_id, draft)
    else:
        main = _change(tx, actor, brand_id, draft, article_id, version)
    change = Change(actor.agent_id, draft.note, draft.minor)
    for locale in sorted(draft.texts, key=lambda one: one != main):  # its own language first
        put_text(tx, article_id, locale, draft.texts[locale], change)
    tx.emit(ArticleChanged(article_id))
    return article_id


def own_article(tx: Tx, actor: Actor, article_id: int) -> Row[Any]:
    """The row of an article that the actor may change, locked.

    NotFound where it is of a brand they do not serve; Conflict("needs_review") where readers have
    it and the actor may not publish.
    """
    row = seen_article(tx, actor, article_id)
    if row.status in LIVE:
        require_publisher(actor)
    return row


def seen_article(tx: Tx, actor: Actor, article_id: int) -> Row[Any]:
    """The row of an article of a brand the actor serves, locked."""
    row = tx.execute(select(articles).where(articles.c.id == article_id).with_for_update()).first()
    if row is None or not actor.sees_brand(row.brand_id):
        raise NotFound
    return row


def require_publisher(actor: Actor) -> None:
    """Raise Conflict("needs_review") for an agent whose articles others publish."""
    if not actor.publishes:
        raise Conflict("needs_review")


def changed(tx: Tx, article_id: int) -> None:
    """Count a change of an article and tell everybody."""
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(version=articles.c.version + 1, updated_at=tx.now)
    )
    tx.emit(ArticleChanged(article_id))


def _check(tx: Tx, draft: ArticleDraft) -> None:
    check_texts(draft.texts)
    if draft.visibility not in VISIBILITIES:
        raise Invalid(visibility="unknown")
    owner = draft.details.owner_id if draft.details else None
    if owner is not None and (
        tx.execute(select(agents.c.id).where(agents.c.id == owner, agents.c.active)).first() is None
    ):
        raise Invalid(owner="unknown")


def _details(draft: ArticleDraft) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if draft.details is not None:
        values |= {"owner_id": draft.details.owner_id, "check_by": draft.details.check_by}
    if draft.external_id is not None:
        values["external_id"] = draft.external_id or None
    return values


def _create(tx: Tx, brand_id: int, draft: ArticleDraft) -> tuple[int, str]:
    brand = tx.execute(select(brands.c.locale).where(brands.c.id == brand_id)).first()
    if brand is None:
        raise NotFound
    main = brand.locale if brand.locale in draft.texts else next(iter(draft.texts))
    wanted = slug_of(draft.slug or draft.texts[main].title) or "article"
    article_id: int = tx.execute(
        insert(articles)
        .values(
            brand_id=brand_id,
            slug=free_slug(tx, brand_id, wanted),
            category_id=category_named(tx, brand_id, draft.category or "", main),
            visibility=draft.visibility,
            locale=main,
            created_at=tx.now,
            updated_at=tx.now,
            **_details(draft),
        )
        .returning(articles.c.id)
    ).scalar_one()
    return article_id, main


def _change(
    tx: Tx, actor: Actor, brand_id: int, draft: ArticleDraft, article_id: int, version: int | None
) -> str:
    row = own_article(tx, actor, article_id)
    if row.brand_id != brand_id:
        raise NotFound
    if version is not None and row.version != version:
        raise Conflict("changed", version=row.version)
    values = _details(draft)
    if draft.category is not None:
        values["category_id"] = category_named(
            tx, brand_id, draft.category, row.locale, now=row.category_id
        )
    if draft.slug:
        move_article(tx, row, draft.slug)
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(
            visibility=draft.visibility,
            version=articles.c.version + 1,
            updated_at=tx.now,
            **values,
        )
    )
    return str(row.locale)
