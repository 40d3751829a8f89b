"""What supervisors may do unseen: the installation's policy on silent listeners."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.actions.watch import set_watch_policy
from app.queries.watches import says_who_watches
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.request import Run

router = APIRouter(route_class=LateRoute)


@router.get("/supervision")
async def policy_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """The policy as it is."""
    says = await runtime.db.query(says_who_watches)
    return page(runtime, session, "admin/supervision.html", "supervision", done=done, says=says)


@router.post("/supervision")
async def policy_form(
    runtime: Run, session: AdminSession, say_who_watches: Annotated[str, Form()] = ""
) -> Response:
    """Set it."""
    await runtime.db.write(set_watch_policy, session.actor, bool(say_who_watches))
    return RedirectResponse("/admin/supervision?done=changed", 303)
