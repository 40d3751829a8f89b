"""The list of inboxes over all channels, and the preview of a chat widget."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.actions.setup.field import Sent
from app.actions.setup.inboxes import CHAT_INBOXES, INBOXES
from app.models.inbox_settings import WidgetSettings, localised
from app.queries.setup import setup_rows
from app.security.headers import content_security_policy
from app.web.admin.frame import AdminSession, page
from app.web.request import Run, html

router = APIRouter()


@router.get("/inboxes")
async def inboxes_page(runtime: Run, session: AdminSession, done: str = "") -> Response:
    """Every inbox, by channel."""
    groups = [
        (channel, resource, await runtime.db.query(setup_rows, resource))
        for channel, resource in INBOXES.items()
    ]
    return page(runtime, session, "admin/inboxes.html", "inboxes", groups=groups, done=done)


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
