"""The list of screens on the wall: made, shown once, revoked."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.actions.screen import make_screen, revoke_screen
from app.db import Invalid
from app.queries.screens import screen_rows
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.frame import in_words
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page

router = APIRouter(prefix="/screens", route_class=LateRoute)


@router.get("")
async def screens_page(runtime: Run, session: SignedIn, who: Supervisor) -> Response:
    """All screens in use."""
    return await _page(runtime, session)


@router.post("")
async def make(
    runtime: Run, session: SignedIn, who: Supervisor, name: Annotated[str, Form()] = ""
) -> Response:
    """Make a screen; this answer is the only one that has its address."""
    try:
        token = await runtime.db.write(make_screen, who, name)
    except Invalid as refused:
        errors = in_words(runtime.pages, who.locale, refused.errors)
        return await _page(runtime, session, errors=errors, status=422)
    return await _page(runtime, session, address=f"{runtime.settings.base_url}/tv/{token}")


@router.post("/{screen_id:int}/revoke")
async def revoke(runtime: Run, who: Supervisor, screen_id: int) -> Response:
    """It shows nothing from now on."""
    await runtime.db.write(revoke_screen, who, screen_id)
    return RedirectResponse("/supervise/screens", 303)


async def _page(
    runtime: Runtime,
    session: Session,
    *,
    address: str = "",
    errors: object = None,
    status: int = 200,
) -> Response:
    rows = await runtime.db.query(screen_rows, session.actor)
    answer = page(
        runtime, session, "supervise/screens.html",
        tab="wallboard", screens=rows, address=address,
        errors=errors or in_words(runtime.pages, session.actor.locale, {}),
    )  # fmt: skip
    answer.status_code = status
    return answer
