"""Gaps and overlaps, computed in a process of its own and kept for some minutes with their time."""

import asyncio
import json
import sys
from asyncio.subprocess import PIPE
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from app import clock
from app.db import Database
from app.queries.articles import indexed_articles
from app.queries.gaps import Asked, asked_in_vain
from app.settings import ROOT
from knowledge.gaps import Gap, gaps
from knowledge.semantic import encoder
from knowledge.values import Article

KEPT_MS = 600_000
EXAMPLES = 5
MOST = 40
FEW = 300  # questions that are grouped while one waits; more: in a process of its own
DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class GapLine:
    """A missing article: its most typical question, examples, how often it was asked in the period
    and in the one before, and the agents' time it took, in ms."""

    question: str
    examples: tuple[str, ...]
    locale: str
    now: int
    before: int
    cost_ms: int


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


class GapReports:
    """The reports of this process, by brands and days; each is computed once at a time."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._kept: dict[tuple[Any, int], GapReport] = {}
        self._locks: dict[tuple[Any, int], asyncio.Lock] = {}

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
        lines = [
            _line(question, [asked[at] for at in members], began)
            for question, members in found["gaps"]
        ]
        current = sorted(
            (line for line in lines if line.now), key=lambda it: (-it.now, -it.cost_ms)
        )
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
        return GapReport(tuple(current[:MOST]), overlapping, count, now)


def _line(question: str, members: list[Asked], began: int) -> GapLine:
    recent = [it for it in members if it.at >= began]
    texts = dict.fromkeys([question, *(it.text for it in members)])
    return GapLine(
        question,
        tuple(list(texts)[:EXAMPLES]),
        next((it.locale for it in members if it.text == question), ""),
        len(recent),
        len(members) - len(recent),
        sum(it.cost_ms for it in recent),
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
