"""The estimated chance that the best article found answers the question.

A raw search score means something else in every knowledge base, so the chance is a logistic
regression over figures that do not. Its coefficients were fitted on several knowledge bases, each
with a fifth of its articles taken away and asked questions meant for others, so that many had no
answer.
"""

from heapq import nlargest
from math import exp, log
from statistics import fmean

from knowledge.expand import Term
from knowledge.index import Index
from knowledge.rank import Ranked
from knowledge.vocabulary import grams, lettered

_LOOKED_AT = 10  # articles whose phrasings are compared letter by letter
_NEAREST = 5
_SEVERAL = 3
_RIVALS = 3
_SHARP = 6.0
FEATURES = (
    "share of the best possible score", "typed words in a phrasing", "typed words in the article",
    "meanings in the article", "phrasing words that were typed", "likeness of letters",
    "rarest typed word that is missing", "information asked for",
    "its own among the nearest phrasings", "typed both ways, three phrasings",
    "information that is missing", "likeness of words, nearest", "share in the scores",
    "evenness of the scores", "unknown letters", "score of the phrasing",
    "share of the best possible score, squared", "typed words in the article, squared",
    "length of the question, squared", "likeness of letters, squared",
)  # fmt: skip
MEANING = (  # more of them where there are vectors
    "margin in meaning", "nearer to the middle than its own texts", "margin in words",
    "margin to the middle",
)  # fmt: skip
_BIAS = -5.46
_COEFFICIENTS = (
    2.37, -1.85, -2.77, 1.81, 0.96, -0.67, 1.52, 0.56, 0.90, 3.08, -1.25, 0.55, 2.32, -1.85, -1.43,
    1.19, -1.85, 4.32, 3.88, 1.43
)  # fmt: skip
_BIAS_WITH_MEANING = -1.36
_COEFFICIENTS_WITH_MEANING = (
    -0.11, -1.58, -2.32, 1.90, 0.58, -2.48, 1.19, 0.14, 0.76, 2.32, -0.91, -2.25, 2.41, -0.41,
    -0.35, 0.67, -0.70, 3.91, 3.17, 2.47, 0.62, 5.67, 0.60, 1.64
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
    most = index.documents.rarity(0) or 1.0
    missing = [rarity / most for rarity in _missing(index, telling, best)]
    likeness = _likeness(telling, phrasing)
    share = min(2.0, best.by_words / possible) / 2
    held = _covered(index, telling, best.document)
    return (
        share,
        covered,
        held,
        _covered(index, asked, best.document),
        _typed_share(index, asked, phrasing),
        likeness,
        max(missing, default=0.0),
        possible / most / 10,
        *_phrased(index, asked, telling, found),
        sum(missing) / 5,
        _worded(typed, found),
        *_spread(found),
        _unknown(index, telling),
        min(3.0, best.by_phrasing / possible) / 2,
        share**2,
        held**2,
        (log(1 + len(typed)) / 4) ** 2,
        likeness**2,
        *(() if index.vectors is None else _meant(found)),
    )


def _missing(index: Index, telling: list[Term], best: Ranked) -> list[float]:
    """The rarities of the words that the article does not hold."""
    held = set(f"{best.document} {' '.join(best.phrasings)}".split())
    return [
        index.documents.rarity(_rows(index, term))
        for term in telling
        if held.isdisjoint(term.variants)
    ]


def _phrased(
    index: Index, asked: list[Term], telling: list[Term], found: list[Ranked]
) -> tuple[float, float]:
    """What all the phrasings say: an article that is meant is near by several of its own."""
    best = found[0]
    near = sorted(
        ((_likeness(telling, text), entry is best) for entry in found[:_LOOKED_AT]
         for text in entry.phrasings),
        reverse=True,
    )  # fmt: skip
    nearest = near[: min(_NEAREST, len(best.phrasings))]
    both = sorted(
        (
            _covered(index, telling, text) * _typed_share(index, asked, text)
            for text in best.phrasings
        ),
        reverse=True,
    )
    return sum(mine for _, mine in near[:_NEAREST]) / len(nearest), fmean(both[:_SEVERAL])


def _worded(typed: list[Term], found: list[Ranked]) -> float:
    """Dice's coefficient of the words of the question and of the phrasings nearest to it."""
    asked = {next(iter(term.variants)) for term in typed}
    phrasings = (set(text.split()) for entry in found[:_LOOKED_AT] for text in entry.phrasings)
    alike = [2 * len(asked & held) / (len(asked) + len(held)) for held in phrasings if held]
    return fmean(nlargest(_NEAREST, alike)) if alike else 0.0


def _spread(found: list[Ranked]) -> tuple[float, float]:
    """The share of the best in all scores, and how evenly they are spread (their entropy)."""
    top = found[0].score or 1.0
    powers = [exp(_SHARP * (entry.score / top - 1)) for entry in found[:_LOOKED_AT]]
    shares = [power / sum(powers) for power in powers]
    return shares[0], -sum(share * log(share) for share in shares) / log(_LOOKED_AT)


def _unknown(index: Index, telling: list[Term]) -> float:
    """The share of the question's grams that no article has."""
    words = lettered(next(iter(term.variants)) for term in telling)
    asked: set[str] = set().union(*(grams(word) for word in words))
    return sum(gram not in index.letters.frequency for gram in asked) / max(1, len(asked))


def _meant(found: list[Ranked]) -> tuple[float, ...]:
    best = found[0]
    rivals = [entry for entry in found if entry.article_id != best.article_id][:_RIVALS]
    nearest = max((entry.by_meaning for entry in rivals), default=0.0)
    centre = max((entry.by_centre for entry in rivals), default=0.0)
    words = max((entry.by_words for entry in rivals), default=0.0)
    return (
        best.by_meaning - nearest,
        best.by_centre - best.unity,
        (best.by_words - words) / (max(best.by_words, words) or 1.0),
        best.by_centre - centre,
    )


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
