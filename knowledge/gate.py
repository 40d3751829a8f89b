"""The estimated chance that the best article found answers the question.

A raw search score means something else in every knowledge base, so the chance is a logistic
regression over figures that do not. Its coefficients were fitted on several knowledge bases, each
with a fifth of its articles taken away, so that many questions had no answer.
"""

from itertools import pairwise
from math import exp, log
from statistics import fmean

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.rank import Ranked
from knowledge.vocabulary import grams, lettered

_LOOKED_AT = 10  # articles whose phrasings are compared letter by letter
_NEAREST = 5
_SEVERAL = 3
FEATURES = (
    "share of the best possible score", "margin to the second article", "typed words in a phrasing",
    "typed words in the article", "meanings in the article", "phrasing words that were typed",
    "unknown words", "length of the question", "phrasing and article agree", "likeness of letters",
    "typed pairs in the phrasing", "rarest typed word that is missing", "information asked for",
    "margin to the third article", "more like in letters than the second",
    "likeness of letters, three phrasings", "its own among the nearest phrasings",
    "typed both ways, three phrasings",
)  # fmt: skip
MEANING = ("likeness in meaning", "margin in meaning")  # more of them where there are vectors
_BIAS = -5.07
_COEFFICIENTS = (
    0.31, 2.12, -1.03, 0.65, 1.94, 2.17, 0.32, 1.00, 0.23, -0.95, 0.04, -0.27, 0.65, 1.68, -0.49,
    1.61, 1.05, 1.96
)  # fmt: skip
_BIAS_WITH_MEANING = -4.17
_COEFFICIENTS_WITH_MEANING = (
    -0.21, 3.14, -1.12, 0.54, 2.02, 1.74, 0.51, -0.56, 0.73, -1.72, -0.81, -0.40, 0.62, 1.24, -0.59,
    0.77, 0.97, 2.01, 2.36, 1.53
)  # fmt: skip


def confidence(index: Index, asked: list[Term], found: list[Ranked]) -> float:
    """The chance, 0..1, that the first of `found` answers what was asked; 0 if nothing was."""
    if not found:
        return 0.0
    figures = features(index, asked, found)
    bias, coefficients = (
        (_BIAS, _COEFFICIENTS)
        if index.vectors is None
        else (_BIAS_WITH_MEANING, _COEFFICIENTS_WITH_MEANING)
    )
    total = bias + sum(c * f for c, f in zip(coefficients, figures, strict=True))
    return 1 / (1 + exp(-total))


def features(index: Index, asked: list[Term], found: list[Ranked]) -> tuple[float, ...]:
    """The figures behind a confidence, in the order of FEATURES and, if the index has vectors,
    MEANING, each about 0..1."""
    best = found[0]
    typed = [term for term in asked if term.asked]
    telling = [term for term in typed if term.weight == 1.0] or typed
    rarities = [index.documents.rarity(_rows(index, term)) for term in asked]
    possible = sum(t.weight * r for t, r in zip(asked, rarities, strict=True)) or 1.0
    covered, phrasing = max((_covered(index, telling, text), text) for text in best.phrasings)
    rivals = [entry for entry in found if entry.article_id != best.article_id][:3]
    margins = [_margin(best.score, entry.score) for entry in rivals] + [1.0, 1.0, 1.0]
    agree = sum(
        max(found, key=part).entry_id == best.entry_id for part in (_by_phrasing, _by_document)
    )
    most = index.documents.rarity(0) or 1.0
    held = set(f"{best.document} {' '.join(best.phrasings)}".split())
    missing = [
        index.documents.rarity(_rows(index, term)) / most
        for term in telling
        if held.isdisjoint(term.variants)
    ]
    likeness = _likeness(telling, phrasing)
    second = max(
        (_likeness(telling, text) for entry in rivals[:1] for text in entry.phrasings),
        default=0.0,
    )
    return (
        min(2.0, best.by_words / possible) / 2,
        margins[0],
        covered,
        _covered(index, telling, best.document),
        _covered(index, asked, best.document),
        _typed_share(index, asked, phrasing),
        sum(not _rows(index, term) for term in telling) / len(telling),
        log(1 + len(typed)) / 4,
        agree / 2,
        likeness,
        _paired(typed, phrasing),
        max(missing, default=0.0),
        possible / most / 10,
        margins[1],
        likeness - second,
        *_phrased(index, asked, telling, found),
        *(() if index.vectors is None else _meant(best, rivals)),
    )


def _phrased(
    index: Index, asked: list[Term], telling: list[Term], found: list[Ranked]
) -> tuple[float, float, float]:
    """What all the phrasings say: an article that is meant is near by several of its own."""
    best = found[0]
    near = sorted(
        ((_likeness(telling, text), entry is best) for entry in found[:_LOOKED_AT]
         for text in entry.phrasings),
        reverse=True,
    )  # fmt: skip
    own = [likeness for likeness, mine in near if mine]
    nearest = near[: min(_NEAREST, len(own))]
    both = sorted(
        (
            _covered(index, telling, text) * _typed_share(index, asked, text)
            for text in best.phrasings
        ),
        reverse=True,
    )
    return (
        fmean(own[:_SEVERAL]),
        sum(mine for _, mine in near[:_NEAREST]) / len(nearest),
        fmean(both[:_SEVERAL]),
    )


def _meant(best: Ranked, rivals: list[Ranked]) -> tuple[float, float]:
    others = max((entry.by_meaning for entry in rivals), default=0.0)
    return best.by_meaning, best.by_meaning - others


def _by_phrasing(entry: Ranked) -> float:
    return entry.by_phrasing


def _by_document(entry: Ranked) -> float:
    return entry.by_document


def _margin(best: float, other: float) -> float:
    return (best - other) / best if best else 0.0


def _paired(typed: list[Term], phrasing: str) -> float:
    """The share of the neighbouring words of the question that are neighbours in `phrasing`."""
    tokens = [next(iter(term.variants)) for term in typed]
    pairs = set(pairwise(tokens))
    return len(pairs & set(pairwise(phrasing.split()))) / len(pairs) if pairs else 0.0


def _rows(index: Index, term: Term) -> int:
    return max(index.documents.frequency[token] for token in term.variants)


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
