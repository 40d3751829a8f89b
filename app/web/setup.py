"""The first run: whoever holds the link from the command line makes the first administrator."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import Response

from app.actions.setup.first_run import Founding, found
from app.db import Invalid
from app.pages import N_
from app.queries.account import setup_open
from app.security.passwords import hash_password
from app.web.auth import page, signed_in
from app.web.late_route import LateRoute
from app.web.new_password import check_password, check_person, clean, email_of
from app.web.request import Run, client_ip, locale_of

router = APIRouter(include_in_schema=False, route_class=LateRoute)
Text = Annotated[str, Form()]


@router.get("/setup")
async def setup_page(request: Request, runtime: Run, token: str = "") -> Response:
    """What is asked in the beginning."""
    await runtime.limits.take("setup", client_ip(request))
    if not await runtime.db.query(setup_open, token):
        return page(request, runtime, "expired", 410, again="")
    form = {
        "company": "",
        "name": "",
        "email": "",
        "locale": locale_of(request),
        "time_zone": "UTC",
    }
    return page(request, runtime, "setup", token=token, form=form)


@router.post("/setup")
async def setup_form(
    request: Request,
    runtime: Run,
    token: Text = "",
    company: Text = "",
    name: Text = "",
    email: Text = "",
    locale: Text = "",
    time_zone: Text = "",
    password: Text = "",
    again: Text = "",
) -> Response:
    """Found the installation and sign in."""
    ip = client_ip(request)
    await runtime.limits.take("setup", ip)
    if not await runtime.db.query(setup_open, token):
        return page(request, runtime, "expired", 410, again="")
    form = {
        "company": company,
        "name": name,
        "email": email,
        "locale": locale,
        "time_zone": time_zone,
    }
    errors = check_person(form) | check_password(password, again, name=name, email=email)
    if not clean(company):
        errors["company"] = "required"
    if errors:
        return page(request, runtime, "setup", 422, token=token, form=form, errors=errors)
    given = Founding(
        company=clean(company),
        name=clean(name),
        email=email_of(email),
        password_hash=await hash_password(password),
        locale=locale,
        time_zone=time_zone,
        queue=runtime.pages.translate(locale, N_("General")),
        hours=runtime.pages.translate(locale, N_("Office hours")),
    )
    try:
        agent_id = await runtime.db.write(found, token, given, ip)
    except Invalid:
        return page(request, runtime, "expired", 410, again="")
    return await signed_in(request, runtime, agent_id, "/admin")
