"""What changed between two texts, by words; Chinese and Japanese by characters."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Literal

Kind = Literal["same", "added", "removed"]
# A word with nothing around it, one character of a script without spaces, a line's end, a sign.
_PIECE = re.compile(
    r"\n|[^\S\n]+|[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]"
    r"|[^\W\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]+|\W"
)
LONGEST = 40_000  # pieces of both texts together that are compared one by one; more: by lines


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of text that stayed, came or went."""

    kind: Kind
    text: str


def changes(before: str, after: str) -> list[Part]:
    """The parts of both texts in order: joining all but the added gives `before`, all but the
    removed `after`. Lines that are the same are found first, words within the others."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    fine = len(before) + len(after) <= LONGEST * 4
    parts: list[Part] = []
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            parts.append(Part("same", "".join(old[i1:i2])))
        elif tag == "replace" and fine:
            parts += _by_words("".join(old[i1:i2]), "".join(new[j1:j2]))
        else:
            parts += _replaced("".join(old[i1:i2]), "".join(new[j1:j2]))
    return list(_joined(parts))


def _by_words(before: str, after: str) -> Iterator[Part]:
    old, new = _PIECE.findall(before), _PIECE.findall(after)
    if len(old) + len(new) > LONGEST:
        yield from _replaced(before, after)
        return
    for tag, i1, i2, j1, j2 in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            yield Part("same", "".join(old[i1:i2]))
        else:
            yield from _replaced("".join(old[i1:i2]), "".join(new[j1:j2]))


def _replaced(before: str, after: str) -> Iterator[Part]:
    if before:
        yield Part("removed", before)
    if after:
        yield Part("added", after)


def _joined(parts: Iterable[Part]) -> Iterator[Part]:
    """A lone space between two changes belongs to them; neighbours of a kind are one part."""
    removed = added = ""
    for part in _bridged(list(parts)):
        if part.kind == "same":
            yield from _replaced(removed, added)
            removed = added = ""
            yield part
        elif part.kind == "removed":
            removed += part.text
        else:
            added += part.text
    yield from _replaced(removed, added)


def _bridged(parts: list[Part]) -> Iterator[Part]:
    for index, part in enumerate(parts):
        between = 0 < index < len(parts) - 1
        if part.kind == "same" and between and part.text.isspace() and "\n" not in part.text:
            yield Part("removed", part.text)
            yield Part("added", part.text)
        else:
            yield part
