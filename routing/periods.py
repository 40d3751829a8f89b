"""Days, weeks and the steps of a report in a time zone: where each begins, in ms since the epoch.

A day lasts from midnight to midnight on the clocks of its zone, so it has 92 or 100 quarters of an
hour when the clocks change.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import Literal

from routing.intervals import QUARTER_MS, Span

Step = Literal["quarter", "hour", "day", "week"]
STEP_MS = {"quarter": QUARTER_MS, "hour": 4 * QUARTER_MS}
DAY = timedelta(days=1)


def midnight(day: date, zone: tzinfo) -> int:
    """When a day begins; where midnight is skipped by a change of the clocks, right after it."""
    return int(datetime.combine(day, time(), zone).astimezone(UTC).timestamp() * 1000)


def day_of(at: int, zone: tzinfo) -> date:
    """The day that a moment lies in."""
    return datetime.fromtimestamp(at / 1000, zone).date()


def days(first: date, count: int, zone: tzinfo) -> Span:
    """The span of `count` days."""
    return midnight(first, zone), midnight(first + count * DAY, zone)


def steps(span: Span, step: Step, zone: tzinfo) -> list[Span]:
    """The span in steps, in order; the first and last are cut where the span is.

    Hours begin with the hours on the clocks; weeks on Monday.
    """
    began, ended = span
    if began >= ended:
        return []
    starts = _regular(span, step, zone) if step in STEP_MS else _days(span, step, zone)
    cuts = [began, *(at for at in starts if began < at < ended), ended]
    return list(pairwise(cuts))


def _regular(span: Span, step: Step, zone: tzinfo) -> range:
    length = STEP_MS[step]
    offset = datetime.fromtimestamp(span[0] / 1000, zone).utcoffset() or timedelta()
    shift = int(offset.total_seconds() * 1000) % length
    return range(span[0] - (span[0] + shift) % length, span[1], length)


def _days(span: Span, step: Step, zone: tzinfo) -> list[int]:
    day, last = day_of(span[0], zone), day_of(span[1], zone)
    if step == "week":
        day -= day.weekday() * DAY
    stride = 7 if step == "week" else 1
    count = (last - day).days // stride + 1
    return [midnight(day + number * stride * DAY, zone) for number in range(count)]
