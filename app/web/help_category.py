"""A category of the help centre with its sections, or one section, page by page."""

from dataclasses import replace
from urllib.parse import quote

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.pages import N_
from app.queries.help_centre import Shelf, shelves
from app.runtime import Runtime
from app.web.help_missing import missing
from app.web.help_page import Centre, breadcrumbs, centre_of, page, structured
from app.web.late_route import PageRoute
from app.web.request import Run

router = APIRouter(include_in_schema=False, route_class=PageRoute)
EACH = 100  # answers on a page
REST = "-"  # what stands in no category; no category has this address
HELP = N_("Help")
MORE = N_("More answers")


@router.get("/help/{brand}/{locale}/c/{slug}")
async def category(
    request: Request, runtime: Run, brand: str, locale: str, slug: str, page: str = ""
) -> Response:
    """One category or section; `page` counts from 1."""
    centre = await centre_of(runtime, brand, locale, request)
    shown = await runtime.db.query(shelves, centre.brand.id, locale, centre.visibilities)
    for shelf in shown:
        if shelf.slug == "":
            more = runtime.pages.translate(locale, MORE)
            shelf = replace(shelf, slug=REST, name=more)
        for found, above in ((shelf, None), *((section, shelf) for section in shelf.sections)):
            if found.slug == slug:
                return _draw(request, runtime, centre, found, above, page)
    return await missing(request, runtime, centre, slug)


def _draw(
    request: Request,
    runtime: Runtime,
    centre: Centre,
    shelf: Shelf,
    above: Shelf | None,
    asked: str,
) -> Response:
    there = f"{centre.here}c/"
    steps = [(runtime.pages.translate(centre.locale, HELP), centre.here)]
    if above is not None:
        steps.append((above.name, f"{there}{quote(above.slug)}"))
    steps.append((shelf.name, f"{there}{quote(shelf.slug)}"))
    last = max(1, -(-len(shelf.entries) // EACH))
    number = min(max(1, int(asked) if asked.isdecimal() and len(asked) < 9 else 1), last)
    return page(
        request, runtime, "help/category.html", centre,
        shelf=shelf, above=above, data=structured(breadcrumbs(centre, *steps)), q="",
        entries=shelf.entries[(number - 1) * EACH : number * EACH], number=number, last=last,
    )  # fmt: skip
