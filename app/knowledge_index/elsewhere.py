"""What other processes have changed of the articles, read from the journal.

A command on the machine, or a process that no bus connects with this one, cannot tell its events;
but it writes them down. Whatever this process has heard and read already has the same version.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from app.db import Database
from app.events import ArticleChanged, KnowledgeChanged
from app.models.conversation import journal
from app.models.knowledge import article_texts, articles
from app.models.organisation import brands

OVERLAP = 500  # rows of the journal: one with a smaller number may be committed after a greater
KINDS = (ArticleChanged.kind, KnowledgeChanged.kind)
Held = tuple[int, str, int]  # article, locale, version


@dataclass(frozen=True, slots=True)
class News:
    """Articles and brands that may have changed; None among the brands: all of them."""

    articles: frozenset[int] = frozenset()
    brands: frozenset[int | None] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.articles or self.brands)


class Elsewhere:
    """Reads on in the journal, from where it was when `begin` was called."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._last = 0
        self._seen: set[int] = set()

    async def begin(self) -> None:
        """From here on."""
        self._last = await self._db.query(_newest)
        rows = await self._db.query(_rows, self._last - OVERLAP)
        self._seen = {row_id for row_id, *_ in rows}

    async def look(self) -> News:
        """What was written down since the last look."""
        rows = await self._db.query(_rows, self._last - OVERLAP)
        fresh = [row for row in rows if row[0] not in self._seen]
        self._seen = {row_id for row_id, *_ in rows}
        self._last = max([self._last, *self._seen])
        return News(
            frozenset(data["article_id"] for _, kind, data in fresh if kind == ArticleChanged.kind),
            frozenset(
                data.get("brand_id")
                for _, kind, data in fresh
                if kind == KnowledgeChanged.kind and data["what"] in ("articles", "synonyms")
            ),
        )

    async def stale(self, news: News, held: Iterable[Held]) -> set[int]:
        """The articles whose rows are not what is held."""
        if not news:
            return set()
        now = await self._db.query(_versions, news)
        known = {(article, locale): version for article, locale, version in held}
        wanted = {(article, locale): version for article, locale, version in now}
        changed = {key[0] for key, version in wanted.items() if known.get(key) != version}
        gone = {key[0] for key in known if key not in wanted}
        return changed | (gone if news.brands else gone & news.articles)


def _newest(conn: Connection) -> int:
    return conn.execute(select(func.max(journal.c.id))).scalar() or 0


def _rows(conn: Connection, after: int) -> list[tuple[int, str, dict[str, Any]]]:
    found = conn.execute(
        select(journal.c.id, journal.c.kind, journal.c.data).where(
            journal.c.id > after, journal.c.kind.in_(KINDS)
        )
    )
    return [(row.id, row.kind, row.data) for row in found]


def _versions(conn: Connection, news: News) -> list[Held]:
    """The published texts: of all brands where a whole one changed, else of the articles."""
    query = (
        select(articles.c.id, article_texts.c.locale, articles.c.version)
        .join(article_texts, article_texts.c.article_id == articles.c.id)
        .join(brands, brands.c.id == articles.c.brand_id)
        .where(articles.c.status == "published", brands.c.active)
    )
    if not news.brands:
        query = query.where(articles.c.id.in_(news.articles))
    return [(row.id, row.locale, row.version) for row in conn.execute(query)]
