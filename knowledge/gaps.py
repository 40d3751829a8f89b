"""Groups the questions that found no answer, so that the missing articles show, biggest first.

Questions are vectors of their words, word pairs, letters and meanings, weighted by rarity. Groups
are joined bottom-up, always the two whose questions are most alike on average.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush
from itertools import pairwise
from math import log, sqrt

from knowledge import thesaurus
from knowledge.expand import FUNCTION_WORDS
from knowledge.text import tokens
from knowledge.vocabulary import grams, lettered

_MOST = 1_000
_ALIKE = 0.22
_PRIOR = 50  # questions not seen here, so that what all of a short list share still counts
_MEANING = 0.7
_LETTERS = 0.3
_PAIR = 0.7
_FUNCTION_WORD = 0.2
Vector = dict[str, float]


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask for one missing article.

    `question` is the most typical of them; `members` are positions in the list that was given.
    """

    question: str
    members: tuple[int, ...]


def gaps(questions: Sequence[str], *, least: int = 2, alike: float = _ALIKE) -> list[Gap]:
    """The gaps asked about at least `least` times, biggest first.

    Reads the last 1,000 questions. `alike`, 0..1, is how much two groups must have in common to be
    taken for one; higher gives more, purer gaps.
    """
    first = max(0, len(questions) - _MOST)
    vectors = _vectors(questions[first:])
    found = [
        Gap(questions[first + _typical(members, vectors)], tuple(first + at for at in members))
        for members in _joined(vectors, alike)
        if len(members) >= max(1, least)
    ]
    return sorted(found, key=lambda gap: (-len(gap.members), gap.members))


def _vectors(questions: Sequence[str]) -> list[Vector]:
    weighted = [_features(question) for question in questions]
    rows = Counter(feature for features in weighted for feature in features)
    return [
        _unit({
            feature: weight * log((len(questions) + _PRIOR) / (rows[feature] + 0.5))
            for feature, weight in features.items()
        })
        for features in weighted
    ]  # fmt: skip


def _features(question: str) -> Vector:
    found = tokens(question)
    features: Vector = {}
    for token in found:
        features[token] = _FUNCTION_WORD if token in FUNCTION_WORDS else 1.0
    for left, right in pairwise(found):
        features[f"{left} {right}"] = _PAIR * max(features[left], features[right])
    for token in lettered(token for token in found if token not in FUNCTION_WORDS):
        for gram in grams(token):
            features[f"~{gram}"] = _LETTERS
    for number in thesaurus.shipped().groups(question):
        features[f"#{number}"] = _MEANING
    return features


def _unit(vector: Vector) -> Vector:
    length = sqrt(sum(value * value for value in vector.values()))
    return {feature: value / length for feature, value in vector.items()} if length else {}


def _joined(vectors: list[Vector], alike: float) -> list[list[int]]:
    """Average linkage: the mean cosine of the members of two groups decides which two join next."""
    groups: dict[int, list[int]] = {at: [at] for at, vector in enumerate(vectors) if vector}
    links = _links(vectors)
    queue = [
        (-cosine, left, right)
        for left, row in links.items()
        for right, cosine in row.items()
        if left < right and cosine >= alike
    ]
    heapify(queue)
    number = len(vectors)
    while queue:
        _, left, right = heappop(queue)
        if left not in groups or right not in groups:
            continue
        members = sorted(groups.pop(left) + groups.pop(right))
        row = _merged(links, left, right, number)
        for other, total in row.items():
            likeness = total / (len(members) * len(groups[other]))
            if likeness >= alike:
                heappush(queue, (-likeness, other, number))
        groups[number] = members
        number += 1
    return list(groups.values())


def _links(vectors: list[Vector]) -> dict[int, dict[int, float]]:
    """The cosine of every two vectors that share a feature, both ways round."""
    holders: dict[str, list[tuple[int, float]]] = {}
    links: dict[int, dict[int, float]] = {at: {} for at in range(len(vectors))}
    for at, vector in enumerate(vectors):
        row = links[at]
        for feature, value in vector.items():
            for other, held in holders.get(feature, ()):
                row[other] = row.get(other, 0.0) + value * held
            holders.setdefault(feature, []).append((at, value))
        for other, cosine in row.items():
            links[other][at] = cosine
    return links


def _merged(
    links: dict[int, dict[int, float]], left: int, right: int, number: int
) -> dict[int, float]:
    """Put group `number` in the place of two: its summed cosines are the sums of theirs."""
    row = links.pop(left)
    for other, total in links.pop(right).items():
        row[other] = row.get(other, 0.0) + total
    row.pop(left, None)
    row.pop(right, None)
    for other, total in row.items():
        links[other].pop(left, None)
        links[other].pop(right, None)
        links[other][number] = total
    links[number] = row
    return row


def _dot(left: Vector, right: Vector) -> float:
    if len(left) > len(right):
        left, right = right, left
    return sum(value * right[feature] for feature, value in left.items() if feature in right)


def _typical(members: list[int], vectors: list[Vector]) -> int:
    """The member most like all the others."""
    total: Vector = {}
    for member in members:
        for feature, value in vectors[member].items():
            total[feature] = total.get(feature, 0.0) + value
    return max(members, key=lambda member: (_dot(vectors[member], total), -member))
