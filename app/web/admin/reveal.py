"""Who may have hidden numbers shown: by role."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.actions.reveal import set_who_reveals
from app.actions.setup.people import ROLES as ROLE_WORDS
from app.security.permissions import ROLES, reveal_roles
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run

router = APIRouter(route_class=LateRoute)


@router.get("/hidden-numbers")
async def reveal_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """The roles as they are set."""
    chosen = await runtime.db.query(reveal_roles)
    roles = [(role, dict(ROLE_WORDS)[role], role in chosen) for role in ROLES]
    return page(
        runtime, session, "admin/hidden_numbers.html", "hidden-numbers", done=done, roles=roles
    )


@router.post("/hidden-numbers")
async def reveal_form(
    runtime: Run, session: AdminSession, roles: Annotated[list[str] | None, Form()] = None
) -> Response:
    """Set them."""
    known = [role for role in roles or () if role in ROLES]
    await runtime.db.write(set_who_reveals, session.actor, known)
    return RedirectResponse("/admin/hidden-numbers?done=changed", 303)
