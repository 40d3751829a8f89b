"""A day as it was recorded, and its log of routing played through the engine again."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.contact import contacts
from app.models.history import queue_intervals
from app.models.organisation import queues
from app.queries.arrivals import Brands, of_brands
from app.queries.day import day
from app.queries.logged_day import LoggedRun, logged_day
from app.queries.what_if.refusal import CannotAnswer
from routing.day import Day
from routing.log import first_difference
from routing.metrics import service_level_of_counts


@dataclass(frozen=True, slots=True)
class Recorded:
    """What came that day, what routing wrote down of it, and the figures of the reports."""

    day: Day
    log: tuple[LoggedRun, ...]
    figures: dict[str, float | None] | None = None


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


def recorded_day(conn: Connection, start: int, end: int, brands: Brands, most: int) -> Recorded:
    """The contacts of all brands from `start` to `end`, for they all wanted the same people; the
    figures are of `brands` (None: all).

    Raises CannotAnswer where nobody came, or more than `most`.
    """
    came = conn.execute(
        select(func.count()).where(contacts.c.enqueued_at >= start, contacts.c.enqueued_at < end)
    ).scalar_one()
    if came == 0:
        raise CannotAnswer("no_contacts")
    if came > most:
        raise CannotAnswer("too_many_contacts")
    log = tuple(logged_day(conn, start, end))
    return Recorded(day(conn, start, end), log, _figures(conn, start, end, brands))


def _figures(
    conn: Connection, start: int, end: int, brands: Brands
) -> dict[str, float | None] | None:
    """What the rows of the reports say of the span; None where there are none."""
    i = queue_intervals.c
    mine = select(queues.c.id).where(of_brands(brands))
    names = ("answered", "in_target", "abandoned", "waits_ms")
    sums = conn.execute(
        select(*(func.sum(i[name]) for name in names)).where(
            i.starts_at >= start, i.starts_at < end, i.queue_id.in_(mine)
        )
    ).one()
    if sums[0] is None:
        return None
    answered, in_target, abandoned, waits_ms = (int(value) for value in sums)
    came = answered + abandoned
    return {
        "service_level": service_level_of_counts(in_target, answered, abandoned),
        "asa_ms": waits_ms / answered if answered else None,
        "abandonment": abandoned / came if came else None,
    }
