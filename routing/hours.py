"""Business hours: weekly spans in a time zone, and reckoning in them.

Spans are kept by the wall clock and turned into instants day by day, so that a day of 23 or 25
hours counts as what it is.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

MINUTES_A_DAY = 24 * 60
MINUTE_MS = 60_000
HORIZON_DAYS = 800  # closed for longer than two years is closed for good


@dataclass(frozen=True, slots=True)
class Span:
    """Open on `weekday` (0 is Monday) from minute `opens` of the day up to minute `closes`."""

    weekday: int
    opens: int
    closes: int

    def __post_init__(self) -> None:
        if not 0 <= self.weekday <= 6:
            raise ValueError(f"weekday {self.weekday} does not exist; use 0 (Monday) to 6 (Sunday)")
        if not 0 <= self.opens < self.closes <= MINUTES_A_DAY:
            raise ValueError(
                f"opening hours from minute {self.opens} to {self.closes} do not fit in a day; "
                "they must end after they start, and a night is split at 24:00"
            )


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours: an IANA time zone, spans (several a day if wished), whole days closed."""

    time_zone: str
    weekly: tuple[Span, ...]
    closed_on: frozenset[date] = frozenset()

    def __post_init__(self) -> None:
        try:
            ZoneInfo(self.time_zone)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(
                f"time zone {self.time_zone!r} is unknown; use a name such as Asia/Hong_Kong"
            ) from error


def is_open(hours: Hours, at_ms: int) -> bool:
    """Whether the centre is open at `at_ms` (ms since the epoch)."""
    opening = next(_openings(hours, at_ms), None)
    return opening is not None and opening[0] <= at_ms


def next_opening(hours: Hours, at_ms: int) -> int | None:
    """When it opens next: `at_ms` itself if it is open, None if it never does."""
    opening = next(_openings(hours, at_ms), None)
    return None if opening is None else max(opening[0], at_ms)


def next_closing(hours: Hours, at_ms: int) -> int | None:
    """When the present or next opening ends; None if it never opens, or never closes again."""
    end = None
    for start, closes in _openings(hours, at_ms):
        if end is not None and start > end:
            break
        end = closes
        if end - at_ms > HORIZON_DAYS * MINUTES_A_DAY * MINUTE_MS:
            return None
    return end


def add_business_ms(hours: Hours, at_ms: int, ms: int) -> int | None:
    """The instant at which `ms` (>= 0) of opening time have passed since `at_ms`.

    None if the opening hours never add up to that. With 0 it is the next instant that is open.
    """
    if ms < 0:
        raise ValueError(f"{ms} ms of opening time is negative; give 0 or more")
    left = ms
    for start, end in _openings(hours, at_ms):
        begins = max(start, at_ms)
        if left <= end - begins:
            return begins + left
        left -= end - begins
    return None


def subtract_business_ms(hours: Hours, at_ms: int, ms: int) -> int:
    """The last instant from which `ms` (>= 0) of opening time have passed until `at_ms`.

    Never further back than the horizon, where the hours have not been open for so long.
    """
    if ms < 0:
        raise ValueError(f"{ms} ms of opening time is negative; give 0 or more")
    low, high = at_ms - ms, at_ms  # no more opening time than time has passed
    earliest = at_ms - ms - HORIZON_DAYS * MINUTES_A_DAY * MINUTE_MS
    while low > earliest and business_ms_between(hours, low, at_ms) < ms:
        low, high = max(earliest, at_ms - 2 * (at_ms - low) - MINUTE_MS), low
    while high - low > 1:
        middle = (low + high) // 2
        if business_ms_between(hours, middle, at_ms) < ms:
            high = middle
        else:
            low = middle
    return low if business_ms_between(hours, high, at_ms) < ms else high


def business_ms_between(hours: Hours, from_ms: int, to_ms: int) -> int:
    """How much opening time lies from `from_ms` to `to_ms`, in ms (0 if none)."""
    total = 0
    for start, end in _openings(hours, from_ms):
        if start >= to_ms:
            break
        total += min(end, to_ms) - max(start, from_ms)
    return total


def _openings(hours: Hours, at_ms: int) -> Iterator[tuple[int, int]]:
    """Instants of opening and closing, those that end after `at_ms`, in order and disjoint."""
    spans: list[list[Span]] = [[] for _ in range(7)]
    for span in sorted(hours.weekly, key=lambda span: span.opens):
        spans[span.weekday].append(span)
    zone = ZoneInfo(hours.time_zone)
    day = datetime.fromtimestamp(at_ms / 1000, zone).date() - timedelta(days=1)
    after = at_ms
    closed_days = 0
    while closed_days < HORIZON_DAYS:
        closed_days += 1
        for span in () if day in hours.closed_on else spans[day.weekday()]:
            start = max(_opens_at(zone, day, span.opens), after)
            end = _closes_at(zone, day, span.closes)
            if end > start:
                yield start, end
                after = end
                closed_days = 0
        day += timedelta(days=1)


def _opens_at(zone: ZoneInfo, day: date, minute: int) -> int:
    """The instant of a wall-clock minute, in ms: its first, if clocks go back and it comes twice;
    the first minute after it, if clocks go forward and it does not come at all."""
    return _instant(zone, day, minute, fold=0, step=1)


def _closes_at(zone: ZoneInfo, day: date, minute: int) -> int:
    """The end of the last minute before `minute` that comes on this day, in ms."""
    return _instant(zone, day, minute - 1, fold=1, step=-1) + MINUTE_MS


def _instant(zone: ZoneInfo, day: date, minute: int, *, fold: int, step: int) -> int:
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)  # noqa: DTZ001
    for _ in range(2 * MINUTES_A_DAY):
        utc = wall.replace(tzinfo=zone, fold=fold).astimezone(UTC)
        if utc.astimezone(zone).replace(tzinfo=None) == wall:
            break
        wall += timedelta(minutes=step)
    return round(utc.timestamp()) * 1000
