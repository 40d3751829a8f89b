"""Gaps and overlaps, computed in a process of its own and kept for some minutes with their time."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections import Counter
from collections.abc import Awaitable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from sqlalchemy import Connection

from app import clock
from app.db import Database
from app.pages.locales import negotiate
from app.queries.articles import indexed_articles
from app.queries.gap_articles import Begun, begun, folded
from app.queries.gaps import Asked, asked_in_vain
from app.settings import ROOT
from knowledge.answer import Answer
from knowledge.gaps import Gap, gaps
from knowledge.semantic import encoder
from knowledge.values import Article

KEPT_MS = 600_000
EXAMPLES = 5
MOST = 40
FEW = 300  # questions that are grouped while one waits; more: in a process of its own
LIKELY = 0.3  # less sure than this, the first article has nothing to do with a question
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class GapLine:
    """A missing article: its most typical question, examples, how often it was asked in the period
    and in the one before, and the agents' time it took, in ms. `begun` is what was written for it
    since, and `ids` are the questions."""

    question: str
    examples: tuple[str, ...]
    locale: str
    now: int
    before: int
    cost_ms: int
    brand_id: int = 0
    ids: tuple[int, ...] = ()
    begun: Begun | None = None
    near: Begun | None = None  # an article that these words may be missing in


@dataclass(frozen=True, slots=True)
class OverlapLine:
    """Two articles that treat the same matter; `differing` are quantities that differ."""

    left: int
    left_title: str
    right: int
    right_title: str
    differing: tuple[tuple[str, str], ...]
    negated: bool


@dataclass(frozen=True, slots=True)
class GapReport:
    """What was found, and when (ms)."""

    gaps: tuple[GapLine, ...]
    overlaps: tuple[OverlapLine, ...]
    questions: int
    as_of: int


class Answering(Protocol):
    """How the articles of now answer a question (KnowledgeIndex.answer)."""

    def __call__(self, question: str, *, brand: int, locale: str) -> Awaitable[Answer]: ...


class GapReports:
    """The reports of this process, by brands and days; each is computed once at a time."""

    def __init__(self, db: Database, answer: Answering) -> None:
        self._db, self._answer = db, answer
        self._kept: dict[tuple[Any, int], GapReport] = {}
        self._locks: dict[tuple[Any, int], asyncio.Lock] = {}

    def forget(self) -> None:
        """Something was dropped: the next report is computed anew."""
        self._kept.clear()

    async def report(
        self, brands: frozenset[int] | None, days: int, *, fresh: bool = False
    ) -> GapReport:
        """The gaps of these brands in the last days; at most some minutes old unless `fresh`."""
        key = brands, days
        async with self._locks.setdefault(key, asyncio.Lock()):
            kept = self._kept.get(key)
            if kept is not None and not fresh and kept.as_of > clock.now() - KEPT_MS:
                return kept
            self._kept[key] = await self._computed(brands, days)
            return self._kept[key]

    async def _computed(self, brands: frozenset[int] | None, days: int) -> GapReport:
        now = clock.now()
        asked, articles = await self._db.query(_read, brands, now - 2 * days * DAY_MS)
        found = await _cluster(
            {
                "questions": [it.text for it in asked],
                "articles": [
                    {
                        "id": it.id,
                        "locale": it.locale,
                        "title": it.title,
                        "body": it.body,
                        "brand": it.brand,
                    }
                    for it in articles
                ],
            }
        )
        began = now - days * DAY_MS
        found_lines = [
            _line(question, [asked[at] for at in members], began)
            for question, members in found["gaps"]
        ]
        current = sorted(
            (line for line in found_lines if line.now), key=lambda it: (-it.now, -it.cost_ms)
        )
        lines = await self._with_articles(current[:MOST], brands)
        titles = {it.id: it.title for it in articles}
        overlapping = tuple(
            OverlapLine(
                left,
                titles.get(left, ""),
                right,
                titles.get(right, ""),
                tuple((one, other) for one, other in differing),
                negated,
            )
            for left, right, differing, negated in found["overlaps"][:MOST]
        )
        count = sum(it.at >= began for it in asked)
        return GapReport(tuple(lines), overlapping, count, now)

    async def _with_articles(
        self, lines: Sequence[GapLine], brands: Collection[int] | None
    ) -> list[GapLine]:
        """What was written for them meanwhile; what is published comes last."""
        drafts = await self._db.query(begun, brands)
        done = []
        for line in lines:
            published, near = await self._answered(line)
            draft = next((drafts[it] for it in map(folded, line.examples) if it in drafts), None)
            done.append(replace(line, begun=published or draft, near=near))
        return sorted(done, key=lambda it: it.begun is not None and not it.begun.owner)

    async def _answered(self, line: GapLine) -> tuple[Begun | None, Begun | None]:
        """The article that surely answers at least half of the examples now; else the one that
        comes first for most of them."""
        sure: Counter[Begun] = Counter()
        likely: Counter[Begun] = Counter()
        for text in line.examples:
            given = await self._answer(text, brand=line.brand_id, locale=negotiate(line.locale))
            if given.hit is None or given.confidence < LIKELY:
                continue
            (sure if given.sure else likely)[Begun(given.hit.article_id, given.hit.title)] += 1
        for found in (sure, likely):
            for article, times in found.most_common(1):
                if 2 * times >= len(line.examples):
                    return (article, None) if found is sure else (None, article)
        return None, None


def _line(question: str, members: list[Asked], began: int) -> GapLine:
    recent = [it for it in members if it.at >= began]
    texts: dict[str, str] = {}
    for text in (question, *(it.text for it in members)):
        texts.setdefault(folded(text), text)
    return GapLine(
        question,
        tuple(texts.values())[:EXAMPLES],
        next((it.locale for it in members if it.text == question), ""),
        len(recent),
        len(members) - len(recent),
        sum(it.cost_ms for it in recent),
        Counter(it.brand_id for it in members).most_common(1)[0][0],
        tuple(it.id for it in members),
    )


def _read(
    conn: Connection, brands: Collection[int] | None, since: int
) -> tuple[list[Asked], list[Article]]:
    articles = [it for it in indexed_articles(conn) if brands is None or it.brand in brands]
    return asked_in_vain(conn, brands, since), articles


async def grouped(questions: Sequence[str]) -> list[list[str]]:
    """Questions that ask for the same thing, the biggest group and the most typical first."""
    if len(questions) <= FEW:
        near = await asyncio.to_thread(_gaps, questions)
        found = [(gap.question, gap.members) for gap in near]
    else:
        clusters = await _cluster({"questions": list(questions), "articles": []})
        found = [(question, tuple(members)) for question, members in clusters["gaps"]]
    return [
        sorted((questions[at] for at in members), key=lambda text: text != question)
        for question, members in found
    ]


def _gaps(questions: Sequence[str]) -> list[Gap]:
    return gaps(questions, encoder=encoder())


async def _cluster(given: dict[str, Any]) -> dict[str, Any]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.knowledge_index.cluster", cwd=ROOT, stdin=PIPE, stdout=PIPE
    )
    try:
        out, _ = await process.communicate(json.dumps(given).encode())
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if process.returncode:
        raise RuntimeError("the questions could not be grouped")
    found: dict[str, Any] = json.loads(out)
    return found
