"""Lets a language model's answer pass only as far as it is quoted from the articles it was given.

What is handed on is never the model's own text but the articles' sentences that it chose, so that
nothing can be slipped in by look-alike letters, invisible signs, changed numbers or left-out words.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from knowledge.passage import joined, sentences
from knowledge.text import fold

MOST_SENTENCES = 12

_LIST_MARK = re.compile(r"^[ \t]*(?:[-*+•·>#]+|\d{1,2}[.)、])[ \t]+", re.MULTILINE)
_SOURCE_MARK = re.compile(r"[ \t]*(?:\[\d{1,2}\]|【\d{1,2}】)")
_QUOTATION_MARKS = "\"'“”‘’«»「」『』*_` "
_CLOSING = ".。!！;；:：,，…"
_LIMITING = re.compile(
    r"(?:but|however|except|unless|only|not|this does not|exceptions?|please note|note that|"
    r"但|但是|不过|除|除外|仅|只有|注意|例外)(?![a-z])"
)


@dataclass(frozen=True, slots=True)
class Quoted:
    """Sentences of the passages, as they are written there, and the positions of their passages."""

    text: str
    sources: tuple[int, ...]


def checked(answer_text: str, passages: Sequence[str]) -> Quoted | None:
    """The passages' own sentences that `answer_text` consists of; None if it says anything else.

    Each sentence must be a whole sentence of one passage, alike but for case, accents, Chinese
    script, list marks, quotation marks and a source mark such as [1]. A sentence that limits the
    one before it ("However, ...") is added where it was left out.
    """
    held = [sentences(passage) for passage in passages]
    places: dict[str, tuple[int, int]] = {}
    for at, found in enumerate(held):
        for position, sentence in enumerate(found):
            if any(sign.isalpha() for sign in sentence):
                places.setdefault(_plain(_SOURCE_MARK.sub("", sentence)), (at, position))
    chosen: dict[tuple[int, int], None] = {}
    for said in sentences(_LIST_MARK.sub("", _SOURCE_MARK.sub("", answer_text))):
        form = _plain(said)
        if form not in places and form:  # a row of dots says nothing
            return None
        if form:
            chosen[places[form]] = None
    if not 0 < len(chosen) <= MOST_SENTENCES:
        return None
    complete = list(dict.fromkeys(each for place in chosen for each in _with_limits(place, held)))
    lines = [held[at][position] for at, position in complete]
    return Quoted(joined(lines), tuple(dict.fromkeys(at for at, _ in complete)))


def _with_limits(place: tuple[int, int], held: list[list[str]]) -> list[tuple[int, int]]:
    at, position = place
    found = [place]
    while position + 1 < len(held[at]) and _LIMITING.match(fold(held[at][position + 1])):
        position += 1
        found.append((at, position))
    return found


def _plain(sentence: str) -> str:
    """One form for sentences that differ in nothing that counts; numbers are left as they are."""
    text = " ".join(fold(sentence).split()).strip(_QUOTATION_MARKS)
    return text.rstrip(_CLOSING).strip(_QUOTATION_MARKS)
