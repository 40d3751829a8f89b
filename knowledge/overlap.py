"""Finds articles that say the same thing twice, and those of them that contradict each other."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.expand import FUNCTION_WORDS
from knowledge.gaps import Vector, cosine, neighbours, vectors
from knowledge.markdown import plain
from knowledge.passage import sentences
from knowledge.text import fold, language, tokens
from knowledge.values import Article

_ALIKE = 0.5
_SAME_MATTER = 0.6
_READ_CHARACTERS = 1_500
_READ_SENTENCES = 30
_QUANTITY = re.compile(r"(\d+(?:[.,]\d+)*)\s*(%|[^\W\d_][a-z]*)")
_NEGATION = re.compile(
    r"\b(?:not|no|never|cannot|can't|don't|doesn't|won't|isn't|aren't|without|unable)\b|"
    r"不|没|无法|无需|未|禁止|勿"
)


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two articles, by their positions in the list, that treat the same matter.

    `differing` are quantities that both name with other numbers, such as "30 days", "14 days", and
    `negated` is true when one denies what the other says: reasons to look closely.
    """

    left: int
    right: int
    likeness: float
    differing: tuple[tuple[str, str], ...]
    negated: bool


def overlaps(articles: Sequence[Article], alike: float = _ALIKE) -> list[Overlap]:
    """Pairs of the same brand and language that are `alike`, contradictions first, then likeness.

    The work grows little faster than the number of articles.
    """
    bodies = [plain(article.body)[:_READ_CHARACTERS] for article in articles]
    texts = [
        f"{article.title}\n{article.title}\n{body}"
        for article, body in zip(articles, bodies, strict=True)
    ]
    found = [
        Overlap(left, right, likeness, *_contradiction(bodies[left], bodies[right]))
        for left, right, likeness in neighbours(vectors(texts), alike)
        if _comparable(articles[left], articles[right])
    ]
    return sorted(
        found, key=lambda each: (not each.differing and not each.negated, -each.likeness, each.left)
    )


def _comparable(left: Article, right: Article) -> bool:
    same = left.brand == right.brand and language(left.locale) == language(right.locale)
    return same and left.id != right.id


def _contradiction(left: str, right: str) -> tuple[tuple[tuple[str, str], ...], bool]:
    ours, theirs = _sentence_vectors(left), _sentence_vectors(right)
    differing: dict[tuple[str, str], None] = {}
    negated = False
    for mine, vector in ours:
        best = max(theirs, key=lambda other: cosine(vector, other[1]), default=None)
        if best is None or cosine(vector, best[1]) < _SAME_MATTER:
            continue
        negated |= bool(_NEGATION.search(mine)) != bool(_NEGATION.search(best[0]))
        differing |= dict.fromkeys(_differing(_quantities(mine), _quantities(best[0])))
    return tuple(differing), negated


def _sentence_vectors(text: str) -> list[tuple[str, Vector]]:
    """Each sentence with what it is about: its words without numbers and function words."""
    found: list[tuple[str, Vector]] = []
    for sentence in sentences(fold(text))[:_READ_SENTENCES]:
        about = {
            token: 1.0
            for token in tokens(_NEGATION.sub(" ", sentence))
            if token not in FUNCTION_WORDS and not any(sign.isdigit() for sign in token)
        }
        if about:
            share = len(about) ** -0.5
            found.append((sentence, dict.fromkeys(about, share)))
    return found


def _quantities(sentence: str) -> dict[str, dict[str, str]]:
    """By unit: the numbers of a sentence and how each is written with its unit."""
    found: dict[str, dict[str, str]] = {}
    for number, unit in _QUANTITY.findall(sentence):
        found.setdefault(next(iter(tokens(unit)), unit), {})[number] = f"{number} {unit}"
    return found


def _differing(
    left: dict[str, dict[str, str]], right: dict[str, dict[str, str]]
) -> list[tuple[str, str]]:
    return [
        (", ".join(numbers.values()), ", ".join(right[unit].values()))
        for unit, numbers in left.items()
        if unit in right and numbers.keys().isdisjoint(right[unit])
    ]
