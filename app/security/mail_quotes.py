"""Folds away the answered mail below an answer, in HTML that `mail_html` has made.

That HTML is well formed and its attributes are always in double quotes, so a scan of its tags is
enough to find where an element ends.
"""

import re

ITSELF = "quote"  # this element is the answered mail
FROM_HERE = "quote-below"  # it begins here and goes on to the end of the element around this one

_TAG = re.compile(r'<(/?)([a-z][a-z0-9]*)((?:\s+[a-z-]+(?:="[^"]*")?)*)\s*/?>')
_MARK = re.compile(rf'\s(?:class|id)="({ITSELF}|{FROM_HERE})"')
_VOID = {"br", "col", "hr", "img", "wbr"}
_BLANK = re.compile(r"(?:\s|&nbsp;|[\u200b\u200c\ufeff])+")


def fold(html: str, words: str) -> str:
    """The HTML with the answered mail under `words`, which must be escaped, to be opened with a
    click. What was written below or between quotes stays in sight, and so does a mail that is
    nothing but a quote."""
    found = _last_quote(html)
    if found is None:
        return html
    start, end = found
    if not _shows(html[:start]) or _shows(html[end:]):
        return html
    return (
        f'{html[:start]}<details class="quoted"><summary>{words}</summary>'
        f"{html[start:end]}</details>{html[end:]}"
    )


def _last_quote(html: str) -> tuple[int, int] | None:
    """Where the last quote that is in no other begins and ends; quotes in a row are one."""
    depth, around, start, below = 0, 0, -1, False  # `around`: how many elements are about the quote
    last: tuple[int, int, int] | None = None

    def ended(at: int) -> tuple[int, int, int]:
        if last and last[2] == around and not _shows(html[last[1] : start]):
            return (last[0], at, around)
        return (start, at, around)

    for tag in _TAG.finditer(html):
        if tag[1]:
            depth -= 1
            if start >= 0 and (depth < around if below else depth == around):
                last, start = ended(tag.start() if below else tag.end()), -1
        else:
            mark = _MARK.search(tag[3])
            if start < 0 and (mark or tag[2] == "blockquote"):
                start, around = tag.start(), depth
                below = mark is not None and mark[1] == FROM_HERE
            depth += tag[2] not in _VOID
    if start >= 0:
        last = ended(len(html))
    return last[:2] if last else None


def _shows(html: str) -> bool:
    """Whether there is anything to see in it."""
    tags = _TAG.findall(html)
    if any(name == "img" and " src=" in attributes for _, name, attributes in tags):
        return True
    return bool(_BLANK.sub("", _TAG.sub("", html)))
