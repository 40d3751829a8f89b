"""What anybody may read of a brand: by category, for crawlers, and where a moved article is now."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, exists, select

from app.models.inbox_settings import WidgetSettings
from app.models.knowledge import article_redirects, article_texts, articles, categories
from app.models.organisation import brands, inboxes
from app.queries.articles import PUBLIC, HelpBrand, in_language, nearest, readable


@dataclass(frozen=True, slots=True)
class Doors:
    """How to reach people: the keys of the brand's form and chat, empty where there is none; which
    sites may show the chat (none: every site)."""

    form: str = ""
    chat: str = ""
    chat_sites: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """An article in a list, in the language nearest to the reader's."""

    id: int
    slug: str
    locale: str
    title: str
    updated_at: int


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category or a section of one, with what stands in it. Without a slug: in none."""

    slug: str
    name: str
    entries: tuple[Entry, ...]
    sections: tuple["Shelf", ...] = ()

    @property
    def count(self) -> int:
        """How many articles there are in all."""
        return len(self.entries) + sum(section.count for section in self.sections)


@dataclass(frozen=True, slots=True)
class Crumb:
    """A category on the way to an article."""

    slug: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """One language of an article, for crawlers and feeds."""

    id: int
    slug: str
    locale: str
    title: str
    body: str
    updated_at: int
    locales: tuple[str, ...]


def help_brands(conn: Connection) -> list[HelpBrand]:
    """Every active brand of which there is something to read."""
    has_some = exists().where(
        articles.c.brand_id == brands.c.id,
        articles.c.status == "published",
        articles.c.visibility == "public",
    )
    rows = conn.execute(
        select(
            brands.c.id,
            brands.c.name,
            brands.c.slug,
            brands.c.locale,
            brands.c.color,
            brands.c.portal,
        )
        .where(brands.c.active, has_some)
        .order_by(brands.c.id)
    )
    return [HelpBrand(**row._mapping) for row in rows]


def doors_of(conn: Connection, brand_id: int) -> Doors:
    """The brand's first form and first chat."""
    rows = conn.execute(
        select(inboxes.c.channel, inboxes.c.key, inboxes.c.settings)
        .where(
            inboxes.c.brand_id == brand_id,
            inboxes.c.active,
            inboxes.c.channel.in_(("form", "chat")),
        )
        .order_by(inboxes.c.id.desc())
    )
    found = {row.channel: row for row in rows}
    form, chat = found.get("form"), found.get("chat")
    return Doors(
        "" if form is None else form.key,
        "" if chat is None else chat.key,
        () if chat is None else WidgetSettings.of(chat.settings).allowed_sites,
    )


def shelves(
    conn: Connection, brand_id: int, locale: str, visibilities: Collection[str] = PUBLIC
) -> list[Shelf]:
    """The contents by category and section, in their order; empty ones are left out."""
    placed = _entries(conn, brand_id, locale, visibilities)
    rows = conn.execute(
        select(categories)
        .where(categories.c.brand_id == brand_id)
        .order_by(categories.c.position, categories.c.id)
    ).all()
    found = []
    for row in rows:
        if row.parent_id is None:
            sections = tuple(
                _shelf(each, placed, locale) for each in rows if each.parent_id == row.id
            )
            found.append(_shelf(row, placed, locale, tuple(it for it in sections if it.count)))
    found.append(Shelf("", "", tuple(placed.get(None, ()))))
    return [shelf for shelf in found if shelf.count]


def filled_categories(
    conn: Connection, brand_id: int, locale: str, visibilities: Collection[str] = PUBLIC
) -> dict[str, str]:
    """The names of the categories and sections in which there is something, by their addresses,
    in their order."""
    used = set(
        conn.execute(
            select(articles.c.category_id).where(readable(brand_id, visibilities)).distinct()
        ).scalars()
    )
    rows = conn.execute(
        select(categories)
        .where(categories.c.brand_id == brand_id)
        .order_by(categories.c.position, categories.c.id)
    ).all()
    found = {}
    for outer in (row for row in rows if row.parent_id is None):
        inner = [row for row in rows if row.parent_id == outer.id and row.id in used]
        if inner or outer.id in used:
            for row in (outer, *inner):
                found[row.slug] = in_language(row.names, locale)
    return found


def crumbs_to(conn: Connection, article_id: int, locale: str) -> list[Crumb]:
    """The categories an article stands in, the outermost first."""
    category_id = conn.execute(
        select(articles.c.category_id).where(articles.c.id == article_id)
    ).scalar()
    found: list[Crumb] = []
    while category_id is not None and len(found) < 5:
        row = conn.execute(select(categories).where(categories.c.id == category_id)).one()
        found.append(Crumb(row.slug, in_language(row.names, locale)))
        category_id = row.parent_id
    return found[::-1]


def moved_to(
    conn: Connection, brand_id: int, slug: str, visibilities: Collection[str] = PUBLIC
) -> str | None:
    """Where an article that had this address is now, if these readers may read it."""
    return conn.execute(
        select(articles.c.slug)
        .join(article_redirects, article_redirects.c.article_id == articles.c.id)
        .where(
            article_redirects.c.brand_id == brand_id,
            article_redirects.c.slug == slug,
            readable(brand_id, visibilities),
        )
    ).scalar()


def entries_of(
    conn: Connection,
    brand_id: int,
    ids: Sequence[int],
    locale: str,
    visibilities: Collection[str] = PUBLIC,
) -> dict[int, Entry]:
    """Of these articles those that these readers may read, by id."""
    placed = _entries(conn, brand_id, locale, visibilities, articles.c.id.in_(ids)) if ids else {}
    return {entry.id: entry for entries in placed.values() for entry in entries}


def versions(
    conn: Connection,
    brand_id: int,
    *,
    locale: str | None = None,
    newest: int | None = None,
    bodies: bool = False,
) -> list[Version]:
    """Every language of every article, by id; or the `newest` ones in a language."""
    columns = [
        articles.c.id, articles.c.slug, article_texts.c.locale, article_texts.c.title,
        article_texts.c.updated_at,
    ]  # fmt: skip
    wanted = (
        select(*columns, *([article_texts.c.body] if bodies else []))
        .join(articles, articles.c.id == article_texts.c.article_id)
        .where(readable(brand_id, PUBLIC))  # crawlers and feeds are strangers
    )
    if locale is not None:
        wanted = wanted.where(article_texts.c.locale == locale)
    if newest is not None:
        wanted = wanted.order_by(article_texts.c.updated_at.desc(), articles.c.id.desc())
        wanted = wanted.limit(newest)
    else:
        wanted = wanted.order_by(articles.c.id, article_texts.c.locale)
    rows = conn.execute(wanted).all()
    locales: dict[int, list[str]] = {}
    for row in rows:
        locales.setdefault(row.id, []).append(row.locale)
    return [
        Version(
            row.id,
            row.slug,
            row.locale,
            row.title,
            row.body if bodies else "",
            row.updated_at,
            tuple(locales[row.id]),
        )
        for row in rows
    ]


def _entries(
    conn: Connection,
    brand_id: int,
    locale: str,
    visibilities: Collection[str],
    *conditions: ColumnElement[bool],
) -> dict[int | None, list[Entry]]:
    """Articles by category, by title."""
    rows = conn.execute(
        select(
            articles.c.id,
            articles.c.slug,
            articles.c.category_id,
            article_texts.c.locale,
            article_texts.c.title,
            article_texts.c.updated_at,
        )
        .join(article_texts, article_texts.c.article_id == articles.c.id)
        .where(readable(brand_id, visibilities), *conditions)
    )
    texts: dict[int, dict[str, Any]] = {}
    for row in rows:
        texts.setdefault(row.id, {})[row.locale] = row
    placed: dict[int | None, list[Entry]] = {}
    for by_locale in texts.values():
        row = by_locale[nearest(list(by_locale), locale)]
        title = row.title or row.slug
        entry = Entry(row.id, row.slug, row.locale, title, row.updated_at)
        placed.setdefault(row.category_id, []).append(entry)
    for entries in placed.values():
        entries.sort(key=lambda entry: entry.title.casefold())
    return placed


def _shelf(
    row: Any,
    placed: dict[int | None, list[Entry]],
    locale: str,
    sections: tuple[Shelf, ...] = (),
) -> Shelf:
    return Shelf(row.slug, in_language(row.names, locale), tuple(placed.get(row.id, ())), sections)
