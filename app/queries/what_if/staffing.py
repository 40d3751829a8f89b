"""Answers a staffing question: who is needed in each quarter of an hour, beside who is usually
there."""

from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from math import isfinite
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.queries.arrivals import Brands, Measured, history_of, measured, present_by_weekday
from app.queries.opening_hours import open_at, opening_hours
from app.queries.what_if.forecast import expect, lacking
from app.queries.what_if.questions import StaffingQuestion
from routing.forecast import Expected
from routing.staffing import Goal, Interval, Need, Work, day, need

INTERVAL_S = 900.0
UNMEASURED_HANDLING_S = 300


def load(
    conn: Connection, question: StaffingQuestion, brands: Brands, now: int
) -> Callable[[Callable[[float], None]], dict[str, Any]]:
    """Read history, what is measured and who was there; then plan."""
    zone = ZoneInfo(question.zone)
    history = history_of(conn, question.queue, question.channel, brands, now)
    known = measured(conn, question.queue, question.channel, brands, now)
    present = present_by_weekday(conn, question.queue, brands, zone, now)
    hours = opening_hours(conn, question.queue, question.channel, brands)

    def compute(progress: Callable[[float], None]) -> dict[str, Any]:
        expected = expect(history, question)
        if expected is None:
            return {"lacking": asdict(lacking(history, zone)), "measured": asdict(known)}
        progress(0.1)
        open_now = [open_at(hours, quarter.starts_at) for quarter in expected]
        return _plan(question, expected, known, present, open_now, progress)

    return compute


def _plan(
    question: StaffingQuestion,
    expected: list[Expected],
    known: Measured,
    present: dict[tuple[int, int], float],
    open_now: list[bool],
    progress: Callable[[float], None],
) -> dict[str, Any]:
    """Who comes while it is closed, or when hardly anybody comes, needs nobody then."""
    used = _used(question, known)
    goal = Goal(
        share=question.goal_pct / 100,
        target_s=question.target_s,
        most_occupied=question.most_occupied_pct / 100,
        shrinkage=question.shrinkage_pct / 100,
        at_once=used["at_once"],
    )
    planned = [
        is_open and 4 * quarter.mean >= question.least_per_hour
        for quarter, is_open in zip(expected, open_now, strict=True)
    ]
    works = _works(question, expected, planned, used)
    needs = []
    for number, work in enumerate(works):
        needs.append(need(work, goal))
        progress(0.1 + 0.8 * number / len(works))
    zone = ZoneInfo(question.zone)
    there = [_usually_there(present, quarter.starts_at, zone) for quarter in expected]
    reached = day(works, there, goal)
    before = [0.0, *(interval.carried_over for interval in reached)]
    columns = zip(expected, open_now, planned, needs, reached, before, strict=False)
    return {
        "rows": [_row(*column) for column in columns],
        "measured": asdict(known),
        "used": used,
        "known_present": bool(present),
    }


def _works(
    question: StaffingQuestion, expected: list[Expected], planned: list[bool], used: dict[str, Any]
) -> list[Work]:
    return [
        Work(
            (quarter.high if question.plan_for == "high" else quarter.mean) * is_planned,
            INTERVAL_S,
            used["handling_s"],
            used["patience_s"],
        )
        for quarter, is_planned in zip(expected, planned, strict=True)
    ]


def _used(question: StaffingQuestion, known: Measured) -> dict[str, Any]:
    """What the question gives, else what was measured. Erlang A needs somebody's patience."""
    patience = question.patience_s or known.patience_s
    return {
        "handling_s": question.handling_s or known.handling_s or UNMEASURED_HANDLING_S,
        "patience_s": patience if question.model == "erlang_a" else None,
        "at_once": question.at_once or known.at_once,
        "assumed_handling": not (question.handling_s or known.handling_s),
    }


def _usually_there(present: dict[tuple[int, int], float], at: int, zone: ZoneInfo) -> int:
    local = datetime.fromtimestamp(at / 1000, zone)
    return round(present.get((local.weekday(), local.hour * 4 + local.minute // 15), 0.0))


def _row(
    quarter: Expected,
    is_open: bool,
    is_planned: bool,
    needed: Need,
    there: Interval,
    left: float,
) -> dict[str, Any]:
    asa = there.achieved.asa_s
    return {
        "at": quarter.starts_at,
        "mean": round(quarter.mean, 1),
        "low": quarter.low,
        "high": quarter.high,
        "open": is_open,
        "planned": is_planned,
        "needed": needed.agents,
        "positions": needed.positions,
        "level": round(needed.achieved.service_level, 4),
        "occupancy": round(needed.achieved.occupancy, 4),
        "present": there.present,
        "present_level": round(there.achieved.service_level, 4),
        "present_asa_s": round(asa, 1) if isfinite(asa) else None,
        "carried": round(there.carried_over, 1),
        "overloaded": there.overloaded,
        "grows": there.overloaded and there.carried_over >= left,
    }
