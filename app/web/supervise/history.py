"""What was: the figures of queues and agents by day, week and four weeks, and their contacts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from app import clock
from app.db import NotFound
from app.pages import N_
from app.queries.history import (
    AgentSums,
    ChannelTable,
    Filters,
    QueueName,
    QueueSums,
    QueueTable,
    agent_table,
    by_bin,
    by_subject,
    channel_table,
    history_agents,
    languages,
    queue_table,
)
from app.queries.past_contacts import WHATS, past_contacts
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.charts import AgentCharts, Chart, QueueCharts, chart
from app.web.supervise.page import page
from app.web.supervise.period import Period
from app.web.supervise.scope import Wanted, common, scope_of
from channels import registry
from routing.intervals import Span

router = APIRouter(prefix="/history", route_class=LateRoute)


def passed(sums: Sequence[Any], bins: Sequence[Span]) -> list[Any]:
    """None for the steps that have not begun."""
    now = clock.now()
    return [part if bin_[0] <= now else None for part, bin_ in zip(sums, bins, strict=True)]


@router.get("")
async def queues_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """The figures of queues."""
    scope = await scope_of(runtime, who, wanted)
    period, in_time = scope.period, len(scope.period.matching(clock.now()))
    found = await runtime.db.query(_read, period, scope.filters)
    rows = by_bin(found.queues, len(period.bins), QueueSums)
    before = by_bin(found.queues_before, len(period.before_bins), QueueSums)
    shown = wanted.channel or _main_channel(found.channels)
    main, main_before = found.waits(shown, period)
    goal = _goal(scope.queues, by_subject(found.queues, QueueSums))

    def say(text: str) -> str:
        return runtime.pages.translate(who.locale, text)

    return page(
        runtime,
        session,
        "supervise/history.html",
        **common(scope, wanted, "queues", "/supervise/history"),
        languages=found.languages,
        goal=goal,
        total=QueueSums.of(rows),
        before=QueueSums.of(before[:in_time]),
        main=QueueSums.of(main),
        main_before=QueueSums.of(main_before[:in_time]),
        rows=list(zip(period.bins, rows, [*before, *[QueueSums()] * len(rows)], strict=False)),
        by_queue=_by_queue(scope.queues, found.queues, found.queues_before, in_time),
        by_channel=sorted(by_subject(found.channels, QueueSums).items()),
        shown_channel=shown,
        charts=_queue_charts(
            period,
            QueueCharts(passed(rows, period.bins), before, say),
            QueueCharts(passed(main, period.bins), main_before, say),
            goal,
        ),
    )


@dataclass(frozen=True, slots=True)
class _Tables:
    """What the page of queues is made of, each for the period and the time before."""

    queues: QueueTable
    queues_before: QueueTable
    channels: ChannelTable
    channels_before: ChannelTable
    languages: tuple[str, ...]

    def waits(self, channel: str, period: Period) -> tuple[list[QueueSums], list[QueueSums]]:
        """One channel's sums by step, and those before."""
        now = {key: sums for key, sums in self.channels.items() if key[0] == channel}
        before = {key: sums for key, sums in self.channels_before.items() if key[0] == channel}
        return by_bin(now, len(period.bins), QueueSums), by_bin(
            before, len(period.before_bins), QueueSums
        )


def _read(conn: Connection, period: Period, filters: Filters) -> _Tables:
    """Five statements, however many queues and steps there are."""
    return _Tables(
        queue_table(conn, period.bins, filters),
        queue_table(conn, period.before_bins, filters),
        channel_table(conn, period.bins, filters),
        channel_table(conn, period.before_bins, filters),
        languages(conn, period.span),
    )


def _queue_charts(
    period: Period, all_charts: QueueCharts, waits: QueueCharts, goal: float
) -> dict[str, Chart]:
    parts = {
        "contacts": ("count", all_charts.contacts()),
        "level": ("share", all_charts.service_level(goal)),
        "asa": ("ms", waits.time(N_("Speed of answer"), lambda s: s.asa_ms)),
        "aht": ("ms", waits.time(N_("Handling time"), lambda s: s.aht_ms)),
    }
    return {
        name: chart(period.bins, unit, drawn, period.zone_name)
        for name, (unit, drawn) in parts.items()
    }


@router.get("/agents")
async def agents_page(
    runtime: Run, session: SignedIn, who: Supervisor, wanted: Wanted
) -> HTMLResponse:
    """The figures of agents."""
    scope = await scope_of(runtime, who, wanted)
    period = scope.period
    people = await runtime.db.query(history_agents, who)
    agent = next((one for one in people if one.id == wanted.agent), None)
    if wanted.agent is not None and agent is None:
        raise NotFound
    ids = [agent.id] if agent else [one.id for one in people]
    now = await runtime.db.query(agent_table, period.bins, ids)
    before = await runtime.db.query(agent_table, period.before_bins, ids)
    rows = by_bin(now, len(period.bins), AgentSums)
    rows_before = by_bin(before, len(period.before_bins), AgentSums)
    in_time = len(period.matching(clock.now()))
    charts = AgentCharts(
        passed(rows, period.bins),
        rows_before,
        lambda text: runtime.pages.translate(who.locale, text),
    )
    sums = by_subject(now, AgentSums)
    return page(
        runtime,
        session,
        "supervise/history_agents.html",
        **common(scope, wanted, "agents", "/supervise/history/agents"),
        agents=people,
        agent=agent,
        total=AgentSums.of(rows),
        before=AgentSums.of(rows_before[:in_time]),
        rows=list(zip(period.bins, rows, strict=True)),
        by_agent=[(one, sums[one.id]) for one in people if one.id in sums],
        charts={
            "time": chart(period.bins, "ms", charts.time(), period.zone_name),
            "handled": chart(period.bins, "count", charts.handled(), period.zone_name),
            "occupancy": chart(period.bins, "share", charts.occupancy(), period.zone_name),
        },
    )


@router.get("/contacts")
async def contacts_page(
    runtime: Run,
    session: SignedIn,
    who: Supervisor,
    wanted: Wanted,
    what: str = "offered",
    began: int | None = Query(None, alias="from", ge=0),
    ended: int | None = Query(None, alias="to", ge=0),
) -> HTMLResponse:
    """The contacts behind a number."""
    if what not in WHATS:
        raise NotFound
    scope = await scope_of(runtime, who, wanted)
    span = (
        scope.period.span[0] if began is None else began,
        scope.period.span[1] if ended is None else ended,
    )
    rows = await runtime.db.query(past_contacts, who, span, scope.filters, what, wanted.agent)
    people = await runtime.db.query(history_agents, who) if wanted.agent else ()
    return page(
        runtime,
        session,
        "supervise/history_contacts.html",
        **common(scope, wanted, "contacts", "/supervise/history/contacts"),
        rows=rows,
        what=what,
        span=span,
        agent=next((one for one in people if one.id == wanted.agent), None),
    )


def _main_channel(table: Mapping[tuple[str, int], QueueSums]) -> str:
    """The channel whose waits are shown unless somebody chooses: a live one, if there is any."""
    names = {name for name, _ in table}
    live = [channel.name for channel in registry.all_channels() if channel.live]
    return next((name for name in (*live, *sorted(names)) if name in names), "")


def _goal(known: Sequence[QueueName], sums: dict[int, QueueSums]) -> float:
    """The goals of the queues, weighted by what came in."""
    weights = [(sums[queue.id].offered, queue.goal_pct) for queue in known if queue.id in sums]
    total = sum(weight for weight, _ in weights)
    return sum(weight * goal for weight, goal in weights) / total / 100 if total else 0.8


def _by_queue(
    known: Sequence[QueueName], now: QueueTable, before: QueueTable, in_time: int
) -> list[tuple[QueueName, QueueSums, QueueSums]]:
    sums = by_subject(now, QueueSums)
    earlier = by_subject({key: s for key, s in before.items() if key[1] < in_time}, QueueSums)
    return [
        (queue, sums.get(queue.id, QueueSums()), earlier.get(queue.id, QueueSums()))
        for queue in known
        if queue.id in sums or queue.id in earlier
    ]
