"""Agents and invitations: who is here, who was asked to come, who has gone."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.setup.field import Field, Sent
from app.actions.setup.invite import invite, withdraw_invitation
from app.actions.setup.people import AGENTS, ROLES, deactivate, end_sessions, reactivate
from app.actions.system_mail import SystemMail
from app.db import Invalid
from app.pages import N_
from app.queries.setup import (
    SetupRow,
    agent_states,
    choices,
    open_invitations,
    setup_row,
    setup_rows,
)
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.cells import cells_of
from app.web.admin.frame import AdminSession, page
from app.web.admin.resources import Shown, form_page, sent_by
from app.web.late_route import LateRoute
from app.web.new_password import EMAIL, email_of
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)
GRANTS = ("brands", "teams", "queues")


@router.get("/agents")
async def agents_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Everybody, and the invitations that wait."""
    rows = await runtime.db.query(setup_rows, AGENTS)
    known = await runtime.db.query(choices, AGENTS)
    locale = session.actor.locale
    return page(
        runtime,
        session,
        "admin/agents.html",
        "agents",
        done=done,
        resource=AGENTS,
        rows=[(row, cells_of(runtime.pages, locale, AGENTS, row, known)) for row in rows],
        states=await runtime.db.query(agent_states),
        invitations=await runtime.db.query(open_invitations, clock.now()),
        roles=dict(ROLES),
    )


@router.get("/agents/invite")
async def invite_page(runtime: Run, session: AdminSession) -> Response:
    """Whom to ask, and what they will see."""
    return await _invite_page(runtime, session, {"email": "", "role": "agent"})


async def _invite_page(
    runtime: Runtime,
    session: Session,
    form: dict[str, Any],
    errors: dict[str, str] | None = None,
) -> Response:
    empty: dict[str, Any] = {name: {} for name in GRANTS}
    return page(
        runtime,
        session,
        "admin/invite.html",
        "agents",
        422 if errors else 200,
        errors=errors,
        form=empty | form,
        grants=[AGENTS.field(name) for name in GRANTS],
        choices=await runtime.db.query(choices, AGENTS),
        role_field=AGENTS.field("role"),
    )


@router.post("/agents/invite")
async def invite_form(request: Request, runtime: Run, session: AdminSession) -> Response:
    """Send the invitation."""
    sent = await sent_by(request)
    email, role = email_of(sent.get("email")), sent.get("role")
    form: dict[str, Any] = {"email": email, "role": role}
    form |= {name: AGENTS.field(name).kind.read(AGENTS.field(name), sent) for name in GRANTS}
    if not EMAIL.fullmatch(email):
        return await _invite_page(runtime, session, form, {"email": "email"})
    token = clock.new_token()
    mail = _mail(runtime, session, email, token)
    try:
        grants = {name: _ids(AGENTS.field(name), sent) for name in GRANTS}
        ip = client_ip(request)
        await runtime.db.write(invite, session.actor, role, grants, token, mail, ip)
    except Invalid as refused:
        return await _invite_page(runtime, session, form, dict(refused.errors))
    return RedirectResponse("/admin/agents?done=invited", 303)


def _ids(field: Field, sent: Sent) -> list[int]:
    found = sent.all(field.name)
    if any(not each.isdecimal() or len(each) > 15 for each in found):
        raise Invalid(**{field.name: "unknown"})
    return [int(each) for each in found]


def _mail(runtime: Runtime, session: Session, email: str, token: str) -> SystemMail:
    locale = session.actor.locale
    link = f"{runtime.settings.base_url}/invitation?token={token}"
    return SystemMail(
        email,
        runtime.pages.translate(locale, N_("You are invited to Switchroom")),
        runtime.pages.render(
            "admin/invite_mail.txt", locale, link=link, inviter=session.actor.name
        ),
    )


@router.post("/invitations/{invitation_id:int}/withdraw")
async def withdraw_form(
    request: Request, runtime: Run, session: AdminSession, invitation_id: int
) -> Response:
    """The link works no more."""
    await runtime.db.write(withdraw_invitation, session.actor, invitation_id, client_ip(request))
    return RedirectResponse("/admin/agents?done=withdrawn", 303)


@router.post("/agents/{agent_id:int}/deactivate")
async def deactivate_form(
    request: Request, runtime: Run, session: AdminSession, agent_id: int
) -> Response:
    """Close an account."""
    try:
        await runtime.db.write(deactivate, session.actor, agent_id, client_ip(request))
    except Invalid as refused:
        row: SetupRow = await runtime.db.query(setup_row, AGENTS, agent_id)
        shown = Shown(AGENTS.shown(row.values), {"row": refused.errors["agent"]})
        return await form_page(runtime, session, AGENTS, row, shown, 422)
    return RedirectResponse("/admin/agents?done=deactivated", 303)


@router.post("/agents/{agent_id:int}/reactivate")
async def reactivate_form(
    request: Request, runtime: Run, session: AdminSession, agent_id: int
) -> Response:
    """Open it again."""
    await runtime.db.write(reactivate, session.actor, agent_id, client_ip(request))
    return RedirectResponse(f"/admin/agents/{agent_id}?done=reactivated", 303)


@router.post("/agents/{agent_id:int}/end-sessions")
async def end_sessions_form(
    request: Request, runtime: Run, session: AdminSession, agent_id: int
) -> Response:
    """Sign somebody out everywhere."""
    await runtime.db.write(end_sessions, session.actor, agent_id, client_ip(request))
    return RedirectResponse(f"/admin/agents/{agent_id}?done=signed_out", 303)
