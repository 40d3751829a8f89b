"""An article's body as HTML whose headings continue those of the page it stands on."""

import re
from collections.abc import Callable

from markupsafe import Markup

from knowledge.markdown import render

_PICTURE = re.compile(r'src="/help-files/([A-Za-z0-9_-]+)"')


def prose(markdown: str, *, under: int) -> Markup:
    """Safe HTML; the author's topmost headings come right below level `under`."""
    return Markup(render(markdown, under=under))


def with_pictures(html: Markup, address: Callable[[str], str]) -> Markup:
    """The HTML of `prose` with each of our own pictures at the `address` of its key."""
    return Markup(_PICTURE.sub(lambda found: f'src="{Markup.escape(address(found[1]))}"', html))


def with_contents(html: Markup) -> tuple[Markup, list[tuple[str, str]]]:
    """The HTML of `prose` with an anchor at each topmost heading, and these as (anchor, text)."""
    found: list[tuple[str, str]] = []
    tops = re.findall(r"<h([2-6])>", html)
    if not tops:
        return html, found
    top = min(tops)

    def anchored(match: re.Match[str]) -> str:
        text = Markup(match[1]).striptags()
        anchor = f"part-{len(found) + 1}"
        found.append((anchor, text))
        return f'<h{top} id="{anchor}">{match[1]}</h{top}>'

    return Markup(re.sub(rf"<h{top}>(.*?)</h{top}>", anchored, html, flags=re.DOTALL)), found
