"""Decides whether the best article answers a question or is merely related to it.

A raw search score means something else in every knowledge base, so the decision is a logistic
regression over ten figures that do not. Its coefficients were fitted on several knowledge bases
with a fifth of their articles taken away, so that many questions had no answer.
"""

from collections.abc import Collection
from dataclasses import dataclass
from math import exp, log

from knowledge.expand import Term, terms
from knowledge.index import Index
from knowledge.rank import Ranked, bm25, ranked
from knowledge.search import shown
from knowledge.values import Hit
from knowledge.vocabulary import grams, lettered

THRESHOLD = 0.82

FEATURES = (
    "share of the best possible score", "margin to the second article", "typed words in a phrasing",
    "typed words in the article", "meanings in the article", "phrasing words that were typed",
    "unknown words", "length of the question", "phrasing and article agree", "likeness of letters",
)  # fmt: skip
_BIAS = -5.00
_COEFFICIENTS = (1.05, 3.61, -0.81, 0.45, 2.02, 1.65, 0.80, 2.69, 0.24, 0.30)


@dataclass(frozen=True, slots=True)
class Answer:
    """The best article, if any; `sure` says whether it may be given as the answer.

    `confidence` is the estimated probability that it is right; `related` are the next best.
    """

    hit: Hit | None
    confidence: float
    sure: bool
    related: tuple[Hit, ...] = ()


def answer(
    index: Index,
    question: str,
    *,
    brand: int | None,
    locale: str,
    visibilities: Collection[str],
    threshold: float = THRESHOLD,
) -> Answer:
    """The answer to a question, or its best guess with `sure` False."""
    asked = terms(index, question, locale)
    found = ranked(index, asked, brand=brand, visibilities=visibilities, locale=locale)
    hits = shown(index, asked, found, locale, limit=4)
    if not hits:
        return Answer(None, 0.0, sure=False)
    confidence = _logistic(features(index, asked, found))
    return Answer(hits[0], confidence, confidence >= threshold, tuple(hits[1:]))


def features(index: Index, asked: list[Term], found: list[Ranked]) -> tuple[float, ...]:
    """The ten figures behind a confidence, in the order of FEATURES, each about 0..1."""
    best = found[0]
    typed = [term for term in asked if term.asked]
    telling = [term for term in typed if term.weight == 1.0] or typed
    rarities = [index.documents.rarity(_rows(index, term)) for term in asked]
    possible = sum(t.weight * r for t, r in zip(asked, rarities, strict=True)) or 1.0
    phrasings = [(_covered(index, telling, text), text) for text in best.phrasings]
    covered, phrasing = max(phrasings)
    rival = next((entry for entry in found if entry.article_id != best.article_id), None)
    by_phrasing = max(found, key=lambda entry: _best_phrasing(index, asked, entry))
    by_document = max(
        found, key=lambda entry: bm25(entry.document, asked, index.documents, rarities)
    )
    agree = (by_phrasing.entry_id == best.entry_id) + (by_document.entry_id == best.entry_id)
    return (
        min(2.0, best.score / possible) / 2,
        1.0 if rival is None else (best.score - rival.score) / best.score if best.score else 0.0,
        covered,
        _covered(index, telling, best.document),
        _covered(index, asked, best.document),
        _typed_share(index, asked, phrasing),
        sum(not _rows(index, term) for term in telling) / len(telling),
        log(1 + len(typed)) / 4,
        agree / 2,
        _likeness(telling, phrasing),
    )


def _rows(index: Index, term: Term) -> int:
    return max(index.documents.frequency[token] for token in term.variants)


def _best_phrasing(index: Index, asked: list[Term], entry: Ranked) -> float:
    rarities = [index.phrasings.rarity(_rows(index, term)) for term in asked]
    return max(bm25(text, asked, index.phrasings, rarities) for text in entry.phrasings)


def _covered(index: Index, asked: list[Term], text: str) -> float:
    """The share of the question's information that `text` holds."""
    held = set(text.split())
    total = hit = 0.0
    for term in asked:
        weight = term.weight * index.documents.rarity(_rows(index, term))
        total += weight
        if not held.isdisjoint(term.variants):
            hit += weight
    return hit / total if total else 0.0


def _typed_share(index: Index, asked: list[Term], phrasing: str) -> float:
    """The share of the phrasing's information that was typed."""
    typed = {token for term in asked for token in term.variants}
    total = hit = 0.0
    for token in set(phrasing.split()):
        rarity = index.documents.rarity(index.documents.frequency[token])
        total += rarity
        hit += rarity if token in typed else 0.0
    return hit / total if total else 0.0


def _likeness(telling: list[Term], phrasing: str) -> float:
    """Dice's coefficient of the grams of question and phrasing; of tokens if there are none."""
    tokens = [next(iter(term.variants)) for term in telling]
    words = phrasing.split()
    left = {gram for token in lettered(tokens) for gram in grams(token)} or set(tokens)
    right = {gram for token in lettered(words) for gram in grams(token)} or set(words)
    return 2 * len(left & right) / (len(left) + len(right)) if left or right else 0.0


def _logistic(figures: tuple[float, ...]) -> float:
    total = _BIAS + sum(c * f for c, f in zip(_COEFFICIENTS, figures, strict=True))
    return 1 / (1 + exp(-total))
