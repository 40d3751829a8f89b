"""The figures of queues and agents as files, with the same rights and filters as their pages."""

from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response

from app.queries.history import (
    AgentSums,
    AgentTable,
    QueueSums,
    QueueTable,
    agent_table,
    history_agents,
    queue_table,
)
from app.web.late_route import LateRoute
from app.web.request import Run, Supervisor
from app.web.supervise.period import Period, zone_of
from app.web.supervise.scope import Wanted, scope_of
from app.web.supervise.spreadsheet import csv_response, local_time, seconds, share

router = APIRouter(prefix="/history", route_class=LateRoute)

QUEUE_HEADER = (
    "queue", "from", "to", "offered", "answered", "answered_in_target", "abandoned",
    "short_abandoned", "service_level", "speed_of_answer_s", "longest_wait_s", "handled",
    "handling_time_s", "transferred", "overflowed",
)  # fmt: skip
AGENT_HEADER = (
    "agent", "from", "to", "available_s", "away_s", "not_ready_s", "busy_s", "occupancy", "offered",
    "accepted", "declined", "not_answered", "handled", "handling_time_s",
)  # fmt: skip


@router.get("/queues.csv")
async def queues_file(runtime: Run, who: Supervisor, wanted: Wanted) -> Response:
    """The figures of queues as a file, a line for each queue and step."""
    scope = await scope_of(runtime, who, wanted)
    table = await runtime.db.query(queue_table, scope.period.bins, scope.filters)
    names = {queue.id: queue.name for queue in scope.queues}
    return _file("queues", QUEUE_HEADER, table, names, scope.period, _queue_cells)


@router.get("/agents.csv")
async def agents_file(runtime: Run, who: Supervisor, wanted: Wanted) -> Response:
    """The figures of agents as a file, a line for each agent and step."""
    scope = await scope_of(runtime, who, wanted)
    people = await runtime.db.query(history_agents, who)
    names = {one.id: one.name for one in people if wanted.agent in (None, one.id)}
    table = await runtime.db.query(agent_table, scope.period.bins, list(names))
    return _file("agents", AGENT_HEADER, table, names, scope.period, _agent_cells)


def _file(
    kind: str,
    header: Sequence[str],
    table: QueueTable | AgentTable,
    names: dict[int, str],
    period: Period,
    cells: Callable[[Any], tuple[object, ...]],
) -> Response:
    _, zone = zone_of(period.zone_name)
    rows = (
        (
            names[subject],
            local_time(period.bins[number][0], zone),
            local_time(period.bins[number][1], zone),
            *cells(sums),
        )
        for (subject, number), sums in sorted(
            table.items(), key=lambda item: (item[0][1], names[item[0][0]], item[0][0])
        )
    )
    return csv_response(f"{kind}-{period.first}-{period.last}", header, rows)


def _queue_cells(s: QueueSums) -> tuple[object, ...]:
    return (
        s.offered, s.answered, s.in_target, s.abandoned, s.short_abandoned, share(s.service_level),
        seconds(s.asa_ms), seconds(s.longest_ms), s.handled, seconds(s.aht_ms), s.transferred,
        s.overflowed,
    )  # fmt: skip


def _agent_cells(s: AgentSums) -> tuple[object, ...]:
    return (
        seconds(s.available_ms), seconds(s.away_ms), seconds(s.not_ready_ms), seconds(s.busy_ms),
        share(s.occupancy), s.offered, s.accepted, s.declined, s.timed_out, s.handled,
        seconds(s.aht_ms),
    )  # fmt: skip
