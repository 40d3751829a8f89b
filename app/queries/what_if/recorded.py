"""A day as it was recorded, and its log of routing played through the engine again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from app.queries.logged_day import LoggedRun
from app.queries.what_if.refusal import CannotAnswer
from routing.day import Day
from routing.log import first_difference


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came that day, and what routing wrote down of it."""

    day: Day
    log: tuple[LoggedRun, ...]


@dataclass(frozen=True, slots=True)
class Check:
    """The log played again: its decisions, its starts of the engine, how many of these led to
    anything else than what was logged, and when the first did."""

    decisions: int
    runs: int
    different: int
    first_at: int | None


def check_log(log: Sequence[LoggedRun], progress: Callable[[float], None]) -> Check | None:
    """Play each run again; None where nothing was logged."""
    told = [run for run in log if run.passes]
    if not told:
        return None
    parted = []
    for number, run in enumerate(told, start=1):
        difference = first_difference(run.state, run.passes)
        if difference is not None:
            parted.append(difference.at)
        elif not run.whole:  # the state it began with is not the one that was written down
            parted.append(run.began_at)
        progress(number / len(told))
    decisions = sum(len(each.decisions) for run in told for each in run.passes)
    return Check(decisions, len(told), len(parted), min(parted, default=None))


def recorded_day(conn: Connection, start: int, end: int, most: int) -> Recorded:
    """The day and its log."""
    raise CannotAnswer("no_contacts")
