"""What to write next: questions without an answer, searches without a click, stale articles."""

from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response
from sqlalchemy import Connection

from app import clock
from app.actions.drop_questions import MOST, drop_questions
from app.pages.locales import negotiate
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
        most_dropped=MOST,
        negotiate=negotiate,
        brand=brand,
        days=length,
        lengths=DAYS,
        **rest,
    )
    return html(text)


@router.post("/drop")
async def drop(
    runtime: Run,
    session: SignedIn,
    ids: str = Form(max_length=20_000),
    brand: str = Form("", max_length=20),
    days: str = Form("", max_length=5),
) -> Response:
    """These questions need no article."""
    numbers = [int(it) for it in ids.split(",") if it.isdecimal() and len(it) < 16]
    await runtime.db.write(drop_questions, session.actor, numbers)
    runtime.knowledge.gaps.forget()
    where = urlencode({"brand": brand, "days": days})
    return RedirectResponse(f"/knowledge/gaps?{where}", 303)


def _rest(
    conn: Connection, actor: Actor, brands: frozenset[int] | None, days: int
) -> dict[str, Any]:
    now = clock.now()
    return {
        "searches": searches(conn, brands, now - days * DAY_MS),
        "stale": stale(conn, brands, now, actor.locale),
        "brands": brand_choices(conn, actor),
    }
