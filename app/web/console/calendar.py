"""The calendar of an agent: a week by the hour, a month, or a list of days, drawn by the server."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Literal
from urllib.parse import urlencode

from babel import Locale
from fastapi import APIRouter, Query
from fastapi.responses import Response

from app import clock
from app.pages import formats
from app.queries.agenda import Agenda, AgendaDay, agenda, midnight, zone_of
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(route_class=ConsoleRoute)
DAY = timedelta(days=1)
FIRST, LAST = date(2000, 1, 1), date(2100, 1, 1)
Shape = Literal["week", "month", "agenda"]
LISTED = 30  # days of the list
WORKDAY = (8, 18)  # the hours of a week that are always shown


@dataclass(frozen=True, slots=True)
class Span:
    """The days shown, and a day of the spans before and after."""

    shape: Shape
    day: date
    first: date
    count: int
    earlier: date
    later: date


@router.get("/calendar")
async def calendar_page(
    runtime: Run,
    session: SignedIn,
    view: str = "week",
    day: str = Query("", max_length=10),
) -> Response:
    """The days around `day`, of whoever asks; what cannot be read is this week."""
    actor, now = session.actor, clock.now()
    today = datetime.fromtimestamp(now / 1000, zone_of(actor.time_zone)).date()
    span = span_of(view, _day_of(day, today))
    found = await runtime.db.query(
        agenda, session.lens, span.first, span.count, now, by_hour=span.shape == "week"
    )
    page = runtime.pages.render(
        "console/calendar.html", actor.locale, **frame(session), section="calendar",
        **_drawn(found, span, today, actor.locale), now_at=now,
    )  # fmt: skip
    return html(page)


def span_of(view: str, day: date) -> Span:
    """The week from Monday, the whole weeks of a month, or thirty days."""
    monday = day - day.weekday() * DAY
    if view == "month":
        first = day.replace(day=1)
        after = (first + 31 * DAY).replace(day=1)
        start = first - first.weekday() * DAY
        weeks = -(-(after - start).days // 7)
        return Span("month", day, start, weeks * 7, (first - DAY).replace(day=1), after)
    if view == "agenda":
        return Span("agenda", day, day, LISTED, day - LISTED * DAY, day + LISTED * DAY)
    return Span("week", day, monday, 7, day - 7 * DAY, day + 7 * DAY)


def _drawn(found: Agenda, span: Span, today: date, locale_name: str) -> dict[str, Any]:
    locale = Locale.parse(locale_name)
    last = found.days[-1].day
    title = formats.days(span.first, last, locale)
    if span.shape == "month":
        title = formats.month(span.day, locale)

    def address(shape: str = "", day: date | None = None) -> str:
        return f"/calendar?{urlencode({'view': shape or span.shape, 'day': day or span.day})}"

    return {
        "span": span,
        "days": found.days,
        "weeks": [found.days[at : at + 7] for at in range(0, len(found.days), 7)],
        "late": found.late if found.days[0].day <= today <= last else (),
        "hours": _hours(found.days),
        "today": today,
        "title": title,
        "name_of": lambda day: formats.weekday_name(day, locale),
        "address": address,
    }


def _hours(days: Iterable[AgendaDay]) -> list[tuple[int, int]]:
    """The hours a week shows, each with a moment for its label: the usual ones, and those in which
    somebody is at work or something is due."""
    all_days = tuple(days)
    busy = {day.hour_of(item) for day in all_days for item in day.items}
    for day in all_days:
        if len(day.open_in) < 24:
            busy |= day.open_in
    begins, ends = min({WORKDAY[0], *busy}), max({WORKDAY[1] - 1, *busy})
    first = all_days[0]
    start = midnight(first.day, first.zone)
    return [(hour, start + hour * 3_600_000) for hour in range(begins, ends + 1)]


def _day_of(text: str, today: date) -> date:
    try:
        return min(max(date.fromisoformat(text), FIRST), LAST) if text else today
    except ValueError:
        return today
