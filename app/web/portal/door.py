"""Who stands at a brand's door: the brand of the address, the customer of the cookie, and the
token that every form of theirs must bring back."""

from dataclasses import dataclass
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.portal_link import SESSION_MS, touch_portal
from app.db import NotFound
from app.pages import LOCALE_NAMES
from app.queries.portal_door import PortalBrand, PortalSession, portal_brand, portal_session
from app.runtime import Runtime
from app.security.sessions import TOUCH_MS, same
from app.web.errors import refusal
from app.web.request import Run, html, locale_of


class LinkNeeded(Exception):
    """Nobody is signed in here: on to the page that mails a link."""

    def __init__(self, here: str, was_in: bool) -> None:
        super().__init__(here)
        self.here, self.was_in = here, was_in


class FormOutdated(Exception):
    """The form was not drawn for this session."""


@dataclass(frozen=True, slots=True)
class Visit:
    """A customer at their pages of a brand."""

    brand: PortalBrand
    who: PortalSession
    locale: str


def cookie_name(runtime: Runtime) -> str:
    """The cookie of these pages. Each brand has its own, by its path."""
    return "__Secure-portal" if runtime.settings.secure else "portal"


async def brand_of(runtime: Run, slug: str) -> PortalBrand:
    """The brand of the address; NotFound where it has no such pages."""
    brand = await runtime.db.query(portal_brand, slug[:60].replace("\0", ""))
    if brand is None:
        raise NotFound
    return brand


Brand = Annotated[PortalBrand, Depends(brand_of)]


async def customer_of(request: Request, runtime: Runtime, brand_id: int) -> PortalSession | None:
    """Which customer of a brand a request is of, by its cookie."""
    token = request.cookies.get(cookie_name(runtime), "")
    if not token:
        return None
    now = clock.now()
    who = await runtime.db.query(portal_session, token, brand_id, now)
    if who is not None and now - who.seen_at > TOUCH_MS:
        await runtime.db.write(touch_portal, who.id)
    return who


async def perhaps(request: Request, runtime: Run, brand: Brand) -> Visit | None:
    """Who is signed in here, if anybody is."""
    who = await customer_of(request, runtime, brand.id)
    if who is None:
        return None
    locale = who.language if who.language in LOCALE_NAMES else locale_of(request)
    return Visit(brand, who, locale)


Perhaps = Annotated[Visit | None, Depends(perhaps)]


async def visit_of(request: Request, runtime: Run, brand: Brand, visit: Perhaps) -> Visit:
    """Who is signed in here; LinkNeeded where nobody is."""
    if visit is None:
        raise LinkNeeded(brand.here, cookie_name(runtime) in request.cookies)
    return visit


Visiting = Annotated[Visit, Depends(visit_of)]


async def acting(visit: Visiting, csrf_token: Annotated[str, Form(max_length=100)] = "") -> Visit:
    """Who sends a form; FormOutdated unless it was drawn for them."""
    if not same(csrf_token, visit.who.csrf):
        raise FormOutdated
    return visit


Acting = Annotated[Visit, Depends(acting)]


def draw(
    runtime: Runtime, visit: Visit, template: str, status: int = 200, **context: Any
) -> Response:
    """A page of somebody who is signed in."""
    text = runtime.pages.render(
        f"portal/{template}",
        visit.locale,
        brand=visit.brand,
        who=visit.who,
        here=visit.brand.here,
        csrf_token=visit.who.csrf,
        time_zone=visit.who.time_zone,
        **context,
    )
    return _private(text, status)


def draw_outside(
    request: Request,
    runtime: Runtime,
    brand: PortalBrand,
    template: str,
    status: int = 200,
    **context: Any,
) -> Response:
    """A page of the same brand for whoever is not signed in."""
    text = runtime.pages.render(
        f"portal/{template}",
        locale_of(request),
        brand=brand,
        who=None,
        here=brand.here,
        **context,
    )
    return _private(text, status)


def _private(text: str, status: int) -> Response:
    response = html(text, status)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Vary"] = "Cookie, Accept-Language"
    return response


def let_in(response: Response, runtime: Runtime, brand: PortalBrand, token: str) -> None:
    """Give the browser its session: sent to this brand's pages and help centre only."""
    for path in _paths(brand):
        response.set_cookie(
            cookie_name(runtime),
            token,
            max_age=SESSION_MS // 1000,
            path=path,
            secure=runtime.settings.secure,
            httponly=True,
            samesite="lax",
        )


def let_out(response: Response, runtime: Runtime, brand: PortalBrand) -> None:
    """Take it away."""
    for path in _paths(brand):
        response.delete_cookie(
            cookie_name(runtime),
            path=path,
            secure=runtime.settings.secure,
            httponly=True,
            samesite="lax",
        )


def _paths(brand: PortalBrand) -> tuple[str, ...]:
    """Where the session counts: customers read more in the help centre, and say if it helped."""
    return (
        brand.here.rstrip("/"),
        f"/help/{brand.slug}",
        f"/widget/articles/{brand.slug}",
    )


def install(app: FastAPI) -> None:
    """Answer the refusals of this module."""
    app.add_exception_handler(LinkNeeded, _to_the_door)
    app.add_exception_handler(FormOutdated, _outdated)


async def _to_the_door(request: Request, error: Exception) -> Response:
    assert isinstance(error, LinkNeeded)
    return RedirectResponse(f"{error.here}?over=1" if error.was_in else error.here, 303)


async def _outdated(request: Request, error: Exception) -> Response:
    return refusal(request, 403, "csrf")
