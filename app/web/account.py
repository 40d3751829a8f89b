"""One's own account: profile, photo, preferences, password, address, sessions."""

import asyncio
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, File, Form, Request, UploadFile
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.account import (
    PREFERENCES,
    change_email,
    change_password,
    change_profile,
    change_signature,
    set_photo,
    set_preferences,
)
from app.actions.account_session import end_session, sign_out_elsewhere
from app.actions.calendar_feed import end_feed, make_feed
from app.db import Invalid, NotFound
from app.pages import N_
from app.queries.account import account_of, photo_hash, profile_of, sessions_of
from app.queries.calendar_feed import feed_state
from app.runtime import Runtime
from app.security.passwords import hash_password, verify_password
from app.security.sessions import Session
from app.security.uploads import check_photo
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
from app.web.request import Run, SignedIn, client_ip, frame, html

router = APIRouter(include_in_schema=False, route_class=LateRoute)
Text = Annotated[str, Form()]
LARGEST_PHOTO = 8_000_000
SAVED = {
    "profile": N_("Your profile is saved."),
    "preferences": N_("Your preferences are saved."),
    "signature": N_("Your signature is saved."),
    "photo": N_("Your photo is saved."),
    "password": N_("Your password is changed. Other browsers are signed out."),
    "email": N_("Your email address is changed."),
    "calendar": N_("The address is revoked."),
    "sessions": N_("The other browsers are signed out."),
}


@router.get("/account")
async def account_page(runtime: Run, session: SignedIn, saved: str = "") -> Response:
    """Everything on one page."""
    return await _page(runtime, session, saved=saved)


async def _page(
    runtime: Runtime,
    session: Session,
    status: int = 200,
    *,
    part: str = "",
    errors: dict[str, str] | None = None,
    form: dict[str, str] | None = None,
    saved: str = "",
    feed_url: str = "",
) -> Response:
    """The page; `part` names the form that came back with errors and what was typed."""
    actor = session.actor
    profile = await runtime.db.query(profile_of, actor.agent_id)
    browsers = await runtime.db.query(sessions_of, actor.agent_id, clock.now())
    feed = await runtime.db.query(feed_state, actor.agent_id)
    page = runtime.pages.render(
        "account/page.html",
        actor.locale,
        **frame(session),
        feed=feed,
        feed_url=feed_url,
        profile=profile,
        browsers=browsers,
        this_browser=session.hash,
        choices=PREFERENCES,
        time_zones=TIME_ZONES,
        part=part,
        form=form or {},
        errors=in_words(runtime.pages, actor.locale, errors or {}),
        saved=SAVED.get(saved, ""),
    )
    return html(page, status)


def _back(part: str) -> Response:
    return RedirectResponse(f"/account?saved={quote(part)}#{quote(part)}", 303)


@router.post("/account/profile")
async def profile_form(
    request: Request,
    runtime: Run,
    session: SignedIn,
    name: Text = "",
    locale: Text = "",
    time_zone: Text = "",
) -> Response:
    """Name, language, time zone."""
    form = {"name": name, "locale": locale, "time_zone": time_zone}
    errors = check_person(form)
    if errors:
        return await _page(runtime, session, 422, part="profile", errors=errors, form=form)
    await runtime.db.write(
        change_profile, session.actor, clean(name), locale, time_zone, client_ip(request)
    )
    return _back("profile")


@router.post("/account/signature")
async def signature_form(
    request: Request, runtime: Run, session: SignedIn, signature: Text = ""
) -> Response:
    """What stands under one's mails."""
    try:
        await runtime.db.write(change_signature, session.actor, signature, client_ip(request))
    except Invalid as refused:
        form, errors = {"signature": signature}, dict(refused.errors)
        return await _page(runtime, session, 422, part="signature", errors=errors, form=form)
    return _back("signature")


@router.post("/account/photo")
async def photo_form(
    request: Request,
    runtime: Run,
    session: SignedIn,
    photo: Annotated[UploadFile | None, File()] = None,
    remove: Text = "",
) -> Response:
    """A photo, drawn anew as a small square; or none any more."""
    ip = client_ip(request)
    if remove:
        await runtime.db.write(set_photo, session.actor, None, ip)
        return _back("photo")
    await runtime.limits.take("upload", ip)
    try:
        data = await photo.read(LARGEST_PHOTO + 1) if photo else b""
        if not data:
            raise Invalid(photo="empty")
        checked = await asyncio.to_thread(check_photo, data, LARGEST_PHOTO)
    except Invalid as refused:
        return await _page(runtime, session, 422, part="photo", errors=refused.errors)
    stored = await asyncio.to_thread(
        runtime.files.keep, checked.data, checked.name, checked.content_type
    )
    await runtime.db.write(set_photo, session.actor, stored, ip)
    return _back("photo")


@router.post("/account/preferences")
async def preferences_form(request: Request, runtime: Run, session: SignedIn) -> Response:
    """All preferences of the form."""
    async with request.form() as form:
        chosen = {name: str(form[name]) for name in PREFERENCES if name in form}
    await runtime.db.write(set_preferences, session.actor, chosen)
    return _back("preferences")


@router.post("/preferences")
async def one_preference(request: Request, runtime: Run, session: SignedIn) -> Response:
    """What a menu changes at once: theme, density, shortcuts."""
    async with request.form() as form:
        chosen = {name: str(form[name]) for name in PREFERENCES if name in form}
    await runtime.db.write(set_preferences, session.actor, chosen)
    return Response(status_code=204)


@router.post("/account/password")
async def password_form(
    request: Request,
    runtime: Run,
    session: SignedIn,
    current: Text = "",
    password: Text = "",
    again: Text = "",
) -> Response:
    """A new password, for whoever knows the old one."""
    ip = client_ip(request)
    account = await runtime.db.query(account_of, session.actor.agent_id)
    assert account is not None
    errors = await _reauthenticate(runtime, session, current, ip)
    errors |= check_password(password, again, name=account.name, email=account.email)
    if errors:
        return await _page(runtime, session, 422, part="password", errors=errors)
    hashed = await hash_password(password)
    await runtime.db.write(change_password, session.actor, hashed, session.hash, ip)
    return _back("password")


@router.post("/account/email")
async def email_form(
    request: Request, runtime: Run, session: SignedIn, email: Text = "", current: Text = ""
) -> Response:
    """Another address to sign in with, for whoever knows the password."""
    ip = client_ip(request)
    email = email_of(email)
    errors = await _reauthenticate(runtime, session, current, ip)
    if not EMAIL.fullmatch(email):
        errors["email"] = "not_an_email"
    if not errors:
        try:
            await runtime.db.write(change_email, session.actor, email, ip)
        except Invalid as refused:
            errors = dict(refused.errors)
    if errors:
        form = {"email": email}
        return await _page(runtime, session, 422, part="email", errors=errors, form=form)
    return _back("email")


async def _reauthenticate(
    runtime: Runtime, session: Session, password: str, ip: str
) -> dict[str, str]:
    """Errors of "current": who sits down at an open browser cannot take the account over."""
    await runtime.limits.take("sign_in", ip, f"agent {session.actor.agent_id}")
    account = await runtime.db.query(account_of, session.actor.agent_id)
    right, _ = await verify_password(password, account.password if account else "")
    return {} if right else {"current": "wrong"}


@router.post("/account/sessions/end")
async def end_one(
    request: Request, runtime: Run, session: SignedIn, browser: Text = ""
) -> Response:
    """Sign one other browser out."""
    await runtime.db.write(end_session, session.actor, browser, client_ip(request))
    return _back("sessions")


@router.post("/account/sessions/end-others")
async def end_others(request: Request, runtime: Run, session: SignedIn) -> Response:
    """Sign out everywhere else."""
    ip = client_ip(request)
    await runtime.db.write(sign_out_elsewhere, session.actor, session.hash, ip)
    return _back("sessions")


@router.post("/account/calendar")
async def calendar_form(
    request: Request, runtime: Run, session: SignedIn, texts: Annotated[bool, Form()] = False
) -> Response:
    """A new address for the calendar; it is shown on this page and never again."""
    token = await runtime.db.write(make_feed, session.actor, texts, client_ip(request))
    feed_url = f"{runtime.settings.base_url}/calendar/feed/{token}.ics"
    return await _page(runtime, session, feed_url=feed_url)


@router.post("/account/calendar/revoke")
async def calendar_revoke(request: Request, runtime: Run, session: SignedIn) -> Response:
    """The address opens nothing any more."""
    await runtime.db.write(end_feed, session.actor, client_ip(request))
    return _back("calendar")


@router.get("/photos/{agent_id}")
async def photo(runtime: Run, _: SignedIn, agent_id: int) -> Response:
    """A colleague's photo."""
    digest = await runtime.db.query(photo_hash, agent_id)
    if digest is None:
        raise NotFound
    data = await asyncio.to_thread(runtime.files.read, digest)
    return Response(
        data, media_type="image/webp", headers={"Cache-Control": "private, max-age=300"}
    )
