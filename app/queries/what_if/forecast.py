"""Answers a forecast: arrivals by quarter of an hour with their range, and how good it is."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from app.queries.arrivals import Brands, history_of
from app.queries.what_if.questions import ForecastQuestion, StaffingQuestion
from routing.backtest import backtest
from routing.forecast import (
    LEAST_CONTACTS,
    LEAST_DAYS,
    Expected,
    History,
    days_of_history,
    fit,
    forecast,
)

WEEK_MS = 7 * 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Lacking:
    """Too little history: how much there is, and how much it takes."""

    days: int
    days_needed: int
    contacts: int
    contacts_needed: int


def lacking(history: History, zone: ZoneInfo) -> Lacking:
    """What there is of what a forecast needs."""
    return Lacking(
        days_of_history(history, zone), LEAST_DAYS, sum(history.counts.values()), LEAST_CONTACTS
    )


def load(
    conn: Connection, question: ForecastQuestion, brands: Brands, now: int
) -> Callable[[Callable[[float], None]], dict[str, Any]]:
    """Read the history; then forecast and rehearse."""
    history = history_of(conn, question.queue, question.channel, brands, now)

    def compute(progress: Callable[[float], None]) -> dict[str, Any]:
        zone = ZoneInfo(question.zone)
        expected = expect(history, question)
        if expected is None:
            return {"lacking": asdict(lacking(history, zone))}
        progress(0.4)
        rehearsed = backtest(history, zone, coverage=question.coverage_pct / 100)
        learnt = fit(history, zone)
        return {
            "rows": [
                [each.starts_at, round(each.mean, 2), each.low, each.high, _before(history, each)]
                for each in expected
            ],
            "backtest": None if rehearsed is None else asdict(rehearsed),
            "days_known": days_of_history(history, zone),
            "trend": 0.0 if learnt is None else round(learnt.trend, 2),
        }

    return compute


def expect(
    history: History, question: ForecastQuestion | StaffingQuestion
) -> list[Expected] | None:
    """The quarters the question is about; None without enough history."""
    return forecast(
        history,
        ZoneInfo(question.zone),
        date.fromisoformat(question.first_day),
        question.days,
        question.coverage_pct / 100,
    )


def _before(history: History, quarter: Expected) -> int | None:
    """What came in the same quarter a week earlier, where that has been seen."""
    at = quarter.starts_at - WEEK_MS
    return history.counts.get(at, 0) if history.since <= at < history.until else None
