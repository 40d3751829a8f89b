"""HTML of other help centres as Markdown."""

import re

_BLANK = re.compile(r"\n{3,}")
_TRAILING = re.compile(r"[ \t]+\n")


def to_markdown(html: str) -> str:
    """The Markdown of a page's HTML; scripts, styles and comments are left out."""
    from bs4 import BeautifulSoup, Comment  # only imports need it
    from markdownify import MarkdownConverter

    soup = BeautifulSoup(html, "html.parser")
    for tag in soup(["script", "style", "template", "noscript"]):
        tag.decompose()
    for comment in soup.find_all(string=lambda text: isinstance(text, Comment)):
        comment.extract()
    converter = MarkdownConverter(
        heading_style="ATX", bullets="-", escape_underscores=False, newline_style="BACKSLASH"
    )
    text = str(converter.convert_soup(soup)).replace("\xa0", " ")
    return _BLANK.sub("\n\n", _TRAILING.sub("\n", text)).strip()
