"""The sentences of an article that answer a question, cut out whole: what a customer is shown."""

import re
from collections.abc import Sequence

from knowledge.markdown import plain
from knowledge.text import tokens

LONGEST = 420
_SENTENCE = re.compile(r"[^.!?。！？\n]*(?:[.!?。！？]+[\"'”’)）」]*(?:\s+|$)|[。！？]|\n|$)")


def passage(question: str, markdown: str, locale: str = "en", longest: int = LONGEST) -> str:
    """At most about `longest` characters of the body in whole sentences, in their order; the whole
    body if it is no longer. Empty for an empty body."""
    text = plain(markdown).strip()
    if len(text) <= longest:
        return text
    pieces = [piece for piece in _SENTENCE.findall(text) if piece.strip()]
    first, last = _best(pieces, set(tokens(question, locale)), locale, longest)
    cut = "".join(pieces[first : last + 1]).strip()
    if len(cut) > longest * 2:  # a text without sentences
        cut = cut[: longest * 2].rsplit(" ", 1)[0] + "…"
    return cut


def _best(pieces: Sequence[str], wanted: set[str], locale: str, longest: int) -> tuple[int, int]:
    """The run of sentences that fits and holds most of what was asked, the earliest of equals.

    A word counts once in a run; the beginning of the text wins where nothing matches.
    """
    found = [wanted.intersection(tokens(piece, locale)) for piece in pieces]
    best, span = -1.0, (0, 0)
    for first in range(len(pieces)):
        length, held = 0, set[str]()
        for last in range(first, len(pieces)):
            length += len(pieces[last])
            if length > longest and last > first:
                break
            held |= found[last]
            worth = len(held) + 0.001 * length / longest + (0.01 if found[first] else 0.0)
            if worth > best + 1e-9:
                best, span = worth, (first, last)
    return span
