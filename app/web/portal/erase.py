"""Erasing oneself: what goes and what stays in clear words, a fresh link, a typed confirmation.

Somebody without an address has come from a site's chat with a signed proof; theirs must be fresh
instead: they come from there anew.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.portal_link import mail_link, use_link
from app.db import Conflict, NotFound, Tx
from app.erasing import erase
from app.queries.portal_door import PortalBrand, pending_link
from app.queries.portal_self import is_held
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.portal.door import (
    Acting,
    Brand,
    Visit,
    Visiting,
    draw,
    draw_outside,
    let_out,
)
from app.web.portal.mails import link_mail
from app.web.request import Run, client_ip

router = APIRouter(prefix="/{slug}/erase", route_class=LateRoute)
FRESH_MS = 10 * 60_000
KIND = ("erase",)


@router.get("")
async def explain(runtime: Run, visit: Visiting, mailed: bool = False) -> Response:
    """What goes, what stays and why."""
    held = await runtime.db.query(is_held, visit.who.customer_id, clock.now())
    return _explain(runtime, visit, held=held, mailed=mailed)


@router.post("")
async def ask(
    request: Request,
    runtime: Run,
    visit: Acting,
    sure: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """Mail the link by which it is done; without an address it is done here, if they are fresh."""
    who = visit.who
    if await runtime.db.query(is_held, who.customer_id, clock.now()):
        return _explain(runtime, visit, held=True, status=409)
    if who.email:
        await runtime.limits.take_key("portal_link", f"of {who.customer_id}")
        mail = link_mail(runtime, visit.brand, "erase", visit.locale)
        await runtime.db.write(mail_link, visit.brand, "erase", who.customer_id, who.email, mail)
        return RedirectResponse(f"{visit.brand.here}erase?mailed=1", 303)
    if not _is_fresh(visit) or sure.strip().lstrip("#") != str(who.customer_id):
        return _explain(runtime, visit, wrong=_is_fresh(visit), status=422)
    return await _erase(request, runtime, visit.brand, who.customer_id)


@router.get("/{token}")
async def last_question(request: Request, runtime: Run, brand: Brand, token: str) -> Response:
    """Behind the link: the last page before it is done. Opening it changes nothing."""
    await runtime.limits.take("portal_try", client_ip(request))
    found = await runtime.db.query(pending_link, token[:100], brand.id, KIND, clock.now())
    if found is None:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    return _question(request, runtime, brand, token, found[2])


@router.post("/{token}")
async def erase_me(
    request: Request,
    runtime: Run,
    brand: Brand,
    token: str,
    sure: Annotated[str, Form(max_length=254)] = "",
) -> Response:
    """Erase, if their address was typed."""
    await runtime.limits.take("portal_try", client_ip(request))
    found = await runtime.db.query(pending_link, token[:100], brand.id, KIND, clock.now())
    if found is None:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    _, customer_id, email = found
    if sure.strip().lower() != email:
        return _question(request, runtime, brand, token, email, wrong=True)
    if await runtime.db.query(is_held, customer_id, clock.now()):
        return draw_outside(request, runtime, brand, "held.html", 409)
    try:
        customer_id = await runtime.db.write(_used, brand, token[:100])
    except NotFound:
        return draw_outside(request, runtime, brand, "link_over.html", 404)
    return await _erase(request, runtime, brand, customer_id)


def _used(tx: Tx, brand: PortalBrand, token: str) -> int:
    return use_link(tx, brand, token, KIND)[1]


async def _erase(
    request: Request, runtime: Runtime, brand: PortalBrand, customer_id: int
) -> Response:
    """Do it, end the session, and show the receipt."""
    try:
        number = await erase(runtime, customer_id, None, by="customer")
    except Conflict:  # a hold that came this moment
        return draw_outside(request, runtime, brand, "held.html", 409)
    response = draw_outside(
        request, runtime, brand, "erased.html", number=number, now=clock.now(), time_zone="UTC"
    )
    let_out(response, runtime, brand)
    return response


def _is_fresh(visit: Visit) -> bool:
    return visit.who.created_at > clock.now() - FRESH_MS


def _explain(
    runtime: Runtime,
    visit: Visit,
    *,
    held: bool = False,
    mailed: bool = False,
    wrong: bool = False,
    status: int = 200,
) -> Response:
    return draw(
        runtime, visit, "erase.html", status, section="privacy", held=held, mailed=mailed,
        wrong=wrong, fresh=_is_fresh(visit),
    )  # fmt: skip


def _question(
    request: Request,
    runtime: Runtime,
    brand: PortalBrand,
    token: str,
    email: str,
    *,
    wrong: bool = False,
) -> Response:
    return draw_outside(
        request, runtime, brand, "erase_me.html", 422 if wrong else 200, token=token, email=email,
        wrong=wrong,
    )  # fmt: skip
