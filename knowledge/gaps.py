"""Groups the questions that found no answer, so that the missing articles show, biggest first.

Questions are vectors of their words, word pairs, letters and meanings, weighted by rarity. Each
takes on a part of its nearest neighbours', so that two ways to say a thing meet through a third.
Groups are joined bottom-up, always the two whose questions are most alike on average, where big
groups need to be a little less so: what many ask, they ask in more ways.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from heapq import heapify, heappop, heappush, nlargest
from math import log, sqrt

from knowledge.classify import features
from knowledge.expand import FUNCTION_WORDS
from knowledge.semantic import Encoder

_MOST = 5_000
_ALIKE = 0.44
_ALIKE_IN_MEANING = 0.58
_PRIOR = 50  # questions not seen here, so that what all of a short list share still counts
_SHARES = {"=": 1.0, "+": 0.5, "#": 0.6, "~": 0.4}  # words, pairs of words, meanings, letters
_FUNCTION_WORD = 0.8
_EVENED = 0.6  # the power of a word's rarity: in short questions common words tell more
_BIGGER = 0.03  # what two groups are taken to be more alike for e times as many questions in each
_TELLING = 400  # what more questions share than this links no two of them by itself
_NEIGHBOURS = 60
_LENDING = 6  # nearest neighbours that a question takes something on from
_NEAR = 0.3  # neighbours less alike than this on average lend less
_MEANING = 0.7  # the share of vectors in a likeness, where there are any
Vector = dict[str, float]
Links = dict[int, dict[int, float]]


@dataclass(frozen=True, slots=True)
class Gap:
    """Questions that ask for one missing article.

    `question` is the most typical of them; `members` are positions in the list that was given.
    """

    question: str
    members: tuple[int, ...]


def gaps(
    questions: Sequence[str],
    *,
    least: int = 2,
    alike: float | None = None,
    encoder: Encoder | None = None,
) -> list[Gap]:
    """The gaps asked about at least `least` times, biggest first.

    Reads the last 5,000 questions. `alike`, 0..1, is how much two groups must have in common to be
    taken for one; higher gives more, purer gaps. With an encoder, likeness in meaning counts, too.
    """
    if alike is None:
        alike = _ALIKE if encoder is None else _ALIKE_IN_MEANING
    first = max(0, len(questions) - _MOST)
    known = vectors(questions[first:], _EVENED)
    links = _links(known)
    if encoder is not None and known:
        links = _meant(links, known, encoder, questions[first:])
    found = [
        Gap(questions[first + _typical(members, known)], tuple(first + at for at in members))
        for members in _joined(known, links, alike)
        if len(members) >= max(1, least)
    ]
    return sorted(found, key=lambda gap: (-len(gap.members), gap.members))


def vectors(texts: Sequence[str], power: float = 1.0) -> list[Vector]:
    """What each text is about, as a vector of length 1; what few of them say counts most, the more
    so with a higher `power`."""
    counted = [features(text) for text in texts]
    rows = Counter(
        feature for families in counted for counts in families.values() for feature in counts
    )
    many = len(texts) + _PRIOR
    rarity = {
        feature: _telling(feature) * log(many / (times + 0.5)) ** power
        for feature, times in rows.items()
    }
    return [
        _unit(
            [
                (_SHARES[family], {feature: rarity[feature] for feature in counts})
                for family, counts in families.items()
            ]
        )
        for families in counted
    ]


def _telling(feature: str) -> float:
    """Words that stand in any question tell little about what it is about."""
    kind, text = feature[0], feature[1:]
    function_words = kind in "=+" and FUNCTION_WORDS.issuperset(text.split(" "))
    return _FUNCTION_WORD if function_words else 1.0


def _unit(families: list[tuple[float, Vector]]) -> Vector:
    """A vector of length 1 in which each family of features has its share."""
    vector: Vector = {}
    for share, values in families:
        length = sqrt(sum(value * value for value in values.values()))
        for feature, value in values.items():
            vector[feature] = share * value / length if length else 0.0
    length = sqrt(sum(value * value for value in vector.values()))
    return {feature: value / length for feature, value in vector.items()} if length else {}


def neighbours(vectors: list[Vector], alike: float) -> list[tuple[int, int, float]]:
    """The pairs of positions whose vectors are `alike`, with their cosines."""
    return [
        (left, right, likeness)
        for left, row in _links(vectors).items()
        for right, likeness in row.items()
        if left < right and likeness >= alike
    ]


def _meant(
    links: Links, vectors: list[Vector], encoder: Encoder, questions: Sequence[str]
) -> Links:
    """The links, and those of the nearest in meaning, with a share for their likeness in it."""
    meanings = encoder.encode(questions)
    found: Links = {at: {} for at in links}
    for at, row in links.items():
        likeness = meanings @ meanings[at]
        likeness[at] = -1.0
        nearest = encoder.numpy.argsort(-likeness, kind="stable")[:_NEIGHBOURS]
        for other in {*row, *nearest.tolist()} - {at} - found[at].keys():
            by_words = row[other] if other in row else cosine(vectors[at], vectors[other])
            meant = max(0.0, float(likeness[other]))
            total = (1 - _MEANING) * by_words + _MEANING * meant
            found[at][other] = found[other][at] = total
    return found


def _joined(vectors: list[Vector], cosines: Links, alike: float) -> list[list[int]]:
    """Average linkage: the mean cosine of two groups' members, and a little their numbers, decide
    which two join next."""
    groups: dict[int, list[int]] = {at: [at] for at, vector in enumerate(vectors) if vector}
    links = _smoothed(cosines)
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
            pairs = len(members) * len(groups[other])
            likeness = total / pairs + _BIGGER / 2 * log(pairs)
            if likeness >= alike:
                heappush(queue, (-likeness, other, number))
        groups[number] = members
        number += 1
    return list(groups.values())


def _links(vectors: list[Vector]) -> dict[int, dict[int, float]]:
    """The cosines of neighbours, both ways round.

    Neighbours share something that not everybody says; of each question only the nearest are kept,
    so that the work grows little faster than the number of questions.
    """
    holders: dict[str, list[int]] = {}
    for at, vector in enumerate(vectors):
        for feature in vector:
            holders.setdefault(feature, []).append(at)
    links: dict[int, dict[int, float]] = {at: {} for at in range(len(vectors))}
    for at, vector in enumerate(vectors):
        row: dict[int, float] = {}
        for feature, value in vector.items():
            if len(holders[feature]) <= _TELLING:
                for other in holders[feature]:
                    row[other] = row.get(other, 0.0) + value * vectors[other][feature]
        row.pop(at, None)
        for other in nlargest(_NEIGHBOURS, row, key=row.__getitem__):
            if other not in links[at]:
                links[at][other] = links[other][at] = cosine(vector, vectors[other])
    return links


def _smoothed(links: dict[int, dict[int, float]]) -> dict[int, dict[int, float]]:
    """The cosines there would be if each vector had its nearest neighbours' added to it.

    Worked out from the cosines alone: with shares W and cosines S they are W S W', to length 1.
    """
    shares = {at: _lent(at, row) for at, row in links.items()}
    takers: dict[int, list[tuple[int, float]]] = {at: [] for at in links}
    for at, lenders in shares.items():
        for lender, share in lenders.items():
            takers[lender].append((at, share))
    products: dict[int, dict[int, float]] = {}
    lengths: dict[int, float] = {}
    for at, lenders in shares.items():
        product = _weighted_sum(lenders, links)
        lengths[at] = sqrt(sum(share * product.get(other, 0.0) for other, share in lenders.items()))
        products[at] = product
    smooth: dict[int, dict[int, float]] = {at: {} for at in links}
    for at, product in products.items():
        row: dict[int, float] = {}
        for lender, likeness in product.items():
            for taker, share in takers[lender]:
                row[taker] = row.get(taker, 0.0) + likeness * share
        row.pop(at, None)
        likest = {other: total / (lengths[at] * lengths[other]) for other, total in row.items()}
        for other in nlargest(_NEIGHBOURS, likest, key=likest.__getitem__):
            smooth[at][other] = smooth[other][at] = likest[other]
    return smooth


def _lent(at: int, row: dict[int, float]) -> dict[int, float]:
    """Whose vectors a question's is made up of: its own and, the nearest most, its neighbours'."""
    nearest = nlargest(_LENDING, row, key=row.__getitem__)
    near = min(1.0, sum(row[other] for other in nearest) / (_LENDING * _NEAR))
    squares = sum(row[other] ** 2 for other in nearest)
    return {at: 1.0, **{other: near * row[other] ** 2 / squares for other in nearest if squares}}


def _weighted_sum(shares: dict[int, float], links: dict[int, dict[int, float]]) -> dict[int, float]:
    """The rows of `links` added up by their shares; everything is wholly like itself."""
    total: dict[int, float] = {}
    for at, share in shares.items():
        total[at] = total.get(at, 0.0) + share
        for other, likeness in links[at].items():
            total[other] = total.get(other, 0.0) + share * likeness
    return total


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


def cosine(left: Vector, right: Vector) -> float:
    """How alike two vectors of length 1 are, 0..1."""
    if len(left) > len(right):
        left, right = right, left
    return sum(value * right[feature] for feature, value in left.items() if feature in right)


def _typical(members: list[int], vectors: list[Vector]) -> int:
    """The member most like all the others."""
    total: Vector = {}
    for member in members:
        for feature, value in vectors[member].items():
            total[feature] = total.get(feature, 0.0) + value
    return max(members, key=lambda member: (cosine(vectors[member], total), -member))
