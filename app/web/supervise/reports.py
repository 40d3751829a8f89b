"""Reports on how work was shared out: fairness, contacts in the wrong queue, announced waits."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from app.pages import N_
from app.queries.announcements import Announcement, accuracy, announcements
from app.queries.fairness import LEAST, fairness
from app.queries.wrong_queue import wrong_queue
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.late_route import LateRoute, lay
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.charts import chart, series
from app.web.supervise.effort import router as effort
from app.web.supervise.page import page
from app.web.supervise.scope import Asked, Scope, Wanted, common, scope_of
from channels import registry
from routing.intervals import Span
from routing.metrics import FAIR_MULTIPLE

router = APIRouter(prefix="/history", route_class=LateRoute)
lay(router, effort)


@router.get("/fairness")
async def fairness_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """Waits by priority and by language. Chats unless somebody chooses another channel: a letter
    waits by other measures."""
    scope, wanted = await _scope(runtime, who, wanted, live=True)
    return page(
        runtime,
        session,
        "supervise/fairness.html",
        **common(scope, wanted, "fairness", "/supervise/history/fairness"),
        found=await runtime.db.query(fairness, scope.period.span, scope.filters),
        multiple=FAIR_MULTIPLE,
        least=LEAST,
    )


@router.get("/wrong-queue")
async def wrong_queue_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """Which contacts had to be moved by hand, and which rule had sent them."""
    scope, wanted = await _scope(runtime, who, wanted)
    return page(
        runtime,
        session,
        "supervise/wrong_queue.html",
        **common(scope, wanted, "wrong_queue", "/supervise/history/wrong-queue"),
        found=await runtime.db.query(wrong_queue, who, scope.period.span, scope.filters),
        names={queue.id: queue.name for queue in scope.queues},
    )


@router.get("/announcements")
async def announcements_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """What customers were told of their wait, beside how long it was."""
    scope, wanted = await _scope(runtime, who, wanted)
    told = await runtime.db.query(announcements, scope.period.span, scope.filters)
    parts = [
        (queue, accuracy([one for one in told if one.queue_id == queue.id]))
        for queue in scope.queues
    ]

    def say(text: str) -> str:
        return runtime.pages.translate(who.locale, text)

    bars = _bars(told, scope.period.bins)
    return page(
        runtime,
        session,
        "supervise/announcements.html",
        **common(scope, wanted, "announcements", "/supervise/history/announcements"),
        all=accuracy(list(told)),
        by_queue=[(queue, part) for queue, part in parts if part.count],
        chart=chart(
            scope.period.bins,
            "count",
            [
                series(say(N_("As told")), bars["kept"], "bar", "--chart-1"),
                series(say(N_("Sooner")), bars["sooner"], "bar", "--chart-3"),
                series(say(N_("Later")), bars["later"], "bar", "--chart-2", hatched=True),
            ],
            scope.period.zone_name,
        ),
    )


async def _scope(
    runtime: Runtime, who: Actor, wanted: Asked, *, live: bool = False
) -> tuple[Scope, Asked]:
    """These reports need some time to tell anything: four weeks unless somebody chooses."""
    if "length" in wanted.usual:
        wanted = replace(wanted, length="month")
    if live and not wanted.channel:
        channel = next((one.name for one in registry.all_channels() if one.live), "")
        wanted = replace(wanted, channel=channel, usual=(*wanted.usual, "channel"))
    return await scope_of(runtime, who, wanted), wanted


def _bars(told: Sequence[Announcement], bins: Sequence[Span]) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {name: [] for name in ("kept", "sooner", "later")}
    for began, ended in bins:
        part = accuracy([one for one in told if began <= one.at < ended])
        for name, values in found.items():
            values.append(getattr(part, name))
    return found
