"""The HTML of what an agent writes: bold, italic, lists, links, quotes and code, by Markdown signs.

The text itself goes out as the plain part, for it reads well as it is. Only these signs mean
something: no headings, rules, tables or HTML, and every line break stays one. A picture that goes
along stands at its place: ![its name](cid:its key).
"""

import html
import re
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

_ADDRESS = re.compile(r"https?://[^\s<>\"'）】」]+[^\s<>\"'.,;:!?)\]）】」。，；：！？]")
_PICTURE = re.compile(r"!\[([^\]\n]*)\]\(cid:([\w-]{1,64})\)")
_BLOCKS = ("paragraph_open", "blockquote_open", "list_item_open")
_LEFT_OUT = [
    "code", "heading", "lheading", "hr", "html_block", "html_inline", "reference", "entity",
    "autolink",
]  # fmt: skip


def pictures_in(text: str) -> set[str]:
    """The keys of the pictures that have a place in the text."""
    return {match[2] for match in _PICTURE.finditer(text)}


def plain(text: str) -> str:
    """The text as it reads where there are no pictures: each is its name in brackets."""
    return _PICTURE.sub(lambda match: f"[{match[1]}]", text)


def content_id(key: str) -> str:
    """The Content-ID of a picture that has its place in a text."""
    return f"{key}@inline"


def formatted(text: str) -> str:
    """Safe HTML of a text: everything in it is escaped but its own signs."""
    parser = _parser()
    parsed = parser.parse(text.encode("utf-8", "replace").decode())
    for token in parsed:
        if token.type in _BLOCKS:
            token.attrSet("dir", "auto")
    return str(parser.renderer.render(parsed, parser.options, {}))


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # at the first mail: it takes a moment

    parser = MarkdownIt("commonmark", {"html": False, "breaks": True, "linkify": False})
    parser.disable(_LEFT_OUT)
    parser.renderer.rules["text"] = _text  # type: ignore[attr-defined]
    parser.renderer.rules["image"] = _picture  # type: ignore[attr-defined]
    return parser


def _text(tokens: Sequence["Token"], index: int, options: Any, env: Any) -> str:
    """Words, with the bare addresses among them as links unless they stand in one."""
    text = tokens[index].content
    depth = sum(token.nesting for token in tokens[:index] if token.type.startswith("link_"))
    if depth:
        return html.escape(text)
    parts, at = [], 0
    for match in _ADDRESS.finditer(text):
        address = html.escape(match[0])
        parts += [html.escape(text[at : match.start()]), f'<a href="{address}">{address}</a>']
        at = match.end()
    return "".join([*parts, html.escape(text[at:])])


def _picture(tokens: Sequence["Token"], index: int, options: Any, env: Any) -> str:
    """A picture of ours; one from elsewhere stays the text that it is."""
    token = tokens[index]
    source = str(token.attrs.get("src", ""))
    found = _PICTURE.fullmatch(f"![{token.content}]({source})")
    if found is None:
        return html.escape(f"![{token.content}]({source})")
    return f'<img src="cid:{content_id(found[2])}" alt="{html.escape(found[1])}">'
