"""The HTML of what an agent writes: bold, italic, lists, links, quotes and code, by Markdown signs.

The text itself goes out as the plain part, for it reads well as it is. Only these signs mean
something: no headings, rules, tables, pictures or HTML, and every line break stays one.
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
_BLOCKS = ("paragraph_open", "blockquote_open", "list_item_open")
_LEFT_OUT = [
    "code", "heading", "lheading", "hr", "html_block", "html_inline", "image", "reference",
    "entity", "autolink",
]  # fmt: skip


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
