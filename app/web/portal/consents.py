"""What a customer has agreed to: given and taken back with one button each, and the history."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.actions.portal_self import say_consent, withdraw_everything
from app.customers.purposes import PURPOSES
from app.db import Conflict
from app.queries.portal_self import Asked, Said, asked_purposes, consent_history
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.portal.door import Acting, Visit, Visiting, draw
from app.web.request import Run

router = APIRouter(prefix="/{slug}/consents", route_class=LateRoute)


@router.get("")
async def consents(runtime: Run, visit: Visiting, done: bool = False) -> Response:
    """Every purpose and channel, and what was said when."""
    return await _page(runtime, visit, done=done)


@router.post("")
async def say(
    runtime: Run,
    visit: Acting,
    purpose: Annotated[str, Form(pattern=r"^[a-z][a-z0-9_]{0,39}$")],
    status: Annotated[str, Form(pattern="^(granted|revoked)$")],
    channel: Annotated[str, Form(pattern="^[a-z]{0,20}$")] = "",
    text: Annotated[str, Form(pattern=r"^\d{0,15}$")] = "",
) -> Response:
    """Agree to a purpose, or withdraw it."""
    text_id = int(text) if text else None
    try:
        await runtime.db.write(say_consent, visit.who, purpose, channel, status, text_id)
    except Conflict:
        return await _page(runtime, visit, outdated=True)
    return RedirectResponse(f"{visit.brand.here}consents?done=1", 303)


@router.post("/none")
async def nothing(runtime: Run, visit: Acting) -> Response:
    """Withdraw everything."""
    await runtime.db.write(withdraw_everything, visit.who)
    return RedirectResponse(f"{visit.brand.here}consents?done=1", 303)


def _read(conn: Connection, visit: Visit, now: int) -> tuple[list[Asked], list[Said]]:
    purposes = asked_purposes(conn, visit.who, visit.locale, visit.brand.locale, now)
    return purposes, consent_history(conn, visit.who)


async def _page(
    runtime: Runtime, visit: Visit, *, done: bool = False, outdated: bool = False
) -> Response:
    asked, said = await runtime.db.query(_read, visit, clock.now())
    return draw(
        runtime, visit, "consents.html", 409 if outdated else 200, section="consents",
        asked=asked, purposes=PURPOSES, said=said, done=done, outdated=outdated,
    )  # fmt: skip
