"""API keys: made, shown once, revoked."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.setup.api_key import end_key, make_key
from app.db import Invalid
from app.queries.setup_keys import active_agents, key_rows
from app.runtime import Runtime
from app.security.sessions import Session
from app.web.admin.frame import AdminSession, page
from app.web.late_route import LateRoute
from app.web.new_password import clean
from app.web.request import Run, client_ip

router = APIRouter(route_class=LateRoute)
Text = Annotated[str, Form()]


@router.get("/keys")
async def keys_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """All keys, by their beginnings."""
    return await _page(runtime, session, done=done)


async def _page(
    runtime: Runtime,
    session: Session,
    status: int = 200,
    *,
    token: str = "",
    done: str = "",
    form: dict[str, str] | None = None,
    errors: dict[str, str] | None = None,
) -> Response:
    me = str(session.actor.agent_id)
    return page(
        runtime,
        session,
        "admin/keys.html",
        "keys",
        status,
        done=done,
        errors=errors,
        keys=await runtime.db.query(key_rows),
        agents=await runtime.db.query(active_agents),
        form=form or {"name": "", "agent_id": me},
        token=token,
    )


@router.post("/keys")
async def make_form(
    request: Request, runtime: Run, session: AdminSession, name: Text = "", agent_id: Text = ""
) -> Response:
    """Make a key; this answer is the only one that has it."""
    form = {"name": name, "agent_id": agent_id}
    try:
        if not agent_id.isdecimal() or len(agent_id) > 15:
            raise Invalid(agent_id="unknown")
        token = await runtime.db.write(
            make_key, session.actor, int(agent_id), clean(name), client_ip(request)
        )
    except Invalid as refused:
        return await _page(runtime, session, 422, form=form, errors=dict(refused.errors))
    return await _page(runtime, session, token=token)


@router.post("/keys/{key_id:int}/revoke")
async def revoke_form(
    request: Request, runtime: Run, session: AdminSession, key_id: int
) -> Response:
    """The key opens nothing from now on."""
    await runtime.db.write(end_key, session.actor, key_id, client_ip(request))
    return RedirectResponse("/admin/keys?done=revoked", 303)
