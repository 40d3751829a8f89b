"""What the host page loads: the frame, its colours, and the number of unread answers."""

import json
import re

from fastapi import APIRouter, Request
from fastapi.responses import Response

from app.db import NotFound
from app.models.inbox_settings import localised
from app.queries.visitor import unread_of_session
from app.security.headers import content_security_policy
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip, html
from app.web.widget.door import SiteNotAllowed, allows, door_of, frame_ancestors, language
from app.web.widget.links import Links
from app.web.widget.theme import palette

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)
_COLOR = re.compile(r"[0-9a-f]{6}")
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.:\[\]-]{1,255}")


@router.get("/frame")
async def frame(
    request: Request, runtime: Run, key: str, lang: str = "", origin: str = ""
) -> Response:
    """The widget itself, in the visitor's language; the browser shows it on allowed sites only."""
    door = await door_of(runtime, key)
    await runtime.limits.take("public", client_ip(request))
    settings = door.widget
    if origin and (not _ORIGIN.fullmatch(origin) or not allows(settings.allowed_sites, origin)):
        raise SiteNotAllowed
    locale = language(request, lang)
    response = html(
        runtime.pages.render(
            "widget/frame.html",
            locale,
            door=door,
            settings=settings,
            title=localised(settings.title, locale) or door.brand_name,
            origin=origin,
            max_mb=runtime.settings.max_upload_mb,
        )
    )
    response.headers["Content-Security-Policy"] = content_security_policy(
        default_src="'none'",
        img_src="'self' blob:",
        frame_ancestors=frame_ancestors(settings.allowed_sites),
        frame_src="'none'",
    )
    return response


@router.get("/theme/{color}.css")
async def theme(color: str) -> Response:
    """A colour as a style sheet; the address says it all, so it may be kept for ever."""
    if not _COLOR.fullmatch(color):
        raise NotFound
    return Response(
        palette(f"#{color}").css(),
        media_type="text/css",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


@router.get("/badge.js")
async def badge(request: Request, runtime: Run, b: str) -> Response:
    """The number of unread answers, as a script: the host's policy need not name another source."""
    await runtime.limits.take("public", client_ip(request))
    session_id = Links(runtime.secret).opens_badge(b)
    if session_id is None:
        raise NotFound
    count = await runtime.db.query(unread_of_session, session_id)
    return Response(
        f'window.switchroom&&switchroom("unread",{json.dumps(count)})',
        media_type="text/javascript",
        headers={"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"},
    )
