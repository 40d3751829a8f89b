"""Signing in by a one-time link, and out. Asking answers the same for every address."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.portal_link import ask_link, sign_in_by_link, sign_out
from app.db import NotFound
from app.queries.portal_door import pending_link, portal_brands
from app.web.late_route import LateRoute
from app.web.portal.door import Acting, Brand, Perhaps, draw_outside, let_in, let_out
from app.web.portal.mails import link_mail
from app.web.request import Run, client_ip, locale_of
from channels.identity import normalise

router = APIRouter(route_class=LateRoute)
IN = ("link", "widget")


@router.get("/")
async def only_door(runtime: Run) -> Response:
    """On to the pages of the only brand that has some."""
    slugs = await runtime.db.query(portal_brands)
    if len(slugs) != 1:
        raise NotFound
    return RedirectResponse(f"/my/{slugs[0]}/", 303)


@router.get("/{slug}")
async def without_slash(brand: Brand) -> Response:
    """The pages begin with a slash."""
    return RedirectResponse(brand.here, 303)


@router.post("/{slug}/link")
async def ask(
    request: Request, runtime: Run, brand: Brand, email: Annotated[str, Form(max_length=254)] = ""
) -> Response:
    """Mail a link to this address, if it is one that we know. The answer is always the same."""
    await runtime.limits.take("portal_link", client_ip(request))
    address = normalise("email", email)
    if address is None:
        return draw_outside(
            request, runtime, brand, "sign_in.html", 422, wrong=email, over=False, out=False
        )
    await runtime.limits.take_key("portal_link", address)
    mail = link_mail(runtime, brand, "link", locale_of(request))
    await runtime.db.write(ask_link, brand, address, mail)
    return RedirectResponse(f"{brand.here}sent", 303)


@router.get("/{slug}/sent")
async def sent(request: Request, runtime: Run, brand: Brand) -> Response:
    """What happens now."""
    return draw_outside(request, runtime, brand, "sent.html")


@router.get("/{slug}/in/{token}")
async def link(request: Request, runtime: Run, brand: Brand, token: str) -> Response:
    """Opening the link of a mail changes nothing, for programs open links; the button does."""
    await runtime.limits.take("portal_try", client_ip(request))
    found = await runtime.db.query(pending_link, token[:100], brand.id, IN, clock.now())
    if found is None:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    return draw_outside(request, runtime, brand, "enter.html", email=found[2], token=token)


@router.post("/{slug}/in/{token}")
async def come_in(
    request: Request, runtime: Run, brand: Brand, token: str, before: Perhaps
) -> Response:
    """Sign in; a session that this browser had before ends."""
    await runtime.limits.take("portal_try", client_ip(request))
    try:
        cookie = await runtime.db.write(sign_in_by_link, brand, token[:100])
    except NotFound:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    if before is not None:
        await runtime.db.write(sign_out, before.who.id)
    response = RedirectResponse(brand.here, 303)
    let_in(response, runtime, brand, cookie)
    return response


@router.post("/{slug}/out")
async def leave(runtime: Run, visit: Acting) -> Response:
    """Sign out."""
    await runtime.db.write(sign_out, visit.who.id)
    response = RedirectResponse(f"{visit.brand.here}?out=1", 303)
    let_out(response, runtime, visit.brand)
    return response
