"""Signing in and out, forgotten passwords, accepting invitations. Works without JavaScript."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.account import keep_newer_hash
from app.actions.account_reset import ask_reset, reset_password
from app.actions.account_session import note_refused_sign_in, sign_in, sign_out
from app.actions.setup.invite import accept_invitation
from app.actions.system_mail import SystemMail
from app.db import Invalid
from app.pages import N_
from app.queries.account import find_account, invited_email, reset_works
from app.runtime import Runtime
from app.security.passwords import hash_password, verify_password
from app.security.sessions import hash_token
from app.web.cookies import drop_session, set_session
from app.web.late_route import LateRoute
from app.web.new_password import (
    EMAIL,
    TIME_ZONES,
    check_password,
    check_person,
    clean,
    email_of,
    in_words,
)
from app.web.request import (
    Run,
    SignedIn,
    SignInNeeded,
    client_ip,
    cookie_name,
    html,
    locale_of,
    session_of,
)

router = APIRouter(include_in_schema=False, route_class=LateRoute)
Text = Annotated[str, Form()]


def page(
    request: Request,
    runtime: Runtime,
    name: str,
    status: int = 200,
    *,
    errors: Mapping[str, str] | None = None,
    **more: object,
) -> Response:
    """A page for somebody who is not signed in."""
    locale = locale_of(request)
    context = {
        "form": {},
        "errors": in_words(runtime.pages, locale, errors or {}),
        "time_zones": TIME_ZONES,
    }
    return html(runtime.pages.render(f"auth/{name}.html", locale, **context | more), status)


def safe_next(wanted: str) -> str:
    """Where to go after signing in: a path of our own, whatever the address asks for."""
    parts = urlsplit(wanted)
    ours = wanted.startswith("/") and not parts.netloc and not parts.scheme
    tricky = wanted.startswith(("//", "/\\")) or "\\" in wanted or not wanted.isprintable()
    return wanted if ours and not tricky else "/"


@router.get("/sign-in")
async def sign_in_page(request: Request, runtime: Run, next: str = "/") -> Response:
    """The form; whoever is signed in goes on."""
    try:
        await session_of(request, runtime)
    except SignInNeeded:
        return page(request, runtime, "sign_in", next=safe_next(next))
    return RedirectResponse(safe_next(next), 303)


@router.post("/sign-in")
async def sign_in_form(
    request: Request, runtime: Run, email: Text = "", password: Text = "", next: Text = "/"
) -> Response:
    """Check address and password; wrong in either way looks and lasts the same."""
    email, ip = email_of(email), client_ip(request)
    await runtime.limits.take("sign_in", ip, email)
    await runtime.limits.take_key("account", email)
    account = await runtime.db.query(find_account, email)
    right, newer = await verify_password(password, account.password if account else "")
    if account is None or not right:
        await runtime.db.write(note_refused_sign_in, account.agent_id if account else None, ip)
        shown = {"email": email}
        return page(
            request, runtime, "sign_in", 422, next=safe_next(next), form=shown, refused=True
        )
    if newer:
        await runtime.db.write(keep_newer_hash, account.agent_id, newer)
    return await signed_in(request, runtime, account.agent_id, safe_next(next))


async def signed_in(request: Request, runtime: Runtime, agent_id: int, to: str) -> Response:
    old = request.cookies.get(cookie_name(runtime), "")
    token = await runtime.db.write(
        sign_in,
        agent_id,
        runtime.settings.session_days,
        request.headers.get("user-agent", ""),
        client_ip(request),
        old_session=hash_token(old) if old else "",
    )
    response = RedirectResponse(to, 303)
    set_session(response, runtime, token)
    return response


@router.post("/sign-out")
async def sign_out_form(request: Request, runtime: Run, session: SignedIn) -> Response:
    """End this session."""
    await runtime.db.write(sign_out, session.actor, session.hash, client_ip(request))
    response = RedirectResponse("/sign-in", 303)
    drop_session(response, runtime)
    return response


@router.get("/forgot-password")
async def forgot_page(request: Request, runtime: Run) -> Response:
    """Ask for a link."""
    return page(request, runtime, "forgot")


@router.post("/forgot-password")
async def forgot_form(request: Request, runtime: Run, email: Text = "") -> Response:
    """The same answer whether the account exists or not."""
    email = email_of(email)
    if not EMAIL.fullmatch(email):
        errors = {"email": "not_an_email"}
        return page(request, runtime, "forgot", 422, errors=errors, form={"email": email})
    await runtime.limits.take("reset", client_ip(request), email)
    token, locale = clock.new_token(), locale_of(request)
    link = f"{runtime.settings.base_url}/reset-password?token={token}"
    mail = SystemMail(
        email,
        runtime.pages.translate(locale, N_("A new password for Switchroom")),
        runtime.pages.render("auth/reset_mail.txt", locale, link=link),
    )
    await runtime.db.write(ask_reset, token, mail, client_ip(request))
    return page(request, runtime, "forgot_sent", form={"email": email})


@router.get("/reset-password")
async def reset_page(request: Request, runtime: Run, token: str = "") -> Response:
    """Choose a new password."""
    if not await runtime.db.query(reset_works, token, clock.now()):
        return page(request, runtime, "expired", 410, again="/forgot-password")
    return page(request, runtime, "reset", token=token)


@router.post("/reset-password")
async def reset_form(
    request: Request, runtime: Run, token: Text = "", password: Text = "", again: Text = ""
) -> Response:
    """Set it, and sign in with it."""
    ip = client_ip(request)
    await runtime.limits.take("reset", ip)
    if not await runtime.db.query(reset_works, token, clock.now()):
        return page(request, runtime, "expired", 410, again="/forgot-password")
    errors = check_password(password, again)
    if errors:
        return page(request, runtime, "reset", 422, token=token, errors=errors)
    try:
        agent_id = await runtime.db.write(reset_password, token, await hash_password(password), ip)
    except Invalid:
        return page(request, runtime, "expired", 410, again="/forgot-password")
    return await signed_in(request, runtime, agent_id, "/")


@router.get("/invitation")
async def invitation_page(request: Request, runtime: Run, token: str = "") -> Response:
    """Say who one is and choose a password."""
    email = await runtime.db.query(invited_email, token, clock.now())
    if email is None:
        return page(request, runtime, "expired", 410, again="")
    form = {"name": "", "locale": locale_of(request), "time_zone": "UTC"}
    return page(request, runtime, "invitation", token=token, email=email, form=form)


@router.post("/invitation")
async def invitation_form(
    request: Request,
    runtime: Run,
    token: Text = "",
    name: Text = "",
    locale: Text = "",
    time_zone: Text = "",
    password: Text = "",
    again: Text = "",
) -> Response:
    """Make the account of the invitation; address and role are the invitation's, not the form's."""
    ip = client_ip(request)
    await runtime.limits.take("setup", ip)
    email = await runtime.db.query(invited_email, token, clock.now())
    if email is None:
        return page(request, runtime, "expired", 410, again="")
    form = {"name": name, "locale": locale, "time_zone": time_zone}
    errors = check_person(form) | check_password(password, again, name=name, email=email)
    if errors:
        return page(
            request, runtime, "invitation", 422, token=token, email=email, form=form, errors=errors
        )
    hashed = await hash_password(password)
    try:
        agent_id = await runtime.db.write(
            accept_invitation, token, clean(name), hashed, locale, time_zone, ip
        )
    except Invalid:
        return page(request, runtime, "expired", 410, again="")
    return await signed_in(request, runtime, agent_id, "/")
