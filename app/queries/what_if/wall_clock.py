"""Days and minutes by the wall clock of a time zone, as moments."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from routing.day import Span

MINUTES_A_DAY = 24 * 60


def day_span(day: str, zone: str) -> Span:
    """From midnight to midnight by the wall clock."""
    return Span(instant(day, 0, zone), instant(day, MINUTES_A_DAY, zone))


def instant(day: str, minute: int, zone: str) -> int:
    """The moment of a minute of the day by the wall clock, ms since the epoch."""
    on = date.fromisoformat(day) + timedelta(minute // MINUTES_A_DAY)
    hour, rest = divmod(minute % MINUTES_A_DAY, 60)
    at = datetime(on.year, on.month, on.day, hour, rest, tzinfo=ZoneInfo(zone))
    return round(at.timestamp() * 1000)
