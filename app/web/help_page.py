"""What the pages of a help centre share: the brand, its doors, and how caches keep them."""

import hashlib
import json
from dataclasses import dataclass, replace
from email.utils import formatdate
from typing import Any

from fastapi import Request
from fastapi.responses import Response
from markupsafe import Markup
from sqlalchemy import Connection

from app.db import NotFound
from app.pages.locales import LANGUAGE_TAGS, LOCALE_NAMES
from app.queries.articles import CUSTOMERS, PUBLIC, HelpBrand, has_articles, help_brand
from app.queries.help_centre import Doors, doors_of
from app.queries.portal_door import PortalSession
from app.runtime import Runtime
from app.web.portal.door import customer_of
from app.web.widget.door import allows

# Kept by caches, but asked for anew each time: what was withdrawn is gone at once.
CACHE = "public, no-cache"


@dataclass(frozen=True, slots=True)
class Centre:
    """A brand's help centre in a language, and its reader if they have signed in to its pages for
    customers. `has_more`: there are articles that only those see."""

    brand: HelpBrand
    doors: Doors
    locale: str
    base_url: str
    reader: PortalSession | None = None
    has_more: bool = False

    @property
    def visibilities(self) -> frozenset[str]:
        """What its reader may read."""
        return PUBLIC if self.reader is None else CUSTOMERS

    @property
    def here(self) -> str:
        """The address of its contents."""
        return f"/help/{self.brand.slug}/{self.locale}/"

    def url(self, path: str) -> str:
        """The whole address of one of its pages."""
        return f"{self.base_url}{path}"

    def article(self, slug: str, locale: str = "") -> str:
        """The address of an article; one in a language without pages is read in this one."""
        known = locale if locale in LOCALE_NAMES else self.locale
        return f"/help/{self.brand.slug}/{known}/{slug}"


async def centre_of(
    runtime: Runtime, slug: str, locale: str = "en", request: Request | None = None
) -> Centre:
    """The help centre of an active brand; NotFound where there is none in this language. Without
    a request it is that of a stranger."""
    if locale not in LOCALE_NAMES:
        raise NotFound
    brand, doors, has_more = await runtime.db.query(_read, slug)
    base_url = runtime.settings.base_url
    if not allows(doors.chat_sites, base_url):
        doors = replace(doors, chat="")
    reader = None
    if request is not None and brand.portal:
        reader = await customer_of(request, runtime, brand.id)
    return Centre(brand, doors, locale, base_url, reader, has_more)


def _read(conn: Connection, slug: str) -> tuple[HelpBrand, Doors, bool]:
    brand = help_brand(conn, slug)
    if brand is None:
        raise NotFound
    has_more = brand.portal and has_articles(conn, brand.id, CUSTOMERS - PUBLIC)
    return brand, doors_of(conn, brand.id), has_more


def page(
    request: Request,
    runtime: Runtime,
    template: str,
    centre: Centre,
    *,
    updated_at: int | None = None,
    **context: Any,
) -> Response:
    """A page with a tag by which it is asked for again. `updated_at` is when its text changed.

    What a customer reads is kept by nobody.
    """
    text = runtime.pages.render(
        template,
        centre.locale,
        centre=centre,
        brand=centre.brand,
        here=centre.here,
        language_tags=LANGUAGE_TAGS,
        **context,
    )
    if centre.reader is not None:
        headers = {"Cache-Control": "private, no-store", "Vary": "Cookie"}
        return Response(text, media_type="text/html", headers=headers)
    response = kept(request, text, "text/html", updated_at)
    response.headers["Vary"] = "Cookie"
    return response


def kept(request: Request, text: str, media_type: str, updated_at: int | None = None) -> Response:
    """An answer that caches may keep and ask for again by its tag."""
    tag = f'"{hashlib.sha256(text.encode()).hexdigest()[:24]}"'
    headers = {"ETag": tag, "Cache-Control": CACHE}
    if updated_at is not None:
        headers["Last-Modified"] = formatdate(updated_at / 1000, usegmt=True)
    known = request.headers.get("if-none-match", "")
    if known == "*" or tag in [part.strip().removeprefix("W/") for part in known.split(",")]:
        return Response(status_code=304, headers=headers)
    return Response(text, media_type=media_type, headers=headers)


def structured(*things: dict[str, Any]) -> Markup:
    """Data for search engines (JSON-LD, schema.org) for a script element that is never run."""
    graph = {"@context": "https://schema.org", "@graph": list(things)}
    text = json.dumps(graph, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":  # nothing of it ends the element
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def breadcrumbs(centre: Centre, *steps: tuple[str, str]) -> dict[str, Any]:
    """The way to a page as (name, path) pairs."""
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": at, "name": name, "item": centre.url(path)}
            for at, (name, path) in enumerate(steps, 1)
        ],
    }
