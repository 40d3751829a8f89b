"""Articles as they go out of the house, and what a parcel of them would change here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy import Connection, Row, or_, select

from app.models.agent import agents
from app.models.conversation import files
from app.models.knowledge import article_files, article_texts, articles, categories
from app.queries.articles import in_language
from knowledge.exchange.targets import PICTURE
from knowledge.exchange.values import SentArticle, SentText

FILE_ADDRESS = "/help-files/"
ENDINGS = {"image/png": "png", "image/jpeg": "jpg", "image/gif": "gif", "image/webp": "webp"}
ONE_QUERY = 200  # articles of a parcel that are asked for by name
Verdict = Literal["new", "changed", "unchanged"]


@dataclass(frozen=True, slots=True)
class Step:
    """An article of a parcel, the one it is here if it is, and what would become of it."""

    article: SentArticle
    article_id: int | None
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class HeldFile:
    """A picture of an article: `path` is where it lies in an export."""

    key: str
    hash: str
    path: str


def sent_articles(
    conn: Connection, brand_id: int, ids: Sequence[int] | None = None
) -> dict[int, SentArticle]:
    """A brand's articles, or these of them, as they are written into an export."""
    mine = articles.c.brand_id == brand_id
    wanted = select(articles, agents.c.email).outerjoin(agents, agents.c.id == articles.c.owner_id)
    if ids is not None:
        wanted = wanted.where(articles.c.id.in_(ids))
    heads = conn.execute(wanted.where(mine).order_by(articles.c.id)).all()
    texts: dict[int, dict[str, SentText]] = {}
    query = (
        select(article_texts)
        .join(articles, articles.c.id == article_texts.c.article_id)
        .where(mine)
        .order_by(article_texts.c.article_id, article_texts.c.locale)
    )
    if ids is not None:
        query = query.where(articles.c.id.in_(ids))
    for text in conn.execute(query):
        texts.setdefault(text.article_id, {})[text.locale] = SentText(
            text.title, text.body, tuple(text.alternatives)
        )
    named = _paths(conn, brand_id)
    return {row.id: _sent(row, texts[row.id], named) for row in heads if row.id in texts}


def packed(articles_: Sequence[SentArticle], held: Sequence[HeldFile]) -> list[SentArticle]:
    """The same with their pictures called by where they lie in the export."""
    paths = {f"({FILE_ADDRESS}{file.key}": f"({PICTURE}{file.path}" for file in held}

    def renamed(body: str) -> str:
        for address, path in paths.items():
            body = body.replace(address, path)
        return body

    return [
        replace(
            article,
            texts={
                locale: replace(text, body=renamed(text.body))
                if FILE_ADDRESS in text.body
                else text
                for locale, text in article.texts.items()
            },
        )
        for article in articles_
    ]


def held_files(conn: Connection, brand_id: int) -> list[HeldFile]:
    """The pictures of a brand's articles."""
    rows = conn.execute(
        select(article_files.c.key, article_files.c.content_type, files.c.hash)
        .join(files, files.c.id == article_files.c.file_id)
        .where(article_files.c.brand_id == brand_id, article_files.c.article_id.is_not(None))
        .order_by(article_files.c.id)
    )
    return [
        HeldFile(row.key, row.hash, f"files/{row.key}.{ENDINGS.get(row.content_type, 'bin')}")
        for row in rows
    ]


def steps(
    conn: Connection, brand_id: int, parcel: Sequence[SentArticle], *, as_drafts: bool = False
) -> list[Step]:
    """What each article would change: it is known by its own id, without one by its address.

    An owner whom nobody knows here counts as none. `as_drafts`: the status of those that are here
    stays.
    """
    people = set(conn.execute(select(agents.c.email).where(agents.c.active)).scalars())
    here = sent_articles(conn, brand_id, _named(conn, brand_id, parcel))
    by_id = {article.id: number for number, article in here.items() if article.id}
    by_slug = {article.slug: number for number, article in here.items()}
    found = []
    for one in parcel:
        article = one if one.owner.lower() in people else replace(one, owner="")
        number = by_id.get(article.id) if article.id else by_slug.get(article.slug)
        if number is None:
            found.append(Step(article, None, "new"))
        else:
            if as_drafts:
                article = replace(article, status=here[number].status)
            same = _says_the_same(article, here[number])
            found.append(Step(article, number, "unchanged" if same else "changed"))
    return found


def _named(conn: Connection, brand_id: int, parcel: Sequence[SentArticle]) -> list[int] | None:
    """The ids of those that a small parcel may be about; None: look at all."""
    if len(parcel) > ONE_QUERY:
        return None
    found = conn.execute(
        select(articles.c.id).where(
            articles.c.brand_id == brand_id,
            or_(
                articles.c.external_id.in_([one.id for one in parcel if one.id]),
                articles.c.slug.in_([one.slug for one in parcel if not one.id and one.slug]),
            ),
        )
    )
    return list(found.scalars())


def _says_the_same(sent: SentArticle, held: SentArticle) -> bool:
    """Whether taking it would change nothing: languages and details it does not name stay."""
    return (
        all(held.texts.get(locale) == text for locale, text in sent.texts.items())
        and (not sent.category or sent.category == held.category)
        and sent.visibility == held.visibility
        and sent.status == held.status
        and (not sent.owner or sent.owner == held.owner)
        and (not sent.check_by or sent.check_by == held.check_by)
    )


def _sent(
    row: Row[Any], texts: Mapping[str, SentText], named: Mapping[int, tuple[str, ...]]
) -> SentArticle:
    main = {row.locale: texts[row.locale]} if row.locale in texts else {}
    return SentArticle(
        id=row.external_id or "",
        texts={**main, **texts},
        category=named.get(row.category_id, ()),
        visibility=row.visibility,
        status="draft" if row.status == "review" else row.status,
        slug=row.slug,
        owner=row.email or "",
        check_by=day_of(row.check_by),
    )


def day_of(at: int | None) -> str:
    """A moment as its day, 2026-05-31."""
    return "" if at is None else datetime.fromtimestamp(at / 1000, UTC).date().isoformat()


def _paths(conn: Connection, brand_id: int) -> dict[int, tuple[str, ...]]:
    """The names from category to section, of every category."""
    rows = {
        row.id: row
        for row in conn.execute(select(categories).where(categories.c.brand_id == brand_id))
    }
    found = {}
    for number, row in rows.items():
        path: list[str] = []
        at: Row[Any] | None = row
        while at is not None and len(path) < 10:
            path.insert(0, in_language(at.names, next(iter(at.names), "en")))
            at = rows.get(at.parent_id)
        found[number] = tuple(path)
    return found
