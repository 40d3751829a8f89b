"""The wallboard on the wall: `/tv/{token}` for whoever has the address, `/supervise?tv=1` for who
is signed in. Read only; the page asks every two seconds and says when it is not answered."""

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app import clock
from app.actions.screen import SEEN_MS, screen_seen
from app.db import NotFound
from app.queries.screens import Screen, find_screen
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.request import Run
from app.web.supervise.screen_page import draw_screen

router = APIRouter(prefix="/tv", include_in_schema=False, route_class=LateRoute)


@router.get("/{token}")
async def screen_page(runtime: Run, token: str) -> HTMLResponse:
    """The whole screen."""
    screen = await _screen(runtime, token)
    return await draw_screen(
        runtime, screen.brands, screen.locale, screen.time_zone, f"/tv/{token}/board"
    )


@router.get("/{token}/board")
async def screen_board(runtime: Run, token: str) -> HTMLResponse:
    """The numbers as they are now."""
    screen = await _screen(runtime, token)
    if screen.seen_at is None or clock.now() - screen.seen_at > SEEN_MS:
        await runtime.db.write(screen_seen, screen.id)
    return await draw_screen(runtime, screen.brands, screen.locale, screen.time_zone)


async def _screen(runtime: Runtime, token: str) -> Screen:
    found = await runtime.db.query(find_screen, token[:200])
    if found is None:
        raise NotFound
    return found
