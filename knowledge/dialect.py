"""What articles may hold beside CommonMark, worked into the parsed text: callouts as GitHub writes
them (`> [!WARNING]`), bare addresses as links, boxes to tick, and tables that can be scrolled.
"""

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

CALLOUTS = {  # the sign in the text, and the class of what it becomes
    "note": "note", "info": "note", "tip": "tip", "success": "tip",
    "important": "warning", "warning": "warning", "caution": "danger", "danger": "danger",
}  # fmt: skip
_SIGN = re.compile(rf"\[!({'|'.join(CALLOUTS)})\]\s*\Z", re.IGNORECASE)
_BOX = re.compile(r"\[([ xX])\](?=\s)")
# An address ends before Chinese text and full-width signs, which need no space around them.
_ADDRESS = re.compile(
    r"https?://[^\s<>\"\u2018-\u201f\u3000-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]+"
)
_SIDES = {"right": "end", "center": "middle"}


def work_in(state: "StateCore") -> None:
    """A core rule of markdown-it, after its own."""
    kept = [token for token in _without_signs(state.tokens) if token is not None]
    for before, token in zip([None, *kept], kept, strict=False):
        if token.type == "inline" and token.children:
            token.children = list(_linked(state, token.children))
        if before is not None and before.type == "paragraph_open" and before.level > 1:
            _tick(token)
        if token.type in ("th_open", "td_open"):
            side = str(token.attrs.pop("style", "")).removeprefix("text-align:")
            if side in _SIDES:  # a style attribute is refused by the page's policy
                token.attrs["class"] = f"cell-{_SIDES[side]}"
    state.tokens = kept


def _without_signs(tokens: Sequence["Token"]) -> list["Token | None"]:
    """The tokens with each quote that begins with a sign made a callout, and the sign gone."""
    left: list[Token | None] = list(tokens)
    for at in range(len(tokens) - 3):
        quote, inline = tokens[at], tokens[at + 2]
        if quote.type != "blockquote_open" or inline.type != "inline" or not inline.children:
            continue
        found = _SIGN.match(inline.children[0].content)
        rest = inline.children[1:]
        if found is None or (rest and rest[0].type != "softbreak"):
            continue
        kind = CALLOUTS[found.group(1).lower()]
        quote.attrs |= {"class": f"callout callout-{kind}", "role": "note"}
        inline.children = rest[1:]
        inline.content = inline.content.partition("\n")[2]
        if not inline.children:
            left[at + 1 : at + 4] = [None] * 3
    return left


def _tick(inline: "Token") -> None:
    first = next(iter(inline.children or ()), None)
    if first is not None and first.type == "text" and (box := _BOX.match(first.content)):
        first.content = ("☐" if box.group(1) == " " else "☑") + first.content[box.end() :]


def _linked(state: "StateCore", children: Sequence["Token"]) -> Iterator["Token"]:
    depth = 0
    for child in children:
        depth += child.nesting if child.type in ("link_open", "link_close") else 0
        if depth or child.type != "text" or "://" not in child.content:
            yield child
        else:
            yield from _parts(state, child)


def _parts(state: "StateCore", text: "Token") -> Iterator["Token"]:
    from markdown_it.token import Token

    at = 0
    for found in _ADDRESS.finditer(text.content):
        shown = _trimmed(found.group())
        href = state.md.normalizeLink(shown)
        if not state.md.validateLink(href):
            continue
        yield Token("text", "", 0, content=text.content[at : found.start()])
        yield Token("link_open", "a", 1, attrs={"href": href})
        yield Token("text", "", 0, content=shown)
        yield Token("link_close", "a", -1)
        at = found.start() + len(shown)
    yield Token("text", "", 0, content=text.content[at:])


def _trimmed(address: str) -> str:
    """Without the full stop of the sentence, or the bracket that was opened before it."""
    while address[-1] in ".,;:!?'*_~" or (
        address[-1] == ")" and address.count(")") > address.count("(")
    ):
        address = address[:-1]
    return address
