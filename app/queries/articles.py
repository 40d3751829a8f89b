"""Articles for their readers, for the index, and for those who write them."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import ColumnElement, Connection, and_, select

from app.models.knowledge import article_texts, articles, categories
from app.models.organisation import brands
from app.security.permissions import Actor
from knowledge.values import Article, Visibility

PUBLIC = frozenset({"public"})  # what strangers may read
CUSTOMERS = frozenset({"public", "customer"})  # what somebody may read who has proved who they are


@dataclass(frozen=True, slots=True)
class HelpBrand:
    """A brand that has a help centre."""

    id: int
    name: str
    slug: str
    locale: str
    color: str
    portal: bool  # its customers have pages, and can sign in


@dataclass(frozen=True, slots=True)
class ArticlePage:
    """An article to read. `locales` are the languages it exists in."""

    id: int
    brand_id: int
    slug: str
    locale: str
    title: str
    body: str
    alternatives: tuple[str, ...]
    category: str
    status: str
    visibility: str
    version: int
    helped: int
    not_helped: int
    updated_at: int
    locales: tuple[str, ...]


def help_brand(conn: Connection, slug: str) -> HelpBrand | None:
    """The active brand of a help centre's address."""
    row = conn.execute(
        select(
            brands.c.id,
            brands.c.name,
            brands.c.slug,
            brands.c.locale,
            brands.c.color,
            brands.c.portal,
        ).where(brands.c.slug == slug, brands.c.active)
    ).first()
    return None if row is None else HelpBrand(**row._mapping)


def readable(brand_id: int, visibilities: Collection[str]) -> ColumnElement[bool]:
    """The condition on whatever is shown to readers: a brand's published articles for them."""
    return and_(
        articles.c.brand_id == brand_id,
        articles.c.status == "published",
        articles.c.visibility.in_(sorted(visibilities)),
    )


def has_articles(conn: Connection, brand_id: int, visibilities: Collection[str]) -> bool:
    """Whether there is anything for these readers."""
    wanted = select(articles.c.id).where(readable(brand_id, visibilities)).limit(1)
    return conn.execute(wanted).first() is not None


def readable_article(
    conn: Connection,
    brand_id: int,
    slug: str,
    locale: str,
    visibilities: Collection[str] = PUBLIC,
) -> ArticlePage | None:
    """An article for these readers in the language wanted, else the nearest there is."""
    return _page(conn, locale, readable(brand_id, visibilities), articles.c.slug == slug)


def readable_article_by_id(
    conn: Connection,
    brand_id: int,
    article_id: int,
    locale: str,
    visibilities: Collection[str] = PUBLIC,
) -> ArticlePage | None:
    """The same, found by its number."""
    return _page(conn, locale, readable(brand_id, visibilities), articles.c.id == article_id)


def authored_article(
    conn: Connection, actor: Actor, article_id: int, locale: str
) -> ArticlePage | None:
    """Any article of a brand the agent serves, drafts too."""
    page = _page(conn, locale, articles.c.id == article_id)
    return page if page is not None and actor.sees_brand(page.brand_id) else None


def indexed_articles(
    conn: Connection, ids: Sequence[int] | None = None, brand_id: int | None = None
) -> list[Article]:
    """Every published article in each of its languages, as the index wants it."""
    query = (
        select(
            articles.c.id,
            articles.c.brand_id,
            articles.c.visibility,
            articles.c.version,
            articles.c.category_id,
            article_texts.c.locale,
            article_texts.c.title,
            article_texts.c.body,
            article_texts.c.alternatives,
        )
        .join(article_texts, article_texts.c.article_id == articles.c.id)
        .join(brands, brands.c.id == articles.c.brand_id)
        .where(articles.c.status == "published", brands.c.active)
        .order_by(articles.c.id, article_texts.c.locale)
    )
    if ids is not None:
        query = query.where(articles.c.id.in_(ids))
    if brand_id is not None:
        query = query.where(articles.c.brand_id == brand_id)
    return [
        Article(
            id=row.id,
            locale=row.locale,
            title=row.title,
            body=row.body,
            brand=row.brand_id,
            visibility=cast(Visibility, row.visibility),
            alternatives=tuple(row.alternatives),
            version=row.version,
            category=row.category_id,
        )
        for row in conn.execute(query)
    ]


def slugs_of(
    conn: Connection, brand_id: int, ids: Sequence[int], visibilities: Collection[str] = PUBLIC
) -> dict[int, str]:
    """The addresses of those of these articles that these readers may read at this moment: the
    index may be a moment behind."""
    rows = conn.execute(
        select(articles.c.id, articles.c.slug).where(
            articles.c.id.in_(ids), readable(brand_id, visibilities)
        )
    )
    return {row.id: row.slug for row in rows}


def nearest(locales: Sequence[str], wanted: str) -> str:
    """Of these languages the one wanted, else its sister, else English, else any."""
    language = wanted.partition("_")[0]
    ranked = sorted(
        locales,
        key=lambda held: (held != wanted, held.partition("_")[0] != language, held != "en", held),
    )
    return ranked[0]


def in_language(names: Mapping[str, str] | None, wanted: str) -> str:
    """Of the names of something the one in this language, else in the nearest; empty for none."""
    return names[nearest(list(names), wanted)] if names else ""


def _page(conn: Connection, locale: str, *conditions: object) -> ArticlePage | None:
    row = conn.execute(
        select(articles, categories.c.names)
        .outerjoin(categories, categories.c.id == articles.c.category_id)
        .where(*conditions)  # type: ignore[arg-type]
    ).first()
    if row is None:
        return None
    texts = {
        text.locale: text
        for text in conn.execute(select(article_texts).where(article_texts.c.article_id == row.id))
    }
    if not texts:
        return None
    text = texts[nearest(list(texts), locale)]
    return ArticlePage(
        id=row.id,
        brand_id=row.brand_id,
        slug=row.slug,
        locale=text.locale,
        title=text.title,
        body=text.body,
        alternatives=tuple(text.alternatives),
        category=in_language(row.names, locale),
        status=row.status,
        visibility=row.visibility,
        version=row.version,
        helped=row.helped,
        not_helped=row.not_helped,
        updated_at=max(row.updated_at, text.updated_at),
        locales=tuple(sorted(texts)),
    )
