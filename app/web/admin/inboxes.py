"""The list of inboxes over all channels, the preview of a chat widget and its secrets."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from app.actions.setup.field import Sent
from app.actions.setup.identity_secret import drop_identity_secret, make_identity_secret
from app.actions.setup.inboxes import CHAT_INBOXES, INBOXES
from app.models.inbox_settings import WidgetSettings, localised
from app.queries.setup import setup_row, setup_rows
from app.security.headers import content_security_policy
from app.web.admin.frame import AdminSession, page
from app.web.admin.resources import Shown, form_page
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html

router = APIRouter(route_class=LateRoute)


@router.get("/inboxes")
async def inboxes_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Every inbox, by channel."""
    groups = [
        (channel, resource, await runtime.db.query(setup_rows, resource))
        for channel, resource in INBOXES.items()
    ]
    return page(runtime, session, "admin/inboxes.html", "inboxes", groups=groups, done=done)


@router.post("/chat-inboxes/{inbox_id:int}/secret")
async def make_secret_form(
    request: Request, runtime: Run, session: AdminSession, inbox_id: int
) -> Response:
    """Make an identity secret; this answer is the only one that has it."""
    ip = client_ip(request)
    secret = await runtime.db.write(make_identity_secret, session.actor, inbox_id, ip)
    row = await runtime.db.query(setup_row, CHAT_INBOXES, inbox_id)
    shown = Shown(CHAT_INBOXES.shown(row.values))
    return await form_page(runtime, session, CHAT_INBOXES, row, shown, secret=secret)


@router.post("/chat-inboxes/{inbox_id:int}/secret/drop")
async def drop_secret_form(
    request: Request, runtime: Run, session: AdminSession, inbox_id: int
) -> Response:
    """The older secret signs nothing from now on."""
    ip = client_ip(request)
    await runtime.db.write(drop_identity_secret, session.actor, inbox_id, ip)
    return RedirectResponse(f"/admin/chat-inboxes/{inbox_id}?done=dropped#secrets-title", 303)


@router.get("/chat-preview")
async def chat_preview(request: Request, runtime: Run, session: AdminSession) -> Response:
    """The widget as the form in the address would make it; what cannot be used is left out."""
    typed = CHAT_INBOXES.read(Sent(request.query_params.multi_items()))
    values, errors = CHAT_INBOXES.parse(typed)
    usable = CHAT_INBOXES.values_of({}) | values
    usable |= {name: CHAT_INBOXES.field(name).default for name in errors}
    settings = WidgetSettings.of(CHAT_INBOXES.columns_of(usable, {})["settings"])
    locale = session.actor.locale
    text = runtime.pages.render(
        "admin/chat_preview.html",
        locale,
        settings=settings,
        title=localised(settings.title, locale),
        greeting=localised(settings.greeting, locale),
        launcher=localised(settings.launcher, locale),
        consent=localised(settings.consent, locale),
    )
    response = html(text)
    response.headers["Content-Security-Policy"] = content_security_policy(
        frame_ancestors="'self'", form_action="'none'"
    )
    return response
