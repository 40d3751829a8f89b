"""The process's index of articles: filled from the rows at the start, kept in step by events.

It lives in memory and is rebuilt at each start, so there is nothing to repair. Searching is work
for the processor: it runs in a thread. Results are the same on both engines.
"""

import asyncio
from collections.abc import Collection, Sequence

import structlog

from app.db import Database
from app.events import ArticleChanged, Event, SetupChanged
from app.queries.articles import indexed_articles
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.values import Article, Hit

PUBLIC = frozenset({"public"})
RETRY_S = 2.0

log = structlog.get_logger()


class KnowledgeIndex:
    """Search over the published articles. `changed` is a listener of committed events."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._index = Index(":memory:")
        self._pending: set[int] = set()
        self._all_pending = False
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Fill the index from the article rows, then follow what changes."""
        await self._refill()
        self._task = asyncio.create_task(self._follow(), name="knowledge index")

    async def stop(self) -> None:
        """Stop following."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        self._index.close()

    def changed(self, events: Sequence[Event]) -> None:
        """Note which articles must be read again; called after each commit."""
        for fact in events:
            if isinstance(fact, ArticleChanged):
                self._pending.add(fact.article_id)
            elif isinstance(fact, SetupChanged) and fact.what == "brand":
                self._all_pending = True
        if self._pending or self._all_pending:
            self._settled.clear()
            self._wake.set()

    def missed(self) -> None:
        """Changes of other processes may have been lost: read everything again."""
        self._all_pending = True
        self._settled.clear()
        self._wake.set()

    async def settled(self) -> None:
        """Wait until every change noted so far can be found."""
        await self._settled.wait()

    async def search(
        self,
        query: str,
        *,
        brand: int | None,
        locale: str,
        visibilities: Collection[str] = PUBLIC,
        limit: int = 10,
    ) -> list[Hit]:
        """The articles that answer a question, best first."""
        return await asyncio.to_thread(
            search,
            self._index,
            query,
            brand=brand,
            locale=locale,
            visibilities=visibilities,
            limit=limit,
        )

    async def suggest(
        self,
        partial: str,
        *,
        brand: int | None,
        locale: str,
        visibilities: Collection[str] = PUBLIC,
        limit: int = 3,
    ) -> list[Hit]:
        """The same for a text that is still being typed."""
        return await asyncio.to_thread(
            suggest,
            self._index,
            partial,
            brand=brand,
            locale=locale,
            visibilities=visibilities,
            limit=limit,
        )

    async def _refill(self) -> None:
        articles = await self._db.query(indexed_articles)
        await asyncio.to_thread(self._index.replace_all, articles)

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            everything, self._all_pending = self._all_pending, False
            ids, self._pending = self._pending, set()
            try:
                await (self._refill() if everything else self._read_again(ids))
            except Exception:  # the index is behind, not lost: say so and try again
                log.exception("knowledge_index_behind", articles=sorted(ids))
                self._pending |= ids
                self._all_pending |= everything
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            if not self._wake.is_set():
                self._settled.set()

    async def _read_again(self, ids: Collection[int]) -> None:
        articles = await self._db.query(indexed_articles, sorted(ids))
        await asyncio.to_thread(self._replace, ids, articles)

    def _replace(self, ids: Collection[int], articles: Sequence[Article]) -> None:
        """Hold of these articles exactly the language versions that are published."""
        fresh = {(article.id, article.locale) for article in articles}
        for article_id, locale in self._index.versions():
            if article_id in ids and (article_id, locale) not in fresh:
                self._index.remove(article_id, locale)
        for article in articles:
            self._index.put(article)
