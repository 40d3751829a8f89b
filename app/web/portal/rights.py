"""What is kept of a customer, who looked at it, and taking all of it along."""

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.portal_rights import note_own_export
from app.queries.portal_self import Look, kept_for, looks_at
from app.web.late_route import LateRoute
from app.web.person_zip import person_archive
from app.web.portal.door import Acting, Visit, Visiting, draw
from app.web.request import Run

router = APIRouter(prefix="/{slug}", route_class=LateRoute)


@router.get("/privacy")
async def privacy(runtime: Run, visit: Visiting) -> Response:
    """Who looked, for how long things are kept, and the ways to export and erase."""
    looks, kept = await runtime.db.query(_read, visit)
    return draw(runtime, visit, "privacy.html", section="privacy", looks=looks, kept=kept)


@router.post("/export")
async def export(runtime: Run, visit: Acting) -> Response:
    """Everything that this brand keeps of them, at once."""
    await runtime.limits.take_key("portal_export", str(visit.who.customer_id))
    await runtime.db.write(note_own_export, visit.who)
    return await person_archive(runtime, visit.who.customer_id, visit.brand.id)


def _read(conn: Connection, visit: Visit) -> tuple[list[Look], dict[str, int]]:
    return looks_at(conn, visit.who, visit.brand), kept_for(conn, visit.brand.id)
