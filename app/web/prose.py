"""An article's body as HTML whose headings continue those of the page it stands on."""

import re

from markupsafe import Markup

from knowledge.markdown import render

_HEADING = re.compile(r"^ {0,3}(#{1,6})\s", re.MULTILINE)


def prose(markdown: str, *, under: int) -> Markup:
    """Safe HTML; the author's topmost headings come right below level `under`."""
    levels = [len(found) for found in _HEADING.findall(markdown)]
    return Markup(render(markdown, heading_offset=under + 1 - min(levels, default=1)))
