"""Unsubscribing from the mails of a purpose: a page with one button, and the one click of mail
programs (RFC 8058).

The address is signed, and whoever has it may do this one thing; so nobody signs in, and the request
may come from anywhere. Opening the page changes nothing, because programs open links.
"""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection, select

from app import clock
from app.actions.consent import unsubscribe
from app.actions.purpose import CHANNEL
from app.customers.purposes import PURPOSES
from app.models.organisation import brands
from app.queries.consents import granted_at
from app.runtime import Runtime
from app.security.unsubscribe import PATH, Unsubscribe, read_unsubscribe
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html, locale_of

router = APIRouter(prefix=PATH, include_in_schema=False, route_class=LateRoute)
PLAIN = "#3b5bdb"  # the colour of a page that belongs to no brand


@dataclass(frozen=True, slots=True)
class _Shown:
    """What the page speaks of."""

    brand: str
    slug: str
    color: str
    policy_url: str
    granted: bool


@router.get("/{token}")
async def ask(request: Request, runtime: Run, token: str) -> HTMLResponse:
    """Asks whether they mean it."""
    of = read_unsubscribe(runtime.secret, token)
    return await _page(request, runtime, token, of)


@router.post("/{token}")
async def confirm(request: Request, runtime: Run, token: str) -> HTMLResponse:
    """They do. Whatever the body says: RFC 8058 sends `List-Unsubscribe=One-Click`, the page's own
    button nothing. A second time changes nothing."""
    of = read_unsubscribe(runtime.secret, token)
    if of is not None:
        await runtime.db.write(unsubscribe, of.customer_id, of.purpose, CHANNEL, of.brand_id)
    return await _page(request, runtime, token, of, done=True)


async def _page(
    request: Request,
    runtime: Runtime,
    token: str,
    of: Unsubscribe | None,
    *,
    done: bool = False,
) -> HTMLResponse:
    if of is None:  # guessing is slow; what mail programs send for their readers is not
        await runtime.limits.take("public", client_ip(request), "unsubscribe")
    shown = await runtime.db.query(_shown, of) if of is not None else None
    purpose = PURPOSES.get(of.purpose, of.purpose) if of is not None else ""
    page = runtime.pages.render(
        "help/unsubscribe.html",
        locale_of(request),
        shown=shown,
        purpose=purpose,
        here=f"{PATH}/{token}" if shown is not None else "",
        done=done,
        color=shown.color if shown is not None else PLAIN,
    )
    response = html(page, 200 if shown is not None else 404)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


def _shown(conn: Connection, of: Unsubscribe) -> _Shown | None:
    row = conn.execute(select(brands).where(brands.c.id == of.brand_id)).first()
    if row is None:
        return None
    granted = granted_at(conn, of.customer_id, of.purpose, CHANNEL, of.brand_id, clock.now())
    return _Shown(row.name, row.slug, row.color, row.policy_url, granted)
