"""The first page of the set-up: what is still to do, and where everything is."""

from fastapi.responses import Response

from app.queries.setup import steps
from app.web.admin.frame import AdminSession, page
from app.web.request import Run


async def overview_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Steps of a new installation, then every part of the set-up."""
    found = await runtime.db.query(steps)
    return page(runtime, session, "admin/overview.html", "", steps=found, done=done)
