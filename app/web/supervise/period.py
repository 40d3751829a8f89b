"""Which time a report is about: a day, a week or four weeks, on the clocks of one time zone."""

from dataclasses import dataclass
from datetime import date, timedelta, tzinfo
from typing import Literal, cast
from urllib.parse import urlencode
from zoneinfo import ZoneInfo, available_timezones

from routing.intervals import Span
from routing.periods import Step, day_of, days, steps

Length = Literal["day", "week", "month"]
DAYS: dict[str, int] = {"day": 1, "week": 7, "month": 28}
STEPS: dict[str, tuple[Step, ...]] = {  # the first is chosen unless somebody chooses
    "day": ("quarter", "hour"),
    "week": ("hour", "quarter", "day"),
    "month": ("day", "hour", "week"),
}
DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)


@dataclass(frozen=True, slots=True)
class Period:
    """A span with its steps, beside the span it is compared with: the same day of the week before,
    the week before, the four weeks before."""

    length: Length
    first: date
    day: date
    today: date
    step: Step
    zone_name: str
    span: Span
    bins: list[Span]
    before: Span
    before_bins: list[Span]

    @property
    def last(self) -> date:
        """The last day."""
        return self.first + (DAYS[self.length] - 1) * DAY

    @property
    def choices(self) -> tuple[Step, ...]:
        """The steps that one can choose."""
        return STEPS[self.length]

    @property
    def earlier(self) -> date:
        """A day of the period before."""
        return self.day - DAYS[self.length] * DAY

    @property
    def later(self) -> date | None:
        """A day of the period after; None where that is in the future."""
        after = self.first + DAYS[self.length] * DAY
        return after if after <= self.today else None

    def matching(self, now: int) -> list[Span]:
        """The steps of the time before that correspond to what has passed of this one."""
        passed = now - self.span[0]
        began = self.before[0]
        return [bin_ for bin_ in self.before_bins if bin_[0] - began < passed]


def zone_of(name: str) -> tuple[str, tzinfo]:
    """A time zone by its name; UTC where there is none of that name."""
    known = name if name in available_timezones() else "UTC"
    return known, ZoneInfo(known)


def period_of(length: str, day: str, step: str, zone_name: str, now: int) -> Period:
    """The period that an address names; what cannot be read is today, a day, the usual step."""
    chosen = cast(Length, length if length in DAYS else "day")
    zone_name, zone = zone_of(zone_name)
    today = day_of(now, zone)
    try:
        at = min(max(date.fromisoformat(day), FIRST), LAST) if day else today
    except ValueError:
        at = today
    monday = at - at.weekday() * DAY
    first = {"day": at, "week": monday, "month": monday - 21 * DAY}[chosen]
    count = DAYS[chosen]
    span = days(first, count, zone)
    back = max(count, 7)
    before = days(first - back * DAY, count, zone)
    wanted = next((one for one in STEPS[chosen] if one == step), STEPS[chosen][0])
    return Period(
        chosen, first, at, today, wanted, zone_name, span, steps(span, wanted, zone), before,
        steps(before, wanted, zone),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Address:
    """Where a report is: its path and what was chosen, so that links keep the rest."""

    path: str
    chosen: dict[str, str]

    def __call__(self, path: str = "", **changes: object) -> str:
        """The address with some choices changed; an empty one is left out."""
        merged = self.chosen | {name: str(value) for name, value in changes.items()}
        query = urlencode({name: value for name, value in merged.items() if value})
        return f"{path or self.path}?{query}" if query else path or self.path
