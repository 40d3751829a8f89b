"""Articles for those who write them: found, filtered, and what needs looking after."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import ColumnElement, Connection, Row, and_, exists, false, func, or_, select, true

from app.models.agent import agents
from app.models.knowledge import article_reviews, article_texts, articles, categories
from app.queries.articles import in_language, nearest
from app.security.permissions import Actor

PAGE = 50
Sort = Literal["updated", "views", "unhelpful", "check_by"]
_ORDERS: dict[str, tuple[ColumnElement[Any], ...]] = {
    "updated": (articles.c.updated_at.desc(),),
    "views": (articles.c.views.desc(),),
    "unhelpful": (articles.c.not_helped.desc(),),
    "check_by": (articles.c.check_by.is_(None), articles.c.check_by),
}
NOT_HELPFUL = 3  # so many readers, and more than found it helpful: it needs to be written anew


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which articles of the list. `language` is "missing:en", "outdated" or "outdated:en";
    `owner` an agent's id, 0 for nobody; `due`: those that should have been read again."""

    q: str = ""
    status: str = ""
    owner: int | None = None
    visibility: str = ""
    language: str = ""
    due: bool = False
    brand_id: int | None = None
    category_id: int | None = None
    sort: str = "updated"
    page: int = 1


@dataclass(frozen=True, slots=True)
class Language:
    """A language of an article, and whether what it says is behind the article's own."""

    locale: str
    outdated: bool


@dataclass(frozen=True, slots=True)
class AuthorRow:
    """A line of the list."""

    id: int
    brand_id: int
    locale: str
    title: str
    category: str
    status: str
    visibility: str
    owner: str
    check_by: int | None
    due: bool
    publish_at: int | None
    updated_at: int
    views: int
    helped: int
    not_helped: int
    proposed: bool
    languages: tuple[Language, ...]


@dataclass(frozen=True, slots=True)
class AuthorPage:
    """A page of the list; `counts` of all articles by status, `found` with what was asked for."""

    rows: tuple[AuthorRow, ...]
    found: int
    counts: dict[str, int]
    page: int

    @property
    def last(self) -> int:
        """The number of the last page."""
        return max(1, -(-self.found // PAGE))


@dataclass(frozen=True, slots=True)
class StaleRow:
    """An article that somebody should look at: `why` is "check_by" or "not_helpful"."""

    id: int
    title: str
    owner: str
    why: str
    check_by: int | None
    helped: int
    not_helped: int


def author_page(conn: Connection, actor: Actor, wanted: Wanted, now: int) -> AuthorPage:
    """The articles of the brands an actor serves, drafts and archived ones too."""
    mine = _of_brands(actor, wanted.brand_id)
    conditions = [mine, *_conditions(wanted, now)]
    by_status = conn.execute(
        select(articles.c.status, func.count()).where(mine).group_by(articles.c.status)
    )
    counts = {row[0]: row[1] for row in by_status}
    waiting = conn.execute(
        select(func.count()).select_from(articles).where(mine, _in_review())
    ).scalar_one()
    found = conn.execute(select(func.count()).select_from(articles).where(*conditions)).scalar_one()
    page = max(1, min(wanted.page, -(-found // PAGE)))
    heads = conn.execute(
        select(articles, categories.c.names, agents.c.name, _proposed().label("proposed"))
        .select_from(articles)
        .outerjoin(categories, categories.c.id == articles.c.category_id)
        .outerjoin(agents, agents.c.id == articles.c.owner_id)
        .where(*conditions)
        .order_by(*_ORDERS.get(wanted.sort, _ORDERS["updated"]), articles.c.id.desc())
        .limit(PAGE)
        .offset((page - 1) * PAGE)
    ).all()
    rows = _rows(conn, heads, actor.locale, now)
    return AuthorPage(rows, found, {**counts, "review": waiting}, page)


def stale_articles(
    conn: Connection, actor: Actor, now: int, brand_id: int | None = None, limit: int = 50
) -> list[StaleRow]:
    """Published articles that are due to be read again, then those that readers did not find
    helpful, worst first."""
    live = and_(articles.c.status == "published", _of_brands(actor, brand_id))
    overdue = articles.c.check_by <= now
    unhelpful = and_(
        articles.c.not_helped >= NOT_HELPFUL, articles.c.not_helped > articles.c.helped
    )
    found: list[StaleRow] = []
    for why, condition, order in (
        ("check_by", overdue, articles.c.check_by),
        ("not_helpful", unhelpful, (articles.c.helped - articles.c.not_helped)),
    ):
        heads = conn.execute(
            select(articles, agents.c.name)
            .select_from(articles)
            .outerjoin(agents, agents.c.id == articles.c.owner_id)
            .where(live, condition)
            .order_by(order, articles.c.id)
            .limit(limit)
        ).all()
        titles = _titles(conn, [row.id for row in heads])
        found += [
            StaleRow(
                id=row.id,
                title=in_language(titles.get(row.id), actor.locale),
                owner=row.name or "",
                why=why,
                check_by=row.check_by,
                helped=row.helped,
                not_helped=row.not_helped,
            )
            for row in heads
        ]
    return found[:limit]


def _of_brands(actor: Actor, brand_id: int | None) -> ColumnElement[bool]:
    if brand_id is not None:
        return articles.c.brand_id == brand_id if actor.sees_brand(brand_id) else false()
    return true() if actor.brands is None else articles.c.brand_id.in_(sorted(actor.brands))


def _conditions(wanted: Wanted, now: int) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for word in wanted.q.split()[:8]:
        text = article_texts.c.article_id == articles.c.id
        said = or_(
            article_texts.c.title.icontains(word, autoescape=True),
            article_texts.c.body.icontains(word, autoescape=True),
        )
        found.append(
            or_(
                exists().where(text, said),
                articles.c.slug.icontains(word, autoescape=True),
                articles.c.external_id == word,
            )
        )
    if wanted.status == "review":
        found.append(_in_review())
    elif wanted.status:
        found.append(articles.c.status == wanted.status)
    else:
        found.append(articles.c.status != "archived")
    if wanted.visibility:
        found.append(articles.c.visibility == wanted.visibility)
    if wanted.owner is not None:
        nobody = articles.c.owner_id.is_(None)
        found.append(articles.c.owner_id == wanted.owner if wanted.owner else nobody)
    if wanted.category_id is not None:
        found.append(articles.c.category_id == wanted.category_id)
    if wanted.due:
        found.append(articles.c.check_by <= now)
    if wanted.language:
        found.append(_language(wanted.language))
    return found


def _language(asked: str) -> ColumnElement[bool]:
    what, _, locale = asked.partition(":")
    text = article_texts.c.article_id == articles.c.id
    if what == "missing":
        return ~exists().where(text, article_texts.c.locale == locale)
    own = article_texts.alias("own")
    behind = and_(
        text,
        own.c.article_id == articles.c.id,
        own.c.locale == articles.c.locale,
        article_texts.c.translated_from_revision < own.c.revision,
    )
    return exists().where(behind, article_texts.c.locale == locale if locale else true())


def _proposed() -> ColumnElement[bool]:
    return exists().where(
        article_reviews.c.article_id == articles.c.id, article_reviews.c.outcome == "open"
    )


def _in_review() -> ColumnElement[bool]:
    return or_(articles.c.status == "review", _proposed())


def _rows(
    conn: Connection, heads: Sequence[Row[Any]], locale: str, now: int
) -> tuple[AuthorRow, ...]:
    texts: dict[int, dict[str, Any]] = {}
    for text in conn.execute(
        select(
            article_texts.c.article_id,
            article_texts.c.locale,
            article_texts.c.title,
            article_texts.c.revision,
            article_texts.c.translated_from_revision,
        ).where(article_texts.c.article_id.in_([row.id for row in heads]))
    ):
        texts.setdefault(text.article_id, {})[text.locale] = text
    return tuple(_row(row, texts.get(row.id, {}), locale, now) for row in heads)


def _row(row: Row[Any], texts: dict[str, Any], locale: str, now: int) -> AuthorRow:
    shown = nearest(list(texts), locale) if texts else row.locale
    own = texts[row.locale].revision if row.locale in texts else 0
    return AuthorRow(
        id=row.id,
        brand_id=row.brand_id,
        locale=shown,
        title=texts[shown].title if texts else row.slug,
        category=in_language(row.names, locale),
        status=row.status,
        visibility=row.visibility,
        owner=row.name or "",
        check_by=row.check_by,
        due=row.check_by is not None and row.check_by <= now,
        publish_at=row.publish_at,
        updated_at=row.updated_at,
        views=row.views,
        helped=row.helped,
        not_helped=row.not_helped,
        proposed=row.proposed,
        languages=tuple(
            Language(one, is_behind(text.translated_from_revision, own))
            for one, text in sorted(texts.items())
        ),
    )


def is_behind(translated_from: int | None, revision: int) -> bool:
    """Whether a translation says less than its original does by now."""
    return translated_from is not None and translated_from < revision


def _titles(conn: Connection, ids: Sequence[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for text in conn.execute(
        select(article_texts.c.article_id, article_texts.c.locale, article_texts.c.title).where(
            article_texts.c.article_id.in_(ids)
        )
    ):
        found.setdefault(text.article_id, {})[text.locale] = text.title
    return found
