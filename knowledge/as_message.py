"""An article's Markdown as somebody would write it in a message: lists keep their numbers, links
their addresses; in a mail bold and italic stay, in a chat they are left out."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from knowledge.markdown import parsed

if TYPE_CHECKING:
    from markdown_it.token import Token

_BULLET = {True: "- ", False: "• "}
_ENDS = ("paragraph_close", "heading_close", "table_close", "fence", "code_block")
_SIGNS = {"strong_open": "**", "strong_close": "**", "em_open": "*", "em_close": "*"}
# The end of a line that goes on: between Chinese words there is no space.
_SOFT = re.compile(r"(?<=[\u3000-\u9fff\uff00-\uffef])\r(?=[\u3000-\u9fff\uff00-\uffef])")


def as_message(markdown: str, *, signs: bool, base_url: str = "") -> str:
    """The text of an article for a message. With `signs` it is written in the few Markdown signs
    that a mail shows (channels.email.markup), else to be read as it is. Addresses within the site
    get `base_url` in front; pictures become their names, headings lines of their own."""
    writer = _Writer(signs, base_url)
    for token in parsed(markdown):
        writer.take(token)
    return re.sub(r"\n{3,}", "\n\n", "\n".join(writer.lines)).strip()


@dataclass(slots=True)
class _Writer:
    """Lines so far, and in which lists the next one stands."""

    signs: bool
    base_url: str
    lines: list[str] = field(default_factory=list)
    lists: list[int | None] = field(default_factory=list)  # the next number; None: no numbers
    mark: str = ""  # to stand before the next line: the number or sign of its item
    quotes: int = 0
    cells: list[str] | None = None
    is_heading: bool = False

    def take(self, token: "Token") -> None:
        """The next token of the article."""
        kind = token.type
        if "list" in kind:
            self._list(token)
        elif kind in ("tr_open", "tr_close"):
            self._row()
        elif kind.startswith("blockquote"):
            self.quotes += token.nesting
        elif kind.startswith("heading"):
            self.is_heading = token.nesting == 1
        elif kind == "inline":
            self._inline(token)
        elif kind in ("fence", "code_block"):
            code = token.content.rstrip("\n")
            self._write(f"```\n{code}\n```" if self.signs else code)
        if kind in _ENDS and not token.hidden:
            self._gap()

    def _list(self, token: "Token") -> None:
        if token.type == "list_item_open":
            self._begin_item()
        elif token.type == "list_item_close":
            return
        elif token.nesting == 1:
            is_numbered = token.type == "ordered_list_open"
            self.lists.append(int(token.attrs.get("start", 1)) if is_numbered else None)
        else:
            self.lists.pop()
            self._gap()

    def _row(self) -> None:
        if self.cells is None:
            self.cells = []
        else:
            row, self.cells = " | ".join(self.cells), None
            self._write(row)

    def _begin_item(self) -> None:
        number = self.lists[-1]
        self.mark = _BULLET[self.signs] if number is None else f"{number}. "
        if number is not None:
            self.lists[-1] = number + 1

    def _gap(self) -> None:
        if self.lines and self.lines[-1] and not (self.lists and self.mark):
            self.lines.append("")

    def _inline(self, token: "Token") -> None:
        text = self._said(token.children or ())
        if self.cells is not None:
            self.cells.append(text)
        elif self.is_heading and self.signs and text:
            self._write(f"**{text.replace('**', '')}**")
        else:
            self._write(text)

    def _write(self, text: str) -> None:
        indent = "   " * (len(self.lists) - 1 if self.mark else len(self.lists))
        quote = "> " * self.quotes
        for line in text.split("\n"):
            self.lines.append(f"{quote}{indent}{self.mark}{line}".rstrip())
            if self.mark:
                indent, self.mark = "   " * len(self.lists), ""

    def _said(self, children: Sequence["Token"]) -> str:
        parts: list[str] = []
        opened: list[tuple[int, str]] = []  # where a link began, and its address
        for child in children:
            if child.type in _SIGNS:
                parts.append(_SIGNS[child.type] if self.signs else "")
            elif child.type in ("softbreak", "hardbreak"):
                parts.append("\n" if child.type == "hardbreak" else "\r")
            elif child.type == "image":
                parts.append(child.content)
            elif child.type == "code_inline":
                parts.append(f"`{child.content}`" if self.signs else child.content)
            elif child.type == "link_open":
                opened.append((len(parts), self._address(str(child.attrs.get("href", "")))))
            elif child.type == "link_close":
                at, address = opened.pop()
                parts[at:] = [self._link("".join(parts[at:]), address)]
            else:
                parts.append(child.content)
        return _SOFT.sub("", "".join(parts)).replace("\r", " ").strip()

    def _address(self, href: str) -> str:
        if href.startswith("/") and not href.startswith("//"):
            return f"{self.base_url}{href}"
        return href if href.startswith(("http://", "https://", "mailto:")) else ""

    def _link(self, text: str, address: str) -> str:
        said = address.removeprefix("mailto:")
        if not address or text in (address, said):
            return text
        return f"[{text}]({address})" if self.signs else f"{text} ({said})"
