"""One's own day: figures and states since midnight, beside the days before."""

from fastapi import APIRouter
from fastapi.responses import Response

from app import clock
from app.queries.agent_day import agent_day
from app.queries.offers import standings
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(route_class=LateRoute)


@router.get("/day")
async def own_day(runtime: Run, session: SignedIn) -> Response:
    """The day of whoever asks; nobody else's."""
    day = await runtime.db.query(agent_day, session.actor, clock.now())
    own = session.actor.agent_id
    standing = (await runtime.db.query(standings, [own]))[own]
    page = runtime.pages.render(
        "console/day.html",
        session.actor.locale,
        **frame(session),
        section="day",
        day=day,
        standing=standing,
        presence=standing.state,
    )
    return html(page)
