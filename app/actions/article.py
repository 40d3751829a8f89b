"""Articles: written, published, withdrawn, removed, and what readers thought of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import delete, insert, select, update

from app.actions.category import category_named, slug_of
from app.actions.upsert import upsert
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import ArticleChanged
from app.models.knowledge import article_texts, articles
from app.models.organisation import brands
from app.pages.locales import LOCALE_NAMES
from app.security.permissions import Actor

VISIBILITIES = ("public", "customer", "internal")
MAX_TITLE = 300
MAX_BODY = 200_000


@dataclass(frozen=True, slots=True)
class ArticleText:
    """One language of an article. `alternatives` are the same question in other words."""

    title: str
    body: str
    alternatives: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class ArticleDraft:
    """What an author has written; languages that are not given stay as they are."""

    texts: Mapping[str, ArticleText]
    category: str = ""
    visibility: str = "public"
    slug: str = ""


def save_article(
    tx: Tx,
    actor: Actor,
    brand_id: int,
    draft: ArticleDraft,
    article_id: int | None = None,
    version: int | None = None,
) -> int:
    """Write a new article or change one; returns its id.

    `version` is the one the author began from: Conflict("changed") if somebody saved meanwhile.
    """
    if not actor.sees_brand(brand_id):
        raise NotFound
    _check(draft)
    if article_id is None:
        article_id = _create(tx, brand_id, draft)
    else:
        _change(tx, brand_id, draft, article_id, version)
    for locale, text in draft.texts.items():
        upsert(
            tx,
            article_texts,
            {"article_id": article_id, "locale": locale},
            {
                "title": text.title.strip(),
                "body": text.body,
                "alternatives": [line.strip() for line in text.alternatives if line.strip()],
                "updated_at": tx.now,
            },
        )
    tx.emit(ArticleChanged(article_id))
    return article_id


def publish_article(tx: Tx, actor: Actor, article_id: int) -> None:
    """Readers and search find it from now on."""
    _set_status(tx, actor, article_id, "published")


def withdraw_article(tx: Tx, actor: Actor, article_id: int) -> None:
    """Back to a draft: nobody but its authors sees it."""
    _set_status(tx, actor, article_id, "draft")


def remove_text(tx: Tx, actor: Actor, article_id: int, locale: str) -> None:
    """Take one language away; the last one goes with the whole article."""
    _own(tx, actor, article_id)
    tx.execute(
        delete(article_texts).where(
            article_texts.c.article_id == article_id, article_texts.c.locale == locale
        )
    )
    left = tx.execute(
        select(article_texts.c.id).where(article_texts.c.article_id == article_id).limit(1)
    ).first()
    if left is None:
        raise Conflict("last_language")
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(version=articles.c.version + 1, updated_at=tx.now)
    )
    tx.emit(ArticleChanged(article_id))


def rate_article(tx: Tx, article_id: int, helped: bool) -> None:
    """A reader says whether it helped; only published, public articles are asked about."""
    column = articles.c.helped if helped else articles.c.not_helped
    done = tx.execute(
        update(articles)
        .where(
            articles.c.id == article_id,
            articles.c.status == "published",
            articles.c.visibility == "public",
        )
        .values({column.name: column + 1})
    )
    if done.rowcount == 0:
        raise NotFound


def _check(draft: ArticleDraft) -> None:
    if not draft.texts:
        raise Invalid(title="empty")
    if draft.visibility not in VISIBILITIES:
        raise Invalid(visibility="unknown")
    for locale, text in draft.texts.items():
        if locale not in LOCALE_NAMES:
            raise Invalid(locale="unknown")
        if not text.title.strip():
            raise Invalid(title="empty")
        if len(text.title) > MAX_TITLE:
            raise Invalid(title="too_long")
        if len(text.body) > MAX_BODY:
            raise Invalid(body="too_long")
        if "\0" in text.title + text.body:
            raise Invalid(body="not_text")


def _create(tx: Tx, brand_id: int, draft: ArticleDraft) -> int:
    if tx.execute(select(brands.c.id).where(brands.c.id == brand_id)).first() is None:
        raise NotFound
    locale, text = next(iter(draft.texts.items()))
    article_id: int = tx.execute(
        insert(articles)
        .values(
            brand_id=brand_id,
            slug=_free_slug(tx, brand_id, slug_of(draft.slug or text.title) or "article"),
            category_id=category_named(tx, brand_id, draft.category, locale),
            visibility=draft.visibility,
            locale=locale,
            created_at=tx.now,
            updated_at=tx.now,
        )
        .returning(articles.c.id)
    ).scalar_one()
    return article_id


def _change(
    tx: Tx, brand_id: int, draft: ArticleDraft, article_id: int, version: int | None
) -> None:
    row = tx.execute(
        select(articles)
        .where(articles.c.id == article_id, articles.c.brand_id == brand_id)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound
    if version is not None and row.version != version:
        raise Conflict("changed", version=row.version)
    slug = slug_of(draft.slug) if draft.slug else row.slug
    if slug != row.slug:
        slug = _free_slug(tx, brand_id, slug or row.slug)
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(
            slug=slug,
            category_id=category_named(tx, brand_id, draft.category, row.locale),
            visibility=draft.visibility,
            version=articles.c.version + 1,
            updated_at=tx.now,
        )
    )


def _free_slug(tx: Tx, brand_id: int, wanted: str) -> str:
    taken = set(
        tx.execute(
            select(articles.c.slug).where(
                articles.c.brand_id == brand_id, articles.c.slug.startswith(wanted, autoescape=True)
            )
        ).scalars()
    )
    candidate, number = wanted, 1
    while candidate in taken:
        number += 1
        candidate = f"{wanted}-{number}"
    return candidate


def _own(tx: Tx, actor: Actor, article_id: int) -> None:
    brand_id = tx.execute(
        select(articles.c.brand_id).where(articles.c.id == article_id).with_for_update()
    ).scalar()
    if brand_id is None or not actor.sees_brand(brand_id):
        raise NotFound


def _set_status(tx: Tx, actor: Actor, article_id: int, status: str) -> None:
    _own(tx, actor, article_id)
    tx.execute(
        update(articles)
        .where(articles.c.id == article_id)
        .values(status=status, version=articles.c.version + 1, updated_at=tx.now)
    )
    tx.emit(ArticleChanged(article_id))
