"""Renders the Markdown of articles to safe HTML, and to plain text for index and snippets.

Raw HTML in the source is shown as text, never passed on; link targets are limited to the schemes
that markdown-it deems safe.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from typing import TYPE_CHECKING

from knowledge.dialect import work_in

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

# Text is escaped, so these stand only where the renderer put them.
_SCROLLED = (
    ("<table>", '<div class="table-scroll" tabindex="0"><table>'),
    ("</table>", "</table></div>"),
    ("<pre>", '<pre tabindex="0">'),
)


@cache
def _parser() -> "MarkdownIt":
    from markdown_it import MarkdownIt  # at the first article: it takes a moment

    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.enable(["table", "strikethrough"])
    parser.core.ruler.push("dialect", work_in)
    return parser


def render(markdown: str, heading_offset: int = 1, *, under: int | None = None) -> str:
    """Safe HTML for an article's body.

    Headings sink by `heading_offset` levels, because the page's h1 is the article's title; with
    `under` the author's topmost ones come right below that level. Links that leave the site carry
    rel="noopener nofollow"; images load lazily; what may be too wide is scrolled, by keys too.
    """
    parser = _parser()
    tokens = parser.parse(_clean(markdown))
    headings = [token for token in tokens if token.type in ("heading_open", "heading_close")]
    if under is not None:
        heading_offset = under + 1 - min((int(token.tag[1:]) for token in headings), default=1)
    for token in headings:
        token.tag = f"h{min(6, int(token.tag[1:]) + heading_offset)}"
    for token in tokens:
        for child in token.children or ():
            _harden(child)
    html = str(parser.renderer.render(tokens, parser.options, {}))
    for plain_tag, scrolled in _SCROLLED:
        html = html.replace(plain_tag, scrolled)
    return html


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
