"""Reports over the API: the figures of the history pages, for whoever may see those."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from app import clock
from app.db import Invalid, NotFound
from app.queries.deflection import Line, Sums, deflection
from app.queries.history import (
    Filters,
    agent_table,
    history_agents,
    history_queues,
    queue_table,
)
from app.queries.promise_report import promise_report
from app.security.permissions import Actor
from app.web.api.access import IdempotentRoute, SupervisorCaller
from app.web.api.shapes.follow_ups import PromiseReportShape
from app.web.api.shapes.report import (
    AgentReportShape,
    DeflectionReportShape,
    QueueReportShape,
)
from app.web.api.values import Id, Moment, Word
from app.web.request import Run
from app.web.supervise.period import zone_of
from routing.intervals import QUARTER_MS, Span, quarter_of
from routing.periods import Step, steps

router = APIRouter(route_class=IdempotentRoute, prefix="/reports", tags=["reports"])
MOST_STEPS = 3_000  # of one answer: a month of quarters, eight years of days
DAY_MS = 96 * QUARTER_MS
STEP_MS: Mapping[Step, int] = {
    "quarter": QUARTER_MS, "hour": 4 * QUARTER_MS, "day": DAY_MS, "week": 7 * DAY_MS,
}  # fmt: skip

From = Annotated[Moment, Query(alias="from", description="ms; down to a quarter of an hour")]
To = Annotated[Moment, Query(alias="to", description="ms, not included")]
How = Annotated[
    Literal["quarter", "hour", "day", "week", "all"],
    Query(alias="step", description="how fine; all: one row"),
]
Zone = Annotated[Word, Query(description="an IANA name: whose days and weeks; yours without it")]


@router.get("/queues", response_model=list[QueueReportShape])
async def report_queues(
    runtime: Run,
    caller: SupervisorCaller,
    began: From,
    ended: To,
    step: How = "day",
    time_zone: Zone = "",
    queue_id: Id | None = None,
    channel: Word = "",
    priority: Word = "",
    language: Word = "",
    brand_id: Id | None = None,
) -> Any:
    """The figures of queues; a queue has no row where nothing happened. With a brand those of its
    own queues, without the ones that serve every brand (supervisors)."""
    bins = _bins(began, ended, step, time_zone or caller.time_zone)
    _check_brand(caller, brand_id)
    known = [queue.id for queue in await runtime.db.query(history_queues, caller, brand_id)]
    ids = tuple(one for one in known if queue_id in (None, one))
    filters = Filters(ids, channel, priority, language)
    table = await runtime.db.query(queue_table, bins, filters)
    figures = ("service_level", "asa_ms", "aht_ms", "abandonment")
    return _rows("queue_id", table, bins, figures)


@router.get("/agents", response_model=list[AgentReportShape])
async def report_agents(
    runtime: Run,
    caller: SupervisorCaller,
    began: From,
    ended: To,
    step: How = "day",
    time_zone: Zone = "",
    agent_id: Id | None = None,
) -> Any:
    """The figures of agents; an agent has no row while not signed in (supervisors)."""
    bins = _bins(began, ended, step, time_zone or caller.time_zone)
    known = [agent.id for agent in await runtime.db.query(history_agents, caller)]
    ids = [one for one in known if agent_id in (None, one)]
    table = await runtime.db.query(agent_table, bins, ids)
    return _rows("agent_id", table, bins, ("occupancy", "aht_ms"))


@router.get("/deflection", response_model=DeflectionReportShape)
async def report_deflection(
    runtime: Run,
    caller: SupervisorCaller,
    began: From,
    ended: To,
    brand_id: Id | None = None,
) -> Any:
    """What suggestions and automatic answers avoided: confirmed, assumed and taken back apart, and
    the true effect against visitors who were held out (supervisors)."""
    if ended <= began:
        raise Invalid(to="not_after_from")
    _check_brand(caller, brand_id)
    brands = caller.brands if brand_id is None else frozenset({brand_id})
    now = clock.now()
    found = await runtime.db.query(deflection, brands, began, ended, now, caller.locale)
    return {
        "shown": _sums(found.shown),
        "held": _sums(found.held),
        "effect": None if found.effect is None else asdict(found.effect),
        "articles": [_line(line) for line in found.articles],
        "questions": [_line(line) for line in found.queries],
    }


@router.get("/promises", response_model=PromiseReportShape)
async def report_promises(
    runtime: Run,
    caller: SupervisorCaller,
    began: Annotated[Moment, Query(alias="from", description="ms")],
    ended: Annotated[Moment, Query(alias="to", description="ms, not included")],
    queue_id: Id | None = None,
    brand_id: Id | None = None,
) -> Any:
    """How well the promises were kept that were due in this time (supervisors)."""
    if ended <= began:
        raise Invalid(to="not_after_from")
    _check_brand(caller, brand_id)
    span = (began, ended)
    return await runtime.db.query(promise_report, caller, span, clock.now(), queue_id, brand_id)


def _check_brand(caller: Actor, brand_id: int | None) -> None:
    if brand_id is not None and not caller.sees_brand(brand_id):
        raise NotFound


def _sums(sums: Sums) -> dict[str, Any]:
    return asdict(sums) | {"contact_rate": sums.contact_rate}


def _line(line: Line) -> dict[str, Any]:
    named = {"article_id": line.article_id, "label": line.label, "uses": line.uses}
    return _sums(line.sums) | named


def _bins(began: int, ended: int, step: str, time_zone: str) -> list[Span]:
    if ended <= began:
        raise Invalid(to="not_after_from")
    name, zone = zone_of(time_zone)
    if name != time_zone:
        raise Invalid(time_zone="unknown")
    span = quarter_of(began), quarter_of(ended + QUARTER_MS - 1)
    if step == "all":
        return [span]
    fine: Step = step  # type: ignore[assignment]
    if (span[1] - span[0]) // STEP_MS[fine] > MOST_STEPS:
        raise Invalid(step="too_fine")
    return steps(span, fine, zone)


def _rows(
    name: str,
    table: Mapping[tuple[int, int], Any],
    bins: Sequence[Span],
    figures: Sequence[str],
) -> list[dict[str, Any]]:
    return [
        {
            name: subject,
            "starts_at": bins[number][0],
            "ends_at": bins[number][1],
            **asdict(sums),
            **{figure: getattr(sums, figure) for figure in figures},
        }
        for (subject, number), sums in sorted(
            table.items(), key=lambda item: (item[0][1], item[0][0])
        )
    ]
