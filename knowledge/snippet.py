"""Cuts the telling part out of an article's text and marks what matched."""

import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from functools import lru_cache

from knowledge.text import fold, folded_tokens, tokens
from knowledge.values import Piece

_ENDS = " \t\n.,;:!?)»”’→›>–—。，、；：！？）」』"
_SENTENCE = re.compile(r"[.!?][\"'”’»)]*\s+|[。！？][”’」』）]*\s*")
_COMPOUND = re.compile(r"(?<!\w)\w++(?:[-'’./&]\w++)++")
_UNIT = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|\w+(?:[-'’.]\w+)*")


def snippet(
    text: str, wanted: AbstractSet[str], locale: str, length: int = 200
) -> tuple[Piece, ...]:
    """About `length` characters around the densest matches, as (text, is_match) pieces."""
    marks = _marks(text, wanted, locale)
    dense = _densest(marks, length)
    # A little before the matches; more, up to half of it, where the text ends soon after them.
    start = min(dense - length // 5, max(len(text) - length, dense - length // 2))
    start = _word_start(text, max(0, start))
    if start:
        start = _sentence_start(text, start, dense)
    end = _word_end(text, min(len(text), start + length))
    pieces: list[Piece] = [("…", False)] if start else []
    at = start
    for left, right in marks:
        if left < start or right > end:
            continue
        if left > at:
            pieces.append((text[at:left], False))
        pieces.append((text[left:right], True))
        at = right
    if at < end:
        pieces.append((text[at:end], False))
    if end < len(text):
        pieces.append(("…", False))
    return tuple(pieces)


def _marks(text: str, wanted: AbstractSet[str], locale: str) -> list[tuple[int, int]]:
    """The stretches of `text` that answer to a wanted token, in order, touching ones joined."""
    units = list(_units(text, wanted, locale))
    read = [_read(text[left:right], locale) for left, right in units]
    hit = [False] * len(units)
    for at, (unit, meant) in enumerate(read):
        if meant and not wanted.isdisjoint(meant):
            hit[at] = True
        after = read[at + 1][0] if at + 1 < len(units) else ""
        if len(unit) == len(after) == 1 and unit + after in wanted:
            hit[at] = hit[at + 1] = True
    marks: list[tuple[int, int]] = []
    for (left, right), is_hit in zip(units, hit, strict=True):
        if is_hit and marks and marks[-1][1] == left:
            marks[-1] = (marks[-1][0], right)
        elif is_hit:
            marks.append((left, right))
    return marks


def _units(text: str, wanted: AbstractSet[str], locale: str) -> Iterator[tuple[int, int]]:
    """Where words and characters stand; what is joined by strokes, such as a product's code, is
    one of them if it was asked for as a whole."""
    at = 0
    for match in _COMPOUND.finditer(text):
        whole = match.group()
        if not whole.isascii() or ("/" not in whole and "&" not in whole):
            continue
        if not wanted.isdisjoint(tokens(whole, locale)[:2]):  # as it is written, and squeezed
            yield from (unit.span() for unit in _UNIT.finditer(text, at, match.start()))
            yield match.span()
            at = match.end()
    yield from (unit.span() for unit in _UNIT.finditer(text, at))


@lru_cache(maxsize=20_000)  # texts use the same words again and again
def _read(unit: str, locale: str) -> tuple[str, frozenset[str]]:
    """A word, or a character of a script without spaces, folded; and the tokens of a word."""
    folded = fold(unit)
    return folded, frozenset(folded_tokens(folded, locale)) if len(folded) > 1 else frozenset()


def _densest(marks: list[tuple[int, int]], length: int) -> int:
    best, most, first = 0, 0, 0
    for last, (_, right) in enumerate(marks):
        while right - marks[first][0] > length:
            first += 1
            if first > last:
                break
        if last - first + 1 > most:
            most, best = last - first + 1, marks[first][0]
    return best


def _word_start(text: str, at: int) -> int:
    if not at:
        return 0
    space = re.compile(r"\s").search(text, max(0, at - 1), at + 20)
    return space.end() if space else at


def _sentence_start(text: str, at: int, before: int) -> int:
    """Where the first sentence after `at` begins if that is no later than `before`, else the next
    word: no text begins with the end of a sentence."""
    found = _SENTENCE.search(text, at, before)
    if found is not None:
        at = found.end()
    return len(text) - len(text[at:].lstrip(_ENDS))


def _word_end(text: str, at: int) -> int:
    if at == len(text):
        return at
    space = text.rfind(" ", at - 20, at + 1)
    return space if space > 0 else at
