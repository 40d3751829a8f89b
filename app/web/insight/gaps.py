"""What to write next: questions without an answer, searches without a click, stale articles."""

from typing import Any

from fastapi import APIRouter
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.queries.choices import brand_choices
from app.queries.gaps import searches, stale
from app.security.permissions import Actor
from app.web.insight.scope import DAY_MS, DAYS, brand_of, brands_of, days_of
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(prefix="/knowledge/gaps", route_class=LateRoute)


@router.get("")
async def page(
    runtime: Run, session: SignedIn, brand: str = "", days: str = "", fresh: bool = False
) -> Response:
    """The biggest gaps first; `fresh` computes them now."""
    actor, length = session.actor, days_of(days)
    brand = brand_of(session, brand)
    brands = brands_of(actor, brand)
    report = await runtime.knowledge.gaps.report(brands, length, fresh=fresh)
    rest = await runtime.db.query(_rest, actor, brands, length)
    text = runtime.pages.render(
        "console/gaps.html",
        actor.locale,
        **frame(session),
        section="knowledge",
        report=report,
        brand=brand,
        days=length,
        lengths=DAYS,
        **rest,
    )
    return html(text)


def _rest(
    conn: Connection, actor: Actor, brands: frozenset[int] | None, days: int
) -> dict[str, Any]:
    now = clock.now()
    return {
        "searches": searches(conn, brands, now - days * DAY_MS),
        "stale": stale(conn, brands, now, actor.locale),
        "brands": brand_choices(conn, actor),
    }
