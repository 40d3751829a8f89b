"""Signing in to a mailbox: the way to the provider and back."""

import hashlib
from urllib.parse import urlsplit

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.mail_login import ask_for_consent, forget_login, keep_tokens, take_consent
from app.actions.setup.inboxes import EMAIL_INBOXES
from app.db import Conflict, Invalid, NotFound
from app.mail_access import sealed
from app.models.mail_settings import oauth_of
from app.pages import N_
from app.queries.setup import setup_row
from app.runtime import Runtime
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen, seal, unseal
from app.web.admin.frame import AdminSession
from app.web.admin.resources import Shown, form_page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip
from channels.email.oauth import (
    AuthorisationNeeded,
    OAuthClient,
    ProviderUnreachable,
    consent_url,
    new_verifier,
    redeem,
)

router = APIRouter(route_class=LateRoute)


@router.post("/email-inboxes/{inbox_id:int}/sign-in")
async def sign_in_form(runtime: Run, session: AdminSession, inbox_id: int) -> Response:
    """Show where to agree. A link and no redirect: the page says where it leads, and forms may
    not lead to other sites."""
    client, settings = await _client(runtime, inbox_id)
    state, verifier = clock.new_token(), new_verifier()
    await runtime.db.write(
        ask_for_consent, session.actor, inbox_id, _hash(state), seal(runtime.secret, verifier)
    )
    user = str((settings.get("imap") or {}).get("user") or "")
    address = consent_url(client, _back(runtime), state, verifier, user)
    row = await runtime.db.query(setup_row, EMAIL_INBOXES, inbox_id)
    shown = Shown(EMAIL_INBOXES.shown(row.values))
    return await form_page(
        runtime,
        session,
        EMAIL_INBOXES,
        row,
        shown,
        consent=(address, urlsplit(address).hostname or ""),
    )


@router.get("/mail-sign-in")
async def back_from_provider(
    request: Request,
    runtime: Run,
    session: AdminSession,
    state: str = "",
    code: str = "",
    error: str = "",
    error_description: str = "",
) -> Response:
    """The provider sends the browser back with a code, or says why not."""
    row = await runtime.db.write(take_consent, session.actor, _hash(state) if state else "")
    inbox_id = int(row.inbox_id)
    words = " ".join((error, error_description)).strip()
    if not words:
        client, _ = await _client(runtime, inbox_id)
        try:
            verifier = unseal(runtime.secret, row.verifier)
            tokens = await redeem(client, code, _back(runtime), verifier, clock.now())
            kept = sealed(runtime, tokens)
            ip = client_ip(request)
            await runtime.db.write(keep_tokens, inbox_id, kept, session.actor, ip)
            return RedirectResponse(f"/admin/email-inboxes/{inbox_id}?done=signed_in", 303)
        except (AuthorisationNeeded, ProviderUnreachable) as refused:
            words = str(refused)
    found = await runtime.db.query(setup_row, EMAIL_INBOXES, inbox_id)
    say = runtime.pages.translate(
        session.actor.locale, N_("The sign-in did not work: %(reason)s"), reason=words[:500]
    )
    shown = Shown(EMAIL_INBOXES.shown(found.values), note=("danger", say))
    return await form_page(runtime, session, EMAIL_INBOXES, found, shown)


@router.post("/email-inboxes/{inbox_id:int}/sign-out")
async def sign_out_form(
    request: Request, runtime: Run, session: AdminSession, inbox_id: int
) -> Response:
    """Throw the tokens away."""
    await runtime.db.write(forget_login, session.actor, inbox_id, client_ip(request))
    return RedirectResponse(f"/admin/email-inboxes/{inbox_id}?done=signed_out_of_mailbox", 303)


async def _client(runtime: Runtime, inbox_id: int) -> tuple[OAuthClient, dict[str, dict[str, str]]]:
    row = await runtime.db.query(setup_row, EMAIL_INBOXES, inbox_id)
    try:
        client = oauth_of(opened_settings(runtime.secret, row.row["settings"]))
    except CannotOpen:
        raise Invalid(oauth_client_secret="missing") from None
    if client is None:
        raise NotFound
    if not (client.client_id and client.authorize_url and client.token_url):
        raise Invalid(oauth_client_id="missing")
    return client, row.row["settings"]


def _back(runtime: Runtime) -> str:
    """The address that is registered with the provider."""
    return f"{runtime.settings.base_url}/admin/mail-sign-in"


def _hash(state: str) -> str:
    if not state:
        raise Conflict("consent_over")
    return hashlib.sha256(state.encode()).hexdigest()
