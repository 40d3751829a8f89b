"""What help has cost customers: by queue and by brand, on a page and as a file."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from app import clock
from app.queries.effort_report import EffortReport, effort_report
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page
from app.web.supervise.scope import Asked, Scope, Wanted, common, scope_of
from app.web.supervise.spreadsheet import csv_response

router = APIRouter(route_class=LateRoute)
HEADER = (
    "by", "name", "contacts", "repeats", "transfers", "switches", "waited_s", "minutes_per_contact",
)  # fmt: skip


@router.get("/effort")
async def effort_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """The contacts that began in the chosen time."""
    scope, found = await _read(runtime, who, wanted)
    return page(
        runtime,
        session,
        "supervise/effort.html",
        **common(scope, wanted, "effort", "/supervise/history/effort"),
        found=found,
    )


@router.get("/effort.csv")
async def effort_file(runtime: Run, who: Supervisor, wanted: Wanted) -> Response:
    """The same as a file, a line for each queue and brand."""
    _, found = await _read(runtime, who, wanted)
    return csv_response("effort", HEADER, _rows(found))


async def _read(runtime: Runtime, who: Actor, wanted: Asked) -> tuple[Scope, EffortReport]:
    scope = await scope_of(runtime, who, wanted)
    found = await runtime.db.query(
        effort_report, who, scope.period.span, scope.filters, clock.now()
    )
    return scope, found


def _rows(found: EffortReport) -> Iterator[tuple[object, ...]]:
    for by, lines in (("queue", found.queues), ("brand", found.brands)):
        for line in lines:
            s = line.sums
            score = "" if s.score is None else round(s.score, 2)
            yield (
                by, line.name, s.contacts, s.repeats, s.transfers, s.switches, s.waited_ms // 1000,
                score,
            )  # fmt: skip
