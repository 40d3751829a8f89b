"""The supervisor's screens: the wallboard, stepping in, and what was and could be."""

from fastapi import APIRouter

from app.web.late_route import LateRoute, lay
from app.web.supervise import (
    alerts,
    board,
    history,
    history_files,
    promises,
    reports,
    screens,
    step_in,
    watch,
    what_if,
)
from app.web.supervise.board import register_fragments

__all__ = ["register_fragments", "router"]

router = APIRouter(prefix="/supervise", include_in_schema=False, route_class=LateRoute)
# The board's own address is the prefix itself, which a router without a path cannot include.
router.add_api_route("", board.wallboard_page, methods=["GET"])
for _pages in (
    board, step_in, watch, alerts, screens, history, history_files, promises, reports, what_if,
):  # fmt: skip
    lay(router, _pages.router)
