"""Renders the Markdown of articles to safe HTML, and to plain text for index and snippets.

Raw HTML in the source is shown as text, never passed on; link targets are limited to the schemes
that markdown-it deems safe.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # at the first article: it takes a moment

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    return parser.enable(["table", "strikethrough"])


def render(markdown: str, heading_offset: int = 1) -> str:
    """Safe HTML for an article's body.

    Headings sink by `heading_offset` levels, because the page's h1 is the article's title. Links
    that leave the site carry rel="noopener nofollow"; images load lazily.
    """
    parser = _parser()
    tokens = parser.parse(_clean(markdown))
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1:]) + heading_offset)}"
        for child in token.children or ():
            _harden(child)
    return str(parser.renderer.render(tokens, parser.options, {}))


def parsed(markdown: str) -> Sequence["Token"]:
    """The parts of an article's body, one after the other."""
    return _parser().parse(_clean(markdown))


def plain(markdown: str) -> str:
    """The text a reader sees, one line per block."""
    lines = (" ".join(_text(token).split()) for token in parsed(markdown))
    return "\n".join(line for line in lines if line)


def _clean(markdown: str) -> str:
    # Lone surrogates cannot be written as UTF-8 anywhere further on.
    return markdown.encode("utf-8", "replace").decode()


def _harden(token: "Token") -> None:
    if token.type == "link_open" and "://" in str(token.attrs.get("href", "")):
        token.attrs["rel"] = "noopener nofollow"
    elif token.type == "image":
        token.attrs["loading"] = "lazy"


def _text(token: "Token") -> str:
    if token.type == "inline":
        return "".join(_inline(token.children or ()))
    return token.content if token.type in ("fence", "code_block") else ""


def _inline(children: Sequence["Token"]) -> Iterator[str]:
    for child in children:
        if child.type in ("softbreak", "hardbreak"):
            yield " "
        elif child.type == "image":
            yield from _inline(child.children or ())
        else:
            yield child.content
