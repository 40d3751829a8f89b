"""What is added up to an article's score: BM25 of its tokens, of neighbouring words and of letters.

BM25 is that of Robertson and Zaragoza (2009), each with the statistics of its own field.
"""

from collections import Counter
from collections.abc import Mapping
from itertools import pairwise

from knowledge.expand import Term
from knowledge.vocabulary import FieldStatistics, grams, lettered

_K1 = 2.0
_B = 0.75


class Bm25:
    """Scores a field's tokens; the variants of a term count as one word, each by its weight."""

    def __init__(self, terms: list[Term], field: FieldStatistics, rarities: list[float]) -> None:
        self._norm = _K1 * (1 - _B)
        self._slope = _K1 * _B / field.average_length
        self._worth = [t.weight * r * (_K1 + 1) for t, r in zip(terms, rarities, strict=True)]
        self._words: dict[str, list[tuple[int, float]]] = {}
        self._phrases: list[tuple[str, int, float]] = []
        for at, term in enumerate(terms):
            for token, weight in term.variants.items():
                if " " in token:
                    self._phrases.append((f" {token} ", at, weight))
                else:
                    self._words.setdefault(token, []).append((at, weight))
        self._asked = frozenset(self._words)

    def score(self, text: str) -> float:
        """The score of tokens that are parted by spaces."""
        tokens = text.split()
        times: dict[int, float] = {}
        for token in self._asked.intersection(tokens):
            for at, weight in self._words[token]:
                times[at] = times.get(at, 0.0) + weight * tokens.count(token)
        padded = f" {text} " if self._phrases else ""
        for phrase, at, weight in self._phrases:
            if phrase in padded:
                times[at] = times.get(at, 0.0) + weight * padded.count(phrase)
        norm = self._norm + self._slope * len(tokens)
        return sum(self._worth[at] * found / (found + norm) for at, found in sorted(times.items()))


class Letters:
    """Scores documents by the grams they share with the asked words, remembering each word."""

    def __init__(self, terms: list[Term], field: FieldStatistics) -> None:
        asked = (next(iter(term.variants)) for term in terms if term.asked and term.weight == 1.0)
        grams_asked: set[str] = set().union(*(grams(token) for token in lettered(asked)))
        self._rarity = {gram: field.rarity(field.frequency[gram]) for gram in grams_asked}
        self._shared: dict[str, tuple[int, frozenset[str]]] = {}
        self._field = field

    def score(self, document: str) -> float:
        if not self._rarity:
            return 0.0
        found: list[str] = []
        length = 0
        for token in lettered(document.split()):
            known = self._shared.get(token)
            if known is None:
                parts = grams(token)
                known = self._shared[token] = (len(parts), parts & self._rarity.keys())
            length += known[0]
            found.extend(known[1])
        norm = _norm(length, self._field)
        return sum(
            self._rarity[gram] * times * (_K1 + 1) / (times + norm)
            for gram, times in Counter(found).items()
        )


class Neighbours:
    """Scores documents by the pairs of words typed side by side that they hold."""

    def __init__(self, terms: list[Term], rarities: list[float], field: FieldStatistics) -> None:
        asked = [
            (next(iter(term.variants)), rarity)
            for term, rarity in zip(terms, rarities, strict=True)
            if term.asked
        ]
        most = field.rarity(0)
        self._pairs = {
            f" {left} {right} ": min(most, left_rarity + right_rarity)
            for (left, left_rarity), (right, right_rarity) in pairwise(asked)
            if left.isascii() and right.isascii()
        }
        self._field = field

    def score(self, document: str) -> float:
        padded = f" {document} "
        norm = _norm(document.count(" ") + 1, self._field)
        return sum(
            rarity * times * (_K1 + 1) / (times + norm)
            for pair, rarity in self._pairs.items()
            if (times := padded.count(pair))
        )


def rarity_of(term: Term, field: FieldStatistics) -> float:
    """The rarity of the commonest of the term's variants."""
    return field.rarity(max(rows_with(token, field.frequency) for token in term.variants))


def rows_with(token: str, frequency: Mapping[str, int]) -> int:
    """In how many rows a token occurs, at most if it is a phrase."""
    return min(frequency.get(word, 0) for word in token.split(" "))


def _norm(length: int, field: FieldStatistics) -> float:
    return _K1 * (1 - _B + _B * length / field.average_length)
