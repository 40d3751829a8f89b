"""How well promises are kept: by agent, team and queue, on a page and as a file."""

from collections.abc import Iterator

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response

from app import clock
from app.queries.promise_report import PromiseReport, promise_report
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page
from app.web.supervise.scope import Asked, Scope, Wanted, common, scope_of
from app.web.supervise.spreadsheet import csv_response, share

router = APIRouter(prefix="/history", route_class=LateRoute)
HEADER = (
    "by", "name", "kept_in_time", "kept_late", "broken", "open_late", "running", "withdrawn",
    "kept_rate", "put_off",
)  # fmt: skip


@router.get("/promises")
async def promises_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """The promises that were due in the chosen time."""
    scope, found = await _read(runtime, who, wanted)
    return page(
        runtime,
        session,
        "supervise/promises.html",
        **common(scope, wanted, "promises", "/supervise/history/promises"),
        found=found,
    )


@router.get("/promises.csv")
async def promises_file(runtime: Run, who: Supervisor, wanted: Wanted) -> Response:
    """The same as a file, a line for each agent, team and queue."""
    _, found = await _read(runtime, who, wanted)
    return csv_response("promises", HEADER, _rows(found))


async def _read(runtime: Runtime, who: Actor, wanted: Asked) -> tuple[Scope, PromiseReport]:
    scope = await scope_of(runtime, who, wanted)
    queue_id = scope.queue.id if scope.queue else None
    found = await runtime.db.query(
        promise_report,
        who,
        scope.period.span,
        clock.now(),
        queue_id=queue_id,
        brand_id=wanted.brand_id,
    )
    return scope, found


def _rows(found: PromiseReport) -> Iterator[tuple[object, ...]]:
    for by, lines in (("agent", found.agents), ("team", found.teams), ("queue", found.queues)):
        for line in lines:
            s = line.sums
            yield (
                by, line.name, s.kept, s.kept_late, s.broken, s.late, s.running, s.withdrawn,
                share(s.rate), s.moved,
            )  # fmt: skip
