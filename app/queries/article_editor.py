"""One article as its authors see it: every language, drafts, reviews."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app.db import NotFound
from app.models.agent import agents
from app.models.knowledge import (
    article_drafts,
    article_redirects,
    article_reviews,
    article_texts,
    articles,
    categories,
)
from app.models.organisation import brands
from app.queries.article_list import is_behind
from app.queries.articles import in_language
from app.security.permissions import Actor


@dataclass(frozen=True, slots=True)
class EditorText:
    """A language of the article; `behind` if the original has changed since `translated_from`."""

    locale: str
    title: str
    body: str
    alternatives: tuple[str, ...]
    revision: int
    translated_from: int | None
    behind: bool
    updated_at: int


@dataclass(frozen=True, slots=True)
class DraftRow:
    """What the agent was writing and has not saved, and the revision they began from."""

    title: str
    body: str
    alternatives: tuple[str, ...]
    revision: int
    updated_at: int
    locale: str
    brand_id: int


@dataclass(frozen=True, slots=True)
class ReviewRow:
    """Somebody asked that it be read; `locale` names a proposed text; empty: the whole article."""

    id: int
    article_id: int
    locale: str
    title: str
    body: str
    alternatives: tuple[str, ...]
    revision: int
    asked_by: int
    asker: str
    note: str
    asked_at: int
    outcome: str
    decider: str
    comment: str
    decided_at: int | None


@dataclass(frozen=True, slots=True)
class EditorArticle:
    """The article and all that belongs to it. `texts` by locale, its own language first."""

    id: int
    brand_id: int
    brand_slug: str
    slug: str
    external_id: str
    status: str
    visibility: str
    version: int
    locale: str
    category: str
    owner_id: int | None
    check_by: int | None
    publish_at: int | None
    archive_at: int | None
    published_at: int | None
    conversation_id: int | None
    views: int
    helped: int
    not_helped: int
    updated_at: int
    texts: dict[str, EditorText]
    old_slugs: tuple[str, ...]
    reviews: tuple[ReviewRow, ...]  # the open ones, and the last that was decided

    @property
    def open_reviews(self) -> tuple[ReviewRow, ...]:
        """What somebody waits for."""
        return tuple(review for review in self.reviews if review.outcome == "open")

    @property
    def returned(self) -> ReviewRow | None:
        """The last answer, if it was that something is to be changed."""
        decided = [review for review in self.reviews if review.outcome != "open"]
        return decided[-1] if decided and decided[-1].outcome == "returned" else None


def editor_article(conn: Connection, actor: Actor, article_id: int) -> EditorArticle:
    """An article of a brand the actor serves, whatever its status; else NotFound."""
    row = conn.execute(
        select(articles, categories.c.names, brands.c.slug.label("brand_slug"))
        .join(brands, brands.c.id == articles.c.brand_id)
        .outerjoin(categories, categories.c.id == articles.c.category_id)
        .where(articles.c.id == article_id)
    ).first()
    if row is None or not actor.sees_brand(row.brand_id):
        raise NotFound
    old = conn.execute(
        select(article_redirects.c.slug)
        .where(article_redirects.c.article_id == article_id)
        .order_by(article_redirects.c.id)
    ).scalars()
    fields = {name: getattr(row, name) for name in _PLAIN}
    return EditorArticle(
        **fields,
        external_id=row.external_id or "",
        category=in_language(row.names, actor.locale),
        texts=_texts(conn, row),
        old_slugs=tuple(old),
        reviews=_reviews(conn, article_id),
    )


def own_draft(
    conn: Connection, actor: Actor, article: EditorArticle | None, locale: str
) -> DraftRow | None:
    """What the actor was writing in this language, or of an article that is not there yet."""
    query = select(article_drafts).where(article_drafts.c.agent_id == actor.agent_id)
    if article is None:
        row = conn.execute(query.where(article_drafts.c.article_id.is_(None))).first()
    else:
        row = conn.execute(
            query.where(
                article_drafts.c.article_id == article.id, article_drafts.c.locale == locale
            )
        ).first()
    if row is None or not actor.sees_brand(row.brand_id):
        return None
    return DraftRow(
        title=row.title,
        body=row.body,
        alternatives=tuple(row.alternatives),
        revision=row.revision,
        updated_at=row.updated_at,
        locale=row.locale,
        brand_id=row.brand_id,
    )


def open_review(conn: Connection, actor: Actor, review_id: int) -> tuple[EditorArticle, ReviewRow]:
    """A review and its article, as the actor may see them."""
    number = conn.execute(
        select(article_reviews.c.article_id).where(article_reviews.c.id == review_id)
    ).scalar()
    if number is None:
        raise NotFound
    article = editor_article(conn, actor, number)
    found = [review for review in article.reviews if review.id == review_id]
    if not found:
        raise NotFound
    return article, found[0]


_PLAIN = (
    "id", "brand_id", "brand_slug", "slug", "status", "visibility", "version", "locale",
    "owner_id", "check_by", "publish_at", "archive_at", "published_at", "conversation_id",
    "views", "helped", "not_helped", "updated_at",
)  # fmt: skip


def _texts(conn: Connection, row: Row[Any]) -> dict[str, EditorText]:
    texts = conn.execute(
        select(article_texts)
        .where(article_texts.c.article_id == row.id)
        .order_by(article_texts.c.locale != row.locale, article_texts.c.id)
    ).all()
    own = next((text.revision for text in texts if text.locale == row.locale), 0)
    return {
        text.locale: EditorText(
            locale=text.locale,
            title=text.title,
            body=text.body,
            alternatives=tuple(text.alternatives),
            revision=text.revision,
            translated_from=text.translated_from_revision,
            behind=is_behind(text.translated_from_revision, own),
            updated_at=text.updated_at,
        )
        for text in texts
    }


def _reviews(conn: Connection, article_id: int) -> tuple[ReviewRow, ...]:
    deciders = agents.alias("deciders")
    rows: Sequence[Row[Any]] = conn.execute(
        select(article_reviews, agents.c.name.label("asker"), deciders.c.name.label("decider"))
        .join(agents, agents.c.id == article_reviews.c.asked_by)
        .outerjoin(deciders, deciders.c.id == article_reviews.c.decided_by)
        .where(article_reviews.c.article_id == article_id)
        .order_by(article_reviews.c.id.desc())
        .limit(20)
    ).all()
    decided = [row for row in rows if row.outcome != "open"][:1]
    waiting = [row for row in rows if row.outcome == "open"]
    return tuple(_review(row) for row in [*decided, *reversed(waiting)])


def _review(row: Row[Any]) -> ReviewRow:
    names = ("id", "article_id", "locale", "title", "body", "revision", "asked_by", "asker",
             "note", "asked_at", "outcome", "comment", "decided_at")  # fmt: skip
    return ReviewRow(
        **{name: getattr(row, name) for name in names},
        alternatives=tuple(row.alternatives),
        decider=row.decider or "",
    )
