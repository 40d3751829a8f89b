"""What help pages avoided: the page, and the same as a file."""

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.pages import N_
from app.queries.choices import Choice, brand_choices
from app.queries.deflection import Deflection, Line, deflection
from app.security.permissions import Actor
from app.web.insight.scope import DAY_MS, DAYS, brand_of, brands_of, days_of
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor, frame, html
from app.web.supervise.spreadsheet import csv_response, share

router = APIRouter(prefix="/knowledge/deflection", route_class=LateRoute)
HEADER = (
    N_("Kind"), N_("What"), N_("Visits"), N_("Confirmed"), N_("Assumed (72 h)"),
    N_("Not yet known"),
    N_("Taken back (7 days)"), N_("A person was asked"), N_("Contact rate"), N_("Used by agents"),
)  # fmt: skip


@router.get("")
async def page(
    runtime: Run, session: SignedIn, actor: Supervisor, brand: str = "", days: str = ""
) -> Response:
    """Confirmed, assumed, taken back; the true effect; by article and by question."""
    brand = brand_of(session, brand)
    brands, length, now = brands_of(actor, brand), days_of(days), clock.now()
    found, choices = await runtime.db.query(
        _read, actor, brands, now - length * DAY_MS, now, actor.locale
    )
    text = runtime.pages.render(
        "console/deflection.html",
        actor.locale,
        **frame(session),
        section="knowledge",
        found=found,
        brands=choices,
        brand=brand,
        days=length,
        lengths=DAYS,
    )
    return html(text)


@router.get(".csv")
async def file(
    runtime: Run, session: SignedIn, actor: Supervisor, brand: str = "", days: str = ""
) -> Response:
    """The same as a file for spreadsheets."""
    brands, now = brands_of(actor, brand_of(session, brand)), clock.now()
    since = now - days_of(days) * DAY_MS
    found = await runtime.db.query(deflection, brands, since, now, now, actor.locale)
    say = runtime.pages.translate
    header = [say(actor.locale, text) for text in HEADER]
    lines = [
        (say(actor.locale, N_("All")), Line(None, "", found.shown)),
        (say(actor.locale, N_("Held out")), Line(None, "", found.held)),
        *((say(actor.locale, N_("Article")), line) for line in found.articles),
        *((say(actor.locale, N_("Question")), line) for line in found.queries),
    ]
    return csv_response("deflection", header, [_cells(kind, line) for kind, line in lines])


def _cells(kind: str, line: Line) -> tuple[object, ...]:
    s = line.sums
    return (
        kind, line.label, s.visits, s.confirmed, s.assumed, s.pending, s.revoked, s.sent,
        share(s.contact_rate), line.uses,
    )  # fmt: skip


def _read(
    conn: Connection,
    actor: Actor,
    brands: frozenset[int] | None,
    since: int,
    now: int,
    locale: str,
) -> tuple[Deflection, tuple[Choice, ...]]:
    found = deflection(conn, brands, since, now, now, locale)
    return found, brand_choices(conn, actor)
