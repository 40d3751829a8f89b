"""The form of business hours: countries in the reader's words, and what will be closed next."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date
from fastapi import APIRouter, Request
from fastapi.responses import Response

from app import clock
from app.actions.setup.field import Refused, Sent
from app.actions.setup.organisation import HOURS
from app.actions.setup.resource import Values
from app.queries.calendars import next_closed_days
from app.queries.public_holidays import countries, region_names
from app.web.admin.frame import AdminSession
from app.web.late_route import LateRoute
from app.web.request import Run, html

router = APIRouter(route_class=LateRoute)


@router.get("/hours/closed-days")
async def closed_days_part(request: Request, runtime: Run, session: AdminSession) -> Response:
    """Regions and closed days of what is chosen in the form, before it is saved."""
    typed = HOURS.read(Sent(request.query_params.multi_items()))
    locale = session.actor.locale
    label = runtime.pages.translate(locale, HOURS.field("region").label)
    context = {"label": label, "error": ""} | holiday_choices(typed, locale)
    return html(runtime.pages.render("admin/fields/region.html", locale, **context))


def holiday_choices(typed: Values, locale: str) -> dict[str, Any]:
    """What the fields of public holidays offer and show for these typed values."""
    country = typed["country"] if typed["country"] in countries() else ""
    regions = sorted(region_names(country).items(), key=lambda item: item[1].casefold())
    region = typed["region"] if typed["region"] in dict(regions) else ""
    names = Locale.parse(locale)
    listed = [(code, names.territories.get(code, code)) for code in countries()]
    today = datetime.fromtimestamp(clock.now() / 1000, ZoneInfo(_zone(typed))).date()
    days = next_closed_days(country, region, _own_days(typed), today, locale)
    return {
        "countries": sorted(listed, key=lambda item: item[1].casefold()),
        "regions": regions,
        "region": region,
        "closed_days": [(day, format_date(day.day, "full", locale)) for day in days],
    }


def _zone(typed: Values) -> str:
    field = HOURS.field("time_zone")
    try:
        return str(field.kind.parse(field, typed["time_zone"]))
    except Refused:
        return "UTC"


def _own_days(typed: Values) -> list[str]:
    """The own closed days, if they can be used as they are typed."""
    field = HOURS.field("holidays")
    try:
        return list(field.kind.parse(field, typed["holidays"]))
    except Refused:
        return []
