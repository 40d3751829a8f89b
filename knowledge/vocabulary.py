"""What the index knows about words: how often they occur, how they are completed and corrected."""

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice
from math import log

_LETTERED_TOKENS = 150
_LETTERS = "abcdefghijklmnopqrstuvwxyz"


@dataclass(slots=True)
class FieldStatistics:
    """Of one indexed field: rows, tokens in all rows, and in how many rows each token occurs."""

    rows: int = 0
    length: int = 0
    frequency: Counter[str] = field(default_factory=Counter)

    def add(self, tokens: list[str]) -> None:
        self.rows += 1
        self.length += len(tokens)
        self.frequency.update(set(tokens))

    def remove(self, tokens: list[str]) -> None:
        self.rows -= 1
        self.length -= len(tokens)
        for token in set(tokens):
            self.frequency[token] -= 1
            if self.frequency[token] <= 0:
                del self.frequency[token]

    @property
    def average_length(self) -> float:
        return max(1.0, self.length / max(1, self.rows))

    def rarity(self, rows: int) -> float:
        """The inverse document frequency of what occurs in `rows` rows."""
        rows = min(rows, self.rows)
        return log(1 + (self.rows - rows + 0.5) / (rows + 0.5))


def lettered(tokens: Iterable[str]) -> list[str]:
    """The first distinct tokens made of letters, which are looked at letter by letter."""
    distinct = (token for token in dict.fromkeys(tokens) if token.isascii() and token.isalpha())
    return list(islice(distinct, _LETTERED_TOKENS))


@lru_cache(maxsize=1 << 16)
def grams(token: str) -> frozenset[str]:
    """The runs of three and four letters of `token`, its edges included."""
    padded = f" {token} "
    return frozenset(
        padded[at : at + size] for size in (3, 4) for at in range(len(padded) - size + 1)
    )


def all_grams(tokens: Iterable[str]) -> list[str]:
    """The grams of every lettered token, with repeats."""
    return [gram for token in lettered(tokens) for gram in grams(token)]


class Words:
    """The written words of all articles with the number of articles that contain each."""

    def __init__(self, counts: Iterable[tuple[str, int]] = ()) -> None:
        self.counts: Counter[str] = Counter(dict(counts))
        self._sorted: list[str] | None = None

    def add(self, words: Iterable[str]) -> None:
        self.counts.update(words)
        self._sorted = None

    def remove(self, words: Iterable[str]) -> None:
        for word in words:
            self.counts[word] -= 1
            if self.counts[word] <= 0:
                del self.counts[word]
        self._sorted = None

    def completions(self, prefix: str, limit: int) -> list[str]:
        """The most frequent words that begin with `prefix`, itself included."""
        if self._sorted is None:
            self._sorted = sorted(self.counts)
        start = bisect_left(self._sorted, prefix)
        end = bisect_left(self._sorted, prefix + "\U0010ffff", start)
        found = self._sorted[start:end]
        return sorted(found, key=lambda word: (-self.counts[word], word))[:limit]

    def corrections(self, word: str, limit: int = 3) -> list[str]:
        """The most frequent known words one typing slip away from an unknown `word`."""
        if word in self.counts or len(word) < 4 or not (word.isascii() and word.isalpha()):
            return []
        found = {slip for slip in _slips(word) if slip in self.counts}
        return sorted(found, key=lambda known: (-self.counts[known], known))[:limit]


def _slips(word: str) -> Iterator[str]:
    """Every string at one deletion, swap, replacement or insertion from `word`."""
    for at in range(len(word) + 1):
        head, tail = word[:at], word[at:]
        if tail:
            yield head + tail[1:]
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]
        for letter in _LETTERS:
            if tail:
                yield head + letter + tail[1:]
            yield head + letter + tail
