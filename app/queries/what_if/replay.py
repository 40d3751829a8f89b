"""Answers a replay: the day as it was and as it would have been, and whether the log of routing
gives its own decisions again."""

from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict
from time import perf_counter
from typing import Any

from sqlalchemy import Connection, select

from app.models.agent import agent_queues
from app.models.organisation import queues
from app.queries.arrivals import Brands, of_brands
from app.queries.what_if.changes import adjustments
from app.queries.what_if.questions import ReplayQuestion
from app.queries.what_if.recorded import Recorded, check_log, recorded_day
from app.queries.what_if.refusal import CannotAnswer
from app.queries.what_if.wall_clock import day_span
from routing.adjustments import Adjustment
from routing.day import Day
from routing.figures import Figures, Quarter, Result, Summary
from routing.replay import replay
from routing.summary import summarise

MOST_CONTACTS = 50_000
CHECKED, PLAYED = 0.2, 0.6  # how far it is after the log's check and after the day as it was


def load(
    conn: Connection, question: ReplayQuestion, brands: Brands, now: int
) -> Callable[[Callable[[float], None]], dict[str, Any]]:
    """Read the day and its log; then check the log and play the day twice."""
    span = day_span(question.day, question.zone)
    if span.start >= now:
        raise CannotAnswer("day_to_come")
    recorded = recorded_day(conn, span.start, min(span.end, now), brands, MOST_CONTACTS)
    shown = None if brands is None else _shown(conn, brands)

    def compute(progress: Callable[[float], None]) -> dict[str, Any]:
        return answer(recorded, question, shown, progress)

    return compute


def answer(
    recorded: Recorded,
    question: ReplayQuestion,
    shown: tuple[Collection[int], Collection[int]] | None,
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Both days' figures, of the queues and agents `shown` only (None: of all).

    Raises CannotAnswer where a change cannot be meant on that day.
    """
    day = recorded.day
    began = perf_counter()
    checked = check_log(recorded.log, lambda share: progress(CHECKED * share))
    changes = _known(day, adjustments(day, question))
    before = replay(day, progress=_part(progress, CHECKED, PLAYED))
    after = before
    if changes:
        after = replay(day, adjustments=changes, progress=_part(progress, PLAYED, 1.0))
    return {
        "check": None if checked is None else asdict(checked),
        "recorded": recorded.figures,
        "contacts": len(before.outcomes),
        "before": _plain(before, shown),
        "after": _plain(after, shown),
        "took_ms": round((perf_counter() - began) * 1000),
    }


def _shown(conn: Connection, brands: Brands) -> tuple[Collection[int], Collection[int]]:
    """The queues of these brands, and who is seated in them."""
    mine = set(conn.execute(select(queues.c.id).where(of_brands(brands))).scalars())
    seat = agent_queues.c
    return mine, set(conn.execute(select(seat.agent_id).where(seat.queue_id.in_(mine))).scalars())


def _known(day: Day, changes: list[Adjustment]) -> list[Adjustment]:
    """The changes, once it is certain that each names what was there that day."""
    there = {row.queue.id for row in day.queues}
    if any(getattr(change, "queue", None) not in (None, *there) for change in changes):
        raise CannotAnswer("queue_not_there")
    people = {worker.agent.id for worker in day.agents}
    named = {agent for change in changes for agent in getattr(change, "agents", None) or ()}
    if not named <= people:
        raise CannotAnswer("agent_not_there")
    return changes


def _part(progress: Callable[[float], None], begins: float, ends: float) -> Callable[[float], None]:
    """Progress of one part as progress of the whole."""
    return lambda share: progress(begins + (ends - begins) * share)


def _plain(result: Result, shown: tuple[Collection[int], Collection[int]] | None) -> dict[str, Any]:
    """The figures as the table keeps them."""
    summary = result.summary
    if shown is not None:
        summary = _narrowed(result, *shown)
    return {
        "total": asdict(summary.total),
        "queues": _figures(summary.by_queue.items()),
        "channels": _figures(summary.by_channel.items()),
        "tiers": _figures(summary.by_priority.items()),
        "occupancy": summary.occupancy,
        "fairness": summary.fairness,
        "decisions": len(result.decisions),
        "quarters": {
            "all" if queue is None else str(queue): [_row(each) for each in series]
            for queue, series in summary.quarters.items()
        },
    }


def _narrowed(result: Result, queue_ids: Collection[int], agent_ids: Collection[int]) -> Summary:
    return summarise(
        [outcome for outcome in result.outcomes if outcome.queue in queue_ids],
        [day for id, day in result.summary.agents.items() if id in agent_ids],
        (),
    )


def _figures(parts: Iterable[tuple[object, Figures]]) -> dict[str, Any]:
    return {str(part): asdict(figures) for part, figures in parts}


def _row(quarter: Quarter) -> dict[str, Any]:
    figures = quarter.figures
    return {
        "at": quarter.starts_at,
        "offered": figures.offered,
        "level": figures.service_level,
        "asa_ms": figures.asa_ms,
        "p95_ms": figures.wait_p95_ms,
        "abandoned": figures.abandoned,
        "occupancy": quarter.occupancy,
    }
