"""Hides the numbers that nobody shall read by the way in the HTML of a mail, wherever its tags
stand: what is seen as one number may lie in several pieces of the markup."""

import re
from html import escape, unescape

from knowledge.sensitive import Number, find_numbers, mask_numbers

_PIECES = re.compile(r"(<[^>]*>)")
_INLINE = re.compile(
    r"</?(?:a|abbr|b|bdi|bdo|big|code|em|font|i|ins|mark|s|small|span|strong|sub|sup|tt|u|wbr)\b",
    re.IGNORECASE,
)
_SAID = re.compile(r'(\b(?:alt|title)=")([^"]*)(")', re.IGNORECASE)


def hide_numbers(html: str) -> str:
    """The same for HTML that was cleaned (no `>` stands inside of its tags)."""
    pieces = _PIECES.split(html)  # text, tag, text, tag, …
    said = [unescape(piece) for piece in pieces[::2]]
    joints = ["" if _INLINE.match(tag) else "\n" for tag in pieces[1::2]]
    whole = "".join(text + joint for text, joint in zip(said, [*joints, ""], strict=True))
    found = find_numbers(whole)
    if found:
        begins = 0
        for at, text in enumerate(said):
            hidden = _hide(text, begins, found)
            if hidden != text:
                pieces[2 * at] = escape(hidden, quote=False)
            begins += len(text) + len(joints[at] if at < len(joints) else "")
    pieces[1::2] = [_SAID.sub(_attribute, tag) if "=" in tag else tag for tag in pieces[1::2]]
    return "".join(pieces)


def _hide(text: str, begins: int, found: list[Number]) -> str:
    """A piece of the text that begins at `begins`, with what of the numbers lies in it."""
    kept, at = [], 0
    for one in found:
        start, end = one.start - begins, one.end - begins
        if end <= 0 or start >= len(text):
            continue
        kept.append(text[at : max(start, 0)])
        if start >= 0:  # where it begins, what is shown of it stands
            kept.append(one.shown)
        at = min(end, len(text))
    return "".join([*kept, text[at:]])


def _attribute(match: re.Match[str]) -> str:
    return match[1] + escape(mask_numbers(unescape(match[2]))) + match[3]
