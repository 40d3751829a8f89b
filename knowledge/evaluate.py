"""Measures the search on a folder of question sets, beside plain FTS5 with its own bm25.

A suite is a folder with `articles.jsonl` (id, title, body, locale, alternatives) and, unless the
titles are to be hidden and asked for, `queries.jsonl` (query, gold: list of ids, locale).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, quantiles

from knowledge import sqlite
from knowledge.answer import answer
from knowledge.index import Index
from knowledge.search import search
from knowledge.values import Article

_ALL = ("public", "customer", "internal")
Finder = Callable[[str, str], list[int]]


@dataclass(frozen=True, slots=True)
class Question:
    """What was asked, in which locale, and the ids of the articles that answer it (maybe none)."""

    text: str
    locale: str
    gold: frozenset[int]


@dataclass(frozen=True, slots=True)
class Suite:
    """A knowledge base with questions to it."""

    name: str
    articles: tuple[Article, ...]
    questions: tuple[Question, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Shares are 0..1; `answered_right` and `answered_wrong` are shares of all questions."""

    questions: int
    recall_1: float
    recall_3: float
    mrr: float
    no_hit: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """How the confidence gate did, on answerable and unanswerable questions alike."""

    precision: float
    answered_right: float
    unanswerable_answered: float


def load(folder: Path) -> list[Suite]:
    """Every suite in the folders below `folder`, or `folder` itself; raises ValueError if none."""
    files = sorted({*folder.glob("*/articles.jsonl"), *folder.glob("articles.jsonl")})
    if not files:
        raise ValueError(f"{folder} holds no suite: expected NAME/articles.jsonl below it")
    return [_suite(file.parent) for file in files]


@dataclass(frozen=True, slots=True)
class Comparison:
    """One suite: the product's search, plain FTS5 on the same articles, and the gate."""

    name: str
    own: Figures
    plain: Figures
    gate: Abstention


def compare(folder: Path, timer: Callable[[], float]) -> Iterator[Comparison]:
    """Measure every suite in `folder`; the gate with a fifth of the articles taken away."""
    for suite in load(folder):
        yield Comparison(
            suite.name,
            measure(suite, own_search(suite), timer),
            measure(suite, plain_fts5(suite), timer),
            abstention(without_every_fifth(suite)),
        )


def measure(suite: Suite, find: Finder, timer: Callable[[], float]) -> Figures:
    """Ask every answerable question of the suite. `timer` gives seconds."""
    ranks: list[int] = []
    empty = 0
    spent: list[float] = []
    asked = [question for question in suite.questions if question.gold]
    for question in asked:
        began = timer()
        found = find(question.text, question.locale)
        spent.append((timer() - began) * 1000)
        empty += not found
        ranks.append(next((at for at, id in enumerate(found, 1) if id in question.gold), 0))
    return Figures(
        questions=len(asked),
        recall_1=fmean(rank == 1 for rank in ranks),
        recall_3=fmean(1 <= rank <= 3 for rank in ranks),
        mrr=fmean(1 / rank if rank else 0.0 for rank in ranks),
        no_hit=empty / len(asked),
        p50_ms=_quantile(spent, 50),
        p99_ms=_quantile(spent, 99),
    )


def own_search(suite: Suite) -> Finder:
    """The product's search over the suite's articles."""
    index = indexed(suite)

    def find(text: str, locale: str) -> list[int]:
        hits = search(index, text, brand=None, locale=locale, visibilities=_ALL)
        return [hit.article_id for hit in hits]

    return find


def plain_fts5(suite: Suite) -> Finder:
    """The baseline: one FTS5 table, its porter tokenizer, any word may match, title times three."""
    connection = sqlite.connect(":memory:")
    connection.execute("CREATE VIRTUAL TABLE a USING fts5(title, body, tokenize = 'porter')")
    for article in suite.articles:
        body = "\n".join((article.body, *article.alternatives))
        row = (article.id, article.title, body)
        connection.execute("INSERT INTO a (rowid, title, body) VALUES (?, ?, ?)", row)

    def find(text: str, locale: str) -> list[int]:
        words = ('"' + word.replace('"', '""') + '"' for word in text.replace("\0", "").split())
        rows = connection.execute(
            "SELECT rowid FROM a WHERE a MATCH ? ORDER BY bm25(a, 3, 1) LIMIT 10",
            (" OR ".join(words) or '""',),
        )
        return [rowid for (rowid,) in rows]

    return find


def indexed(suite: Suite) -> Index:
    """The suite's articles in an index in memory."""
    index = Index(":memory:")
    index.replace_all(suite.articles)
    return index


def without_every_fifth(suite: Suite) -> Suite:
    """The suite with some of its articles taken away, so that their questions have no answer."""
    kept = tuple(article for article in suite.articles if article.id % 5)
    ids = frozenset(article.id for article in kept)
    questions = tuple(
        Question(question.text, question.locale, question.gold & ids)
        for question in suite.questions
    )
    return Suite(suite.name, kept, questions)


def abstention(suite: Suite) -> Abstention:
    """What the gate answers at its shipped threshold."""
    index = indexed(suite)
    right = wrong = unanswerable_answered = 0
    for question in suite.questions:
        given = answer(index, question.text, brand=None, locale=question.locale, visibilities=_ALL)
        if given.hit is None or not given.sure:
            continue
        right += given.hit.article_id in question.gold
        wrong += given.hit.article_id not in question.gold
        unanswerable_answered += not question.gold
    answerable = sum(1 for question in suite.questions if question.gold)
    unanswerable = len(suite.questions) - answerable
    return Abstention(
        precision=right / max(1, right + wrong),
        answered_right=right / max(1, answerable),
        unanswerable_answered=unanswerable_answered / max(1, unanswerable),
    )


def _suite(folder: Path) -> Suite:
    rows = _rows(folder / "articles.jsonl")
    numbers = {str(row["id"]): number for number, row in enumerate(rows, 1)}
    queries = folder / "queries.jsonl"
    hidden = not queries.exists()
    articles = tuple(
        Article(
            numbers[str(row["id"])],
            str(row["locale"]),
            "" if hidden else str(row["title"]),
            str(row["body"]),
            alternatives=tuple(map(str, _sequence(row.get("alternatives")))),
        )
        for row in rows
    )
    if hidden:
        questions = tuple(
            Question(str(row["title"]), str(row["locale"]), frozenset({numbers[str(row["id"])]}))
            for row in rows
        )
    else:
        questions = tuple(
            Question(
                str(row["query"]),
                str(row["locale"]),
                frozenset(numbers[str(id)] for id in _sequence(row["gold"])),
            )
            for row in _rows(queries)
        )
    return Suite(folder.name, articles, questions)


def _rows(file: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines() if line]


def _sequence(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _quantile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]
