"""A customer's rights in the console: consents, export, holds, erasure, who looked."""

from functools import partial

from fastapi import APIRouter, Form
from fastapi.responses import RedirectResponse, Response

from app.actions.consent import record_consent
from app.actions.legal_hold import end_hold, hold_customer
from app.actions.person_view import note_export
from app.actions.send_portal_address import send_portal_address
from app.db import Conflict, Invalid
from app.erasing import erase
from app.queries.aliases import master_of
from app.queries.privacy_page import privacy_page
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.access_words import DID, reason_choices
from app.web.console.refusals import ConsoleRoute, errors_of
from app.web.person_zip import person_archive
from app.web.portal.mails import address_mail
from app.web.request import Run, SignedIn, frame, html

router = APIRouter(prefix="/customers/{customer_id}/privacy", route_class=ConsoleRoute)


@router.get("")
async def privacy(
    runtime: Run, session: SignedIn, customer_id: int, mailed: bool = False
) -> Response:
    """Everything on one page."""
    master = await runtime.db.query(master_of, customer_id)
    return await _page(runtime, session, master, mailed=mailed)


@router.post("/consents")
async def consent(
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    purpose: str = Form(pattern=r"^[a-z][a-z0-9_]{0,39}$"),
    status: str = Form(pattern="^(granted|denied|revoked)$"),
    channel: str = Form("", pattern=r"^[a-z_]{0,20}$"),
    brand: str = Form("", pattern=r"^\d{0,15}$"),
) -> Response:
    """The customer has said something on a purpose."""
    try:
        await runtime.db.write(
            record_consent, session.actor, customer_id, purpose, status, source="agent",
            channel=channel, brand_id=int(brand) if brand else None,
        )  # fmt: skip
    except Invalid as error:
        return await _page(runtime, session, customer_id, error)
    return _back(customer_id)


@router.post("/export")
async def export(runtime: Run, session: SignedIn, customer_id: int) -> Response:
    """The archive of everything."""
    await runtime.limits.take_key("export_person", str(session.actor.agent_id))
    master = await runtime.db.write(note_export, session.actor, customer_id)
    return await person_archive(runtime, master, hidden=not session.actor.reveals)


@router.post("/portal")
async def portal(
    runtime: Run, session: SignedIn, customer_id: int, brand: int = Form(0, ge=0, lt=2**63)
) -> Response:
    """Mail them the address of their own pages."""
    session.actor.require("supervise")
    await runtime.limits.take_key("portal_link", f"of {customer_id}")
    mail = partial(address_mail, runtime)
    await runtime.db.write(send_portal_address, session.actor, customer_id, brand, mail)
    return RedirectResponse(f"/customers/{customer_id}/privacy?mailed=1", 303)


@router.post("/hold")
async def hold(
    runtime: Run, session: SignedIn, customer_id: int, reason: str = Form("", max_length=2_000)
) -> Response:
    """Nothing of them may be erased for now."""
    try:
        await runtime.db.write(hold_customer, session.actor, customer_id, reason)
    except Invalid as error:
        return await _page(runtime, session, customer_id, error)
    return _back(customer_id)


@router.post("/release")
async def release(runtime: Run, session: SignedIn, customer_id: int) -> Response:
    """The reason is over."""
    await runtime.db.write(end_hold, session.actor, customer_id)
    return _back(customer_id)


@router.post("/erase")
async def erase_for_good(
    runtime: Run, session: SignedIn, customer_id: int, sure: str = Form("", max_length=20)
) -> Response:
    """Erase them, if their number was typed."""
    session.actor.require("administer")
    found = await runtime.db.query(privacy_page, session.actor, customer_id)
    if sure.strip().lstrip("#") != str(found.id):
        return await _page(runtime, session, customer_id, Invalid(sure="type_the_number"))
    try:
        await erase(runtime, customer_id, session.actor)
    except Conflict:
        return await _page(runtime, session, customer_id, Invalid(sure="legal_hold"))
    return RedirectResponse("/customers", 303)


async def _page(
    runtime: Runtime,
    session: Session,
    customer_id: int,
    error: Invalid | None = None,
    *,
    mailed: bool = False,
) -> Response:
    found = await runtime.db.query(privacy_page, session.actor, customer_id)
    errors = errors_of(runtime, session.actor.locale, error) if error else {}
    page = runtime.pages.render(
        "console/privacy.html",
        session.actor.locale,
        **frame(session),
        section="customers",
        page=found,
        did=DID,
        reasons=dict(reason_choices(runtime.pages, session.actor.locale)),
        errors=errors,
        base_url=runtime.settings.base_url,
        mailed=mailed,
    )
    return html(page, 422 if error else 200)


def _back(customer_id: int) -> Response:
    return RedirectResponse(f"/customers/{customer_id}/privacy", 303)
