"""The process's index of articles: filled from the rows at the start, kept in step by events.

It lives in memory and is rebuilt at each start, so there is nothing to repair. Searching is work
for the processor: it runs in a thread. Results are the same on both engines.
"""

import asyncio
from collections.abc import Collection, Sequence
from pathlib import Path

import structlog

from app.db import Database
from app.events import ArticleChanged, Event, KnowledgeChanged, SetupChanged
from app.knowledge_index.classes import Classes
from app.knowledge_index.elsewhere import Elsewhere
from app.knowledge_index.gap_report import GapReports
from app.knowledge_index.shelves import Brands, Shelves
from app.queries.article_synonyms import synonym_groups
from app.queries.articles import PUBLIC, indexed_articles
from knowledge.answer import Answer
from knowledge.classify import Class
from knowledge.thesaurus import written_down
from knowledge.values import Hit

RETRY_S = 2.0
LOOK_S = 3.0
ONE_QUERY = 1_000  # ids

log = structlog.get_logger()


class KnowledgeIndex:
    """Search over the published articles, and topics. `changed` is a listener of committed events.

    `folder` is where what was learned of topics is kept between starts.
    """

    def __init__(self, db: Database, folder: Path) -> None:
        self._db = db
        self._shelves = Shelves()
        self.classes = Classes(db, folder)
        self.gaps = GapReports(db, self.answer)
        self._pending: set[int] = set()
        self._brands_pending: set[int] = set()
        self._all_pending = False
        self._wake = asyncio.Event()
        self._settled = asyncio.Event()
        self._settled.set()
        self._elsewhere = Elsewhere(db)
        self._tasks: list[asyncio.Task[None]] = []

    async def start(self) -> None:
        """Fill the index from the article rows, then follow what changes, here and elsewhere."""
        await self._elsewhere.begin()
        await self._refill()
        self._tasks = [
            asyncio.create_task(self._follow(), name="knowledge index"),
            asyncio.create_task(self._look_elsewhere(), name="knowledge of other processes"),
        ]
        self.classes.start()

    async def stop(self) -> None:
        """Stop following."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self.classes.stop()
        self._shelves.close()

    def changed(self, events: Sequence[Event]) -> None:
        """Note which articles must be read again; called after each commit."""
        for fact in events:
            if isinstance(fact, ArticleChanged):
                self._pending.add(fact.article_id)
            elif isinstance(fact, KnowledgeChanged):
                self._note(fact)
            elif isinstance(fact, SetupChanged) and fact.what == "brand":
                self._all_pending = True
        if self._pending or self._brands_pending or self._all_pending:
            self._settled.clear()
            self._wake.set()

    def missed(self) -> None:
        """Changes of other processes may have been lost: read everything again."""
        self._all_pending = True
        self._settled.clear()
        self._wake.set()
        self.classes.changed()

    async def settled(self) -> None:
        """Wait until every change of articles noted so far can be found."""
        await self._settled.wait()

    async def search(
        self,
        query: str,
        *,
        brand: Brands,
        locale: str,
        visibilities: Collection[str] = PUBLIC,
        limit: int = 10,
        categories: Collection[int] | None = None,
    ) -> list[Hit]:
        """The articles of one, some or (None) all brands that answer a question, best first; with
        `categories` only those that stand in one of them."""
        return await asyncio.to_thread(
            self._shelves.search, query, brand, locale, visibilities, limit, categories
        )

    async def suggest(
        self,
        partial: str,
        *,
        brand: Brands,
        locale: str,
        visibilities: Collection[str] = PUBLIC,
        limit: int = 3,
        categories: Collection[int] | None = None,
    ) -> list[Hit]:
        """The same for a text that is still being typed."""
        return await asyncio.to_thread(
            self._shelves.suggest, partial, brand, locale, visibilities, limit, categories
        )

    async def answer(
        self,
        question: str,
        *,
        brand: Brands,
        locale: str,
        visibilities: Collection[str] = PUBLIC,
    ) -> Answer:
        """The answer to a question, or the best guess with `sure` False."""
        return await asyncio.to_thread(self._shelves.answer, question, brand, locale, visibilities)

    async def classify(self, text: str, *, brand: int | None, limit: int = 3) -> list[Class]:
        """The topics of a text, likeliest first; none while nothing was learned or when unsure."""
        return await self.classes.classify(text, brand, limit)

    def _note(self, fact: KnowledgeChanged) -> None:
        if fact.what in ("training", "corrected"):
            self.classes.changed(at_once=fact.what == "training")
        elif fact.brand_id is None:
            self._all_pending = True
        else:
            self._brands_pending.add(fact.brand_id)

    async def _refill(self) -> None:
        await self._read_meanings()
        articles = await self._db.query(indexed_articles)
        await asyncio.to_thread(self._shelves.fill, articles)

    async def _follow(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            everything, self._all_pending = self._all_pending, False
            brands, self._brands_pending = self._brands_pending, set()
            ids, self._pending = self._pending, set()
            try:
                await self._catch_up(everything, brands, ids)
                self.gaps.forget()  # what was missing may be there now
            except Exception:  # the index is behind, not lost: say so and try again
                log.exception("knowledge_index_behind", articles=sorted(ids), brands=sorted(brands))
                self._pending |= ids
                self._brands_pending |= brands
                self._all_pending |= everything
                self._wake.set()
                await asyncio.sleep(RETRY_S)
            if not self._wake.is_set():
                self._settled.set()

    async def _look_elsewhere(self) -> None:
        """Every few seconds: what other processes have written down and nobody has told us."""
        while True:
            await asyncio.sleep(LOOK_S)
            try:
                await self.look()
            except Exception:  # the next look is soon
                log.exception("knowledge_elsewhere_unread")

    async def look(self) -> None:
        """Note what other processes have changed since the last look."""
        news = await self._elsewhere.look()
        if not news:
            return
        await self.settled()
        if news.brands:
            await self._read_meanings()
        stale = await self._elsewhere.stale(news, await asyncio.to_thread(self._shelves.held))
        if stale:
            self._all_pending |= len(stale) > ONE_QUERY
            self._pending |= stale
            self._settled.clear()
            self._wake.set()

    async def _read_meanings(self) -> None:
        groups = await self._db.query(synonym_groups)
        self._shelves.mean({brand: written_down(theirs) for brand, theirs in groups.items()})

    async def _catch_up(self, everything: bool, brands: set[int], ids: set[int]) -> None:
        if everything:
            await self._refill()
            return
        if brands:
            await self._read_meanings()
        for brand in sorted(brands):
            theirs = await self._db.query(indexed_articles, brand_id=brand)
            await asyncio.to_thread(self._shelves.fill_brand, brand, theirs)
        wanted = sorted(ids)
        for at in range(0, len(wanted), ONE_QUERY):
            some = wanted[at : at + ONE_QUERY]
            articles = await self._db.query(indexed_articles, some)
            await asyncio.to_thread(self._shelves.replace, set(some), articles)
