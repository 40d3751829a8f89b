"""A mail's own HTML made safe to show: a list of what may stay, and everything else goes.

Nothing in it acts, nothing loads by itself, and its links lead out of the house only. It is made
anew whenever it is shown, so what is learnt later holds for old mails too.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass

import nh3

from app.security.mail_quotes import FROM_HERE, ITSELF

TAGS = nh3.ALLOWED_TAGS - {"area", "map"} | {"font"}
LOOKS = {"align", "valign", "width", "height", "bgcolor", "color", "dir", "style", "size", "face"}
STYLES = {
    "background-color", "border", "border-radius", "color", "direction", "display", "font-family",
    "font-size", "font-style", "font-weight", "line-height", "margin", "max-width", "padding",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
# What mail programs wrap an answered mail in, and what they put above one.
_QUOTES = {"gmail_quote", "yahoo_quoted", "protonmail_quote", "zmail_extra", "tutanota_quote"}
_ABOVE_QUOTES = {"divrplyfwdmsg", "appendonsend", "mail-editor-reference-message-container"}

_OUTSIDE = re.compile(r"(?:https?://|mailto:|tel:)", re.IGNORECASE)
_REMOTE = re.compile(r"(?:https?:)?//", re.IGNORECASE)
_OWN = re.compile(r"cid:(.+)", re.IGNORECASE)
_DATA = re.compile(r"data:image/(?:png|jpe?g|gif|webp)[;,]", re.IGNORECASE)
_CALL = re.compile(r"(?<![\w-])([\w-]*+)\(")
_COLOURS = {"rgb", "rgba", "hsl", "hsla"}
_CONTROLS = re.compile(r"[\x00-\x20\x7f]+")  # browsers read past them in a scheme


@dataclass(frozen=True, slots=True)
class Cleaned:
    """HTML to show. `blocked` counts pictures from elsewhere that were taken out."""

    html: str
    blocked: int


def clean(
    html: str,
    inline: dict[str, str],
    *,
    remote: Callable[[str], str | None] | None = None,
    files: str = "/files/{key}?inline=1",
) -> Cleaned:
    """The HTML with pictures of the mail itself at the address `files`, and those from elsewhere
    where `remote` says to get them; without it they are taken out."""
    filter_ = _Attributes(inline, remote, files)
    cleaned = nh3.clean(
        html,
        tags=TAGS,
        attributes=_attributes(),
        attribute_filter=filter_.keep,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        clean_content_tags={"script", "style", "title", "template", "noscript"},
    )
    return Cleaned(cleaned, filter_.blocked)


@dataclass(slots=True)
class _Attributes:
    """What becomes of an attribute that may stay."""

    inline: dict[str, str]
    remote: Callable[[str], str | None] | None
    files: str
    blocked: int = 0

    def keep(self, tag: str, name: str, value: str) -> str | None:
        """The value to show, None to leave the attribute out."""
        if name == "src":
            return self._picture(_CONTROLS.sub("", value))
        if name == "href":
            return value.strip() if _OUTSIDE.match(_CONTROLS.sub("", value)) else None
        if name in ("class", "id"):
            return _mark(value)
        return _without_calls(value) if name == "style" else value

    def _picture(self, source: str) -> str | None:
        if own := _OWN.fullmatch(source):
            key = self.inline.get(own[1])
            return self.files.format(key=key) if key else None
        if _DATA.match(source):
            return source
        if not _REMOTE.match(source):
            return None
        if self.remote is None:
            self.blocked += 1
            return None
        return self.remote(f"https:{source}" if source.startswith("//") else source)


def _without_calls(style: str) -> str:
    """Without declarations that ask for something: url(…), image-set(…), expression(…)."""
    return ";".join(
        declaration
        for declaration in style.split(";")
        if _COLOURS.issuperset(_CALL.findall(declaration.lower()))
    )


def _attributes() -> dict[str, set[str]]:
    attributes: dict[str, set[str]] = {tag: LOOKS | {"class", "id"} for tag in TAGS}
    attributes["a"] |= {"href", "title"}
    attributes["img"] |= {"src", "alt", "title"}
    for cell in ("td", "th"):
        attributes[cell] |= {"colspan", "rowspan"}
    return attributes


def _mark(value: str) -> str | None:
    """Of classes and ids only what says where the answered mail begins, in a word of our own."""
    names = set(value.lower().split())
    if names & _QUOTES:
        return ITSELF
    return FROM_HERE if names & _ABOVE_QUOTES else None
