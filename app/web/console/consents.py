"""What a customer agrees to, asked by an agent: the words to read out, and what they said."""

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.consent import record_consent
from app.db import Invalid
from app.queries.aliases import master_of
from app.queries.consent_page import consent_page
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(prefix="/customers/{customer_id}/consents", route_class=ConsoleRoute)


@router.get("")
async def consents(runtime: Run, session: SignedIn, customer_id: int) -> Response:
    """The words in force, where each stands, and what was said before."""
    master = await runtime.db.query(master_of, customer_id)
    return await _page(runtime, session, master)


@router.post("")
async def said(
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    purpose: str = Form(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
    status: str = Form(pattern="^(granted|denied|revoked)$"),
    channel: str = Form("", pattern=r"^[a-z_]{0,20}$"),
    brand: str = Form("", pattern=r"^\d{0,15}$"),
    text: str = Form("", pattern=r"^\d{0,15}$"),
) -> Response:
    """They have heard the words and said this."""
    try:
        await runtime.db.write(
            record_consent, session.actor, customer_id, purpose, status, source="agent",
            channel=channel, brand_id=int(brand) if brand else None,
            text_id=int(text) if text else None,
        )  # fmt: skip
    except Invalid as error:
        return await _page(runtime, session, customer_id, error)
    return RedirectResponse(f"/customers/{customer_id}/consents", 303)


async def _page(
    runtime: Runtime, session: Session, customer_id: int, error: Invalid | None = None
) -> Response:
    found = await runtime.db.query(consent_page, session.actor, customer_id, clock.now())
    errors = errors_of(runtime, session.actor.locale, error) if error else {}
    page = runtime.pages.render(
        "console/consents.html", session.actor.locale, **frame(session),
        section="customers", page=found, errors=errors,
    )  # fmt: skip
    return html(page, 422 if error else 200)
