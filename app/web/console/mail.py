"""A mail's own HTML, shown on demand: cleaned, in a frame without scripts, nothing loaded from
elsewhere unless the reader asks for the pictures."""

import re
from typing import Any

import nh3
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from app.db import NotFound
from app.queries.message_source import message_source
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn

router = APIRouter(route_class=ConsoleRoute)

TAGS = nh3.ALLOWED_TAGS | {"font", "center", "u", "hr", "table", "thead", "tbody", "tr", "td", "th"}
LOOKS = {"align", "valign", "width", "height", "bgcolor", "color", "dir", "style", "size", "face"}
STYLES = {
    "background-color", "border", "border-radius", "color", "direction", "display", "font-family",
    "font-size", "font-style", "font-weight", "line-height", "margin", "max-width", "padding",
    "text-align", "text-decoration", "vertical-align", "white-space", "width",
}  # fmt: skip
_CID = re.compile(r"^cid:(.+)$", re.IGNORECASE)

_REMOTE = re.compile(r"""<img\b[^>]*\ssrc\s*=\s*["']?\s*https://""", re.IGNORECASE)


@router.get("/messages/{message_id}/original")
async def original(
    runtime: Run, session: SignedIn, message_id: int, images: bool = False
) -> Response:
    """The mail's HTML as a page for a sandboxed frame."""
    source = await runtime.db.query(message_source, session.actor, message_id)
    if not source.html:
        raise NotFound
    body = clean(source.html, source.inline, remote_images=images)
    blocked = not images and has_remote_images(source.html)
    page = runtime.pages.render(
        "console/mail.html", session.actor.locale, body=body, blocked=blocked
    )
    return HTMLResponse(page, headers=_policy(images))


def has_remote_images(html: str) -> bool:
    """Whether there are pictures that only load when the reader asks for them."""
    return _REMOTE.search(html) is not None


def clean(
    html: str,
    inline: dict[str, str],
    *,
    remote_images: bool,
    files: str = "/files/{key}?inline=1",
) -> str:
    """HTML without anything that acts; pictures of the mail itself point to their files (at the
    address `files`), those elsewhere are taken out unless they are asked for."""

    def attribute(tag: str, name: str, value: str) -> str | None:
        if tag == "img" and name == "src":
            own = _CID.match(value)
            if own:
                key = inline.get(own[1])
                return files.format(key=key) if key else None
            if value.startswith("data:image/"):
                return value
            return value if remote_images and value.startswith("https://") else None
        return value

    attributes: dict[str, set[str]] = {tag: set(LOOKS) for tag in TAGS}
    attributes["a"] |= {"href", "title"}
    attributes["img"] |= {"src", "alt", "title"}
    attributes["td"] |= {"colspan", "rowspan"}
    attributes["th"] |= {"colspan", "rowspan"}
    return nh3.clean(
        html,
        tags=TAGS,
        attributes=attributes,
        attribute_filter=attribute,
        filter_style_properties=STYLES,
        url_schemes={"http", "https", "mailto", "tel", "cid", "data"},
        link_rel="noopener noreferrer nofollow",
        set_tag_attribute_values={"a": {"target": "_blank"}},
        clean_content_tags={"script", "style", "title"},
    )


def _policy(images: bool) -> dict[str, Any]:
    sources = "'self' data: https:" if images else "'self' data:"
    return {
        "Content-Security-Policy": (
            f"default-src 'none'; img-src {sources}; style-src 'unsafe-inline' 'self'; "
            "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
            "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox"
        ),
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
    }
