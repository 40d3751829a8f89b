"""Finds the phrasings that an author wrote one below the other as the body of an article."""

import re

_LEAST = 3
_LONGEST = 200  # letters, of which a Chinese sign counts as three; a paragraph is longer
_MOST = 40
_MARK = re.compile(r"^\s*(?:[-*+>#]+|\d+[.)])?\s*")
_PROSE = re.compile(r"[:：。|`]\s*$|`|\]\(")  # a sentence, an introduction, code, a link


def listed(body: str) -> tuple[str, ...]:
    """The lines of a body that is nothing but short lines, without the marks of a list.

    Each may be what somebody asks. Nothing of a body with a paragraph in it.
    """
    lines = [line for each in body.splitlines() if (line := _MARK.sub("", each).strip())]
    if len(lines) < _LEAST or any(_width(line) > _LONGEST or _PROSE.search(line) for line in lines):
        return ()
    return tuple(dict.fromkeys(lines))[:_MOST]


def _width(line: str) -> int:
    return sum(3 if sign >= "\u2e80" else 1 for sign in line)
