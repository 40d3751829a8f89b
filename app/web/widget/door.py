"""Who knocks: the widget's inbox by its public key, the visitor by the token of their browser.

The token travels in the Authorization header, never in a cookie or an address: it works where
third-party cookies are blocked, and no other page can make a browser send it.
"""

from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import Depends, Request

from app import clock
from app.db import NotFound
from app.models.inbox_settings import WidgetSettings
from app.pages import negotiate
from app.queries.articles import CUSTOMERS, PUBLIC
from app.queries.visitor import Door, Visitor, find_door, find_visitor, has_proof
from app.runtime import Runtime
from app.security.csrf import comes_from_us
from app.web.request import Run


class VisitorUnknown(Exception):
    """The token is missing, unknown or too old: the widget opens a new session."""


class SiteNotAllowed(Exception):
    """The page that shows the widget is not among the sites the inbox allows."""


@dataclass(frozen=True, slots=True)
class Guest:
    """A visitor at the door of their inbox, and the language they are spoken to in."""

    visitor: Visitor
    door: Door

    @property
    def locale(self) -> str:
        """The visitor's language, as it was when they opened the widget."""
        return self.visitor.locale

    @property
    def settings(self) -> WidgetSettings:
        """The inbox's settings."""
        return self.door.widget


async def guest_of(request: Request, runtime: Run) -> Guest:
    """The visitor of a request; VisitorUnknown without a token that is good."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or not comes_from_us(request):
        raise VisitorUnknown
    found = await runtime.db.query(find_visitor, token, clock.now())
    if found is None:
        raise VisitorUnknown
    visitor, door = found
    # By token, not by address: a whole office chats from one.
    await runtime.limits.take_key("public", f"visitor {token}")
    return Guest(visitor, door)


async def readable_by(runtime: Runtime, visitor: Visitor, door: Door) -> frozenset[str]:
    """Which articles a visitor may read: those for customers only once the host's own server has
    signed who they are."""
    known = visitor.customer_id is not None
    if known and await runtime.db.query(has_proof, visitor, door.brand_slug):
        return CUSTOMERS
    return PUBLIC


WidgetGuest = Annotated[Guest, Depends(guest_of)]


async def door_of(runtime: Runtime, key: str) -> Door:
    """The chat inbox of a key; NotFound for a key that is not one."""
    door = await runtime.db.query(find_door, key, "chat")
    if door is None:
        raise NotFound
    return door


def language(request: Request, wanted: str) -> str:
    """The language of the host page if we have it, else the browser's."""
    return negotiate(request.headers.get("accept-language", ""), wanted[:35])


def allows(sites: tuple[str, ...], origin: str) -> bool:
    """Whether a page of this origin may show the widget; without a list every page may."""
    if not sites:
        return True
    asked = urlsplit(origin)
    return any(_matches(site, asked.scheme, asked.netloc.lower()) for site in sites)


def frame_ancestors(sites: tuple[str, ...]) -> str:
    """The allowed sites as the source list of a Content-Security-Policy."""
    return " ".join(["'self'", *sites]) if sites else "*"


def _matches(site: str, scheme: str, host: str) -> bool:
    wanted_scheme, separator, rest = site.lower().rpartition("://")
    if separator and wanted_scheme != scheme:
        return False
    if rest.startswith("*."):
        return host.endswith(rest[1:])
    return host == rest
