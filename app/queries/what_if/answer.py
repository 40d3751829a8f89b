"""From a question to its answer in two steps: `load` reads what is needed from the database, and
what it returns reckons without it, which may take seconds."""

from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection

from app.queries.arrivals import Brands
from app.queries.what_if import forecast, replay, staffing
from app.queries.what_if.questions import ForecastQuestion, Question, ReplayQuestion

Progress = Callable[[float], None]
Compute = Callable[[Progress], dict[str, Any]]


def load(conn: Connection, question: Question, brands: Brands, now: int) -> Compute:
    """Read what the question needs; the returned function reckons the answer.

    Raises CannotAnswer, now or then, where there is none.
    """
    if isinstance(question, ReplayQuestion):
        return replay.load(conn, question, brands, now)
    if isinstance(question, ForecastQuestion):
        return forecast.load(conn, question, brands, now)
    return staffing.load(conn, question, brands, now)
