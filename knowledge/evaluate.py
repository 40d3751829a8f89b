"""Measures the library on sets of questions, beside plain FTS5 with its own bm25."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from statistics import fmean, quantiles

from knowledge import sqlite
from knowledge.answer import answer
from knowledge.classify import Classifier, train
from knowledge.gaps import gaps
from knowledge.index import Index
from knowledge.search import search, suggest
from knowledge.semantic import Encoder
from knowledge.suites import (
    Labelled,
    Suite,
    half_typed,
    in_simplified,
    mistyped,
    without_every_fifth,
)

_ALL = ("public", "customer", "internal")
_FEW = 10
_TESTED = 1_000
_TOP_GAPS = 10
Finder = Callable[[str, str], list[int]]


@dataclass(frozen=True, slots=True)
class Figures:
    """Over all answerable questions; shares are 0..1."""

    questions: int
    recall_1: float
    recall_3: float
    mrr: float
    no_hit: float
    p50_ms: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Abstention:
    """How the confidence gate did, on answerable and unanswerable questions alike.

    `auroc` is the chance that an answerable question is more confident than an unanswerable one.
    """

    precision: float
    answered_right: float
    unanswerable_answered: float
    auroc: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One suite: our search and plain FTS5 on the same articles, changed questions, the gate.

    `simplified` is None where asking in the simplified Chinese script changes no question.
    """

    name: str
    own: Figures
    plain: Figures
    typos: Figures
    typing: Figures
    simplified: Figures | None
    gate: Abstention


@dataclass(frozen=True, slots=True)
class Sorting:
    """One set of labelled texts: accuracy learned from few and from all examples.

    `auroc` is that of texts of a class against texts of none; None where the set has none.
    """

    name: str
    few: float
    full: float
    auroc: float | None
    train_s: float
    p99_ms: float


@dataclass(frozen=True, slots=True)
class Grouping:
    """The questions of one set as if none had an answer, asked the more often the earlier a class.

    Of those in a group, `purity` belong to its commonest class; `coverage` are in a group at all;
    `found` of the ten biggest classes lead one of the first twenty groups.
    """

    name: str
    questions: int
    purity: float
    coverage: float
    found: float


def compare(suite: Suite, timer: Callable[[], float], encoder: Encoder | None = None) -> Comparison:
    """Measure a suite; the gate with a fifth of the articles taken away."""
    simplified = in_simplified(suite)
    return Comparison(
        suite.name,
        measure(suite, own_search(suite, encoder), timer),
        measure(suite, plain_fts5(suite), timer),
        measure(mistyped(suite, Random(3)), own_search(suite, encoder), timer),
        measure(half_typed(suite), own_suggest(suite, encoder), timer),
        None if simplified is None else measure(simplified, own_search(suite, encoder), timer),
        abstention(without_every_fifth(suite), encoder),
    )


def sort(labelled: Labelled, timer: Callable[[], float], encoder: Encoder | None = None) -> Sorting:
    """Train on ten examples of each class and on all, and test on texts that were not seen."""
    test = labelled.test[:_TESTED]
    seen: Counter[str] = Counter()
    few: list[tuple[str, str]] = []
    for text, label in labelled.train:
        seen[label] += 1
        if seen[label] <= _FEW:
            few.append((text, label))
    began = timer()
    full = train(labelled.train, Random(1), encoder)
    trained = timer() - began
    spent: list[float] = []
    inside = [_confidence(full, text, timer, spent) for text, _ in test]
    outside = [_confidence(full, text, timer, spent) for text in labelled.outside]
    return Sorting(
        labelled.name,
        _accuracy(train(few, Random(1), encoder), test),
        _accuracy(full, test),
        auroc(inside, outside) if outside else None,
        trained,
        _quantile(spent, 99),
    )


def group(labelled: Labelled, encoder: Encoder | None = None) -> Grouping:
    """Find the gaps in up to thirty classes of questions, the first asked about most."""
    by_label: dict[str, list[str]] = {}
    for text, label in labelled.train:
        by_label.setdefault(label, []).append(text)
    labels = sorted(by_label)
    Random(5).shuffle(labels)
    asked = [
        (text, label)
        for rank, label in enumerate(labels[:30])
        for text in by_label[label][: max(2, round(24 / (1 + rank / 5)))]
    ]
    Random(5).shuffle(asked)
    found = gaps([text for text, _ in asked], encoder=encoder)
    held = [Counter(asked[at][1] for at in gap.members) for gap in found]
    grouped = sum(counts.total() for counts in held)
    sizes = Counter(label for _, label in asked)
    leading = {counts.most_common(1)[0][0] for counts in held[: 2 * _TOP_GAPS]}
    top = [label for label, _ in sizes.most_common(_TOP_GAPS)]
    return Grouping(
        labelled.name,
        len(asked),
        sum(counts.most_common(1)[0][1] for counts in held) / max(1, grouped),
        grouped / max(1, len(asked)),
        sum(label in leading for label in top) / max(1, len(top)),
    )


def auroc(higher: Sequence[float], lower: Sequence[float]) -> float:
    """The chance that one of `higher` is above one of `lower`; equal ones count half."""
    if not higher or not lower:
        return 0.5
    rows = sorted([(value, 1) for value in higher] + [(value, 0) for value in lower])
    ranks = 0.0
    at = 0
    while at < len(rows):
        end = at
        while end < len(rows) and rows[end][0] == rows[at][0]:
            end += 1
        ranks += sum(kind for _, kind in rows[at:end]) * (at + end + 1) / 2
        at = end
    return (ranks - len(higher) * (len(higher) + 1) / 2) / (len(higher) * len(lower))


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


def own_search(suite: Suite, encoder: Encoder | None = None) -> Finder:
    """The product's search over the suite's articles."""
    index = indexed(suite, encoder)

    def find(text: str, locale: str) -> list[int]:
        hits = search(index, text, brand=None, locale=locale, visibilities=_ALL)
        return [hit.article_id for hit in hits]

    return find


def own_suggest(suite: Suite, encoder: Encoder | None = None) -> Finder:
    """The product's suggestions while typing."""
    index = indexed(suite, encoder)

    def find(text: str, locale: str) -> list[int]:
        hits = suggest(index, text, brand=None, locale=locale, visibilities=_ALL)
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


def indexed(suite: Suite, encoder: Encoder | None = None) -> Index:
    """The suite's articles in an index in memory."""
    index = Index(":memory:", encoder)
    index.replace_all(suite.articles)
    return index


def abstention(suite: Suite, encoder: Encoder | None = None) -> Abstention:
    """What the gate answers at its shipped threshold."""
    index = indexed(suite, encoder)
    right = wrong = unanswerable_answered = 0
    confidences: dict[bool, list[float]] = {True: [], False: []}
    for question in suite.questions:
        given = answer(index, question.text, brand=None, locale=question.locale, visibilities=_ALL)
        confidences[bool(question.gold)].append(given.confidence)
        if given.hit is None or not given.sure:
            continue
        right += given.hit.article_id in question.gold
        wrong += given.hit.article_id not in question.gold
        unanswerable_answered += not question.gold
    return Abstention(
        precision=right / max(1, right + wrong),
        answered_right=right / max(1, len(confidences[True])),
        unanswerable_answered=unanswerable_answered / max(1, len(confidences[False])),
        auroc=auroc(confidences[True], confidences[False]),
    )


def _accuracy(model: Classifier, test: Sequence[tuple[str, str]]) -> float:
    found = ((model.classify(text, 1), label) for text, label in test)
    return fmean(bool(best) and best[0].label == label for best, label in found)


def _confidence(
    model: Classifier, text: str, timer: Callable[[], float], spent: list[float]
) -> float:
    began = timer()
    best = model.classify(text, 1)
    spent.append((timer() - began) * 1000)
    return best[0].confidence if best else 0.0


def _quantile(values: list[float], percent: int) -> float:
    if len(values) < 2:
        return values[0] if values else 0.0
    return quantiles(values, n=100, method="inclusive")[percent - 1]
