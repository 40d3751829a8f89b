"""What stands above the content of every page: asked for after each connection and each hint."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from app.actions.step_in import dismiss_broadcast
from app.queries.notices import notices
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Who, frame, html

router = APIRouter(include_in_schema=False, route_class=LateRoute)


@router.get("/notices")
async def notices_part(runtime: Run, session: SignedIn) -> HTMLResponse:
    """The banners of whoever asks."""
    found = await runtime.db.query(notices, session.actor)
    context = {**frame(session), "notices": found}
    return html(runtime.pages.render("supervise/_notices.html", session.actor.locale, **context))


@router.post("/notices/broadcasts/{broadcast_id}/dismiss")
async def dismiss(runtime: Run, who: Who, broadcast_id: int) -> Response:
    """Read, thank you."""
    await runtime.db.write(dismiss_broadcast, who, broadcast_id)
    return Response(status_code=204)
