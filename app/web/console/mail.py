"""A mail's own HTML, shown on demand: cleaned, in a frame without scripts, nothing loaded from
elsewhere unless the reader asks for the pictures; those are fetched by us."""

import asyncio
import re
from concurrent.futures import ThreadPoolExecutor
from typing import Annotated
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse, HTMLResponse, Response
from markupsafe import escape

from app.actions.sender_pictures import always_show_pictures
from app.db import NotFound
from app.queries.message_source import kept_mail, message_source
from app.runtime import Runtime
from app.security.mail_html import clean
from app.security.mail_numbers import hide_numbers
from app.security.mail_quotes import fold
from app.security.outgoing import NotCalled
from app.security.permissions import Actor
from app.security.remote_picture import LONGEST_URL, cached, is_signed, sign
from app.web.console.refusals import ConsoleRoute
from app.web.files import SANDBOX
from app.web.request import Run, SignedIn

router = APIRouter(route_class=ConsoleRoute)

# A mail may ask for a hundred pictures at once, and their servers may all be slow.
_FETCHING = ThreadPoolExecutor(4, "pictures")
_PAGE = {
    "Content-Security-Policy": (
        "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline' 'self'; "
        "frame-ancestors 'self'; base-uri 'none'; form-action 'none'; "
        "sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox allow-modals"
    ),
    "Cache-Control": "private, no-store",
    "Referrer-Policy": "no-referrer",
}
_PICTURE = {
    "Content-Security-Policy": SANDBOX,
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "private, max-age=86400",
}


@router.get("/messages/{message_id}/original")
async def original(
    runtime: Run, session: SignedIn, message_id: int, images: bool = False, dark: bool = False
) -> Response:
    """The mail's HTML as a page for a sandboxed frame."""
    source = await runtime.db.query(message_source, session.actor, message_id)
    if not source.html:
        raise NotFound
    trusted = source.customer_id in session.preferences.get("pictures_from", ())

    def remote(url: str) -> str:
        asked = urlencode({"u": url, "s": sign(runtime.secret, message_id, url)})
        return f"/messages/{message_id}/picture?{asked}"

    locale = session.actor.locale
    found = await asyncio.to_thread(
        clean, source.html, source.inline, remote=remote if images or trusted else None
    )
    words = escape(runtime.pages.translate(locale, "Show quoted text"))
    page = runtime.pages.render(
        "console/mail.html",
        locale,
        body=await asyncio.to_thread(_shown, found.html, str(words)),
        blocked=found.blocked,
        dark=dark,
    )
    return HTMLResponse(page, headers=_PAGE)


def _shown(cleaned: str, words: str) -> str:
    return fold(hide_numbers(cleaned), words)


async def _hides(runtime: Runtime, actor: Actor, message_id: int) -> bool:
    """Whether there are numbers in it that are hidden in the thread."""
    source = await runtime.db.query(message_source, actor, message_id)
    hidden = await asyncio.to_thread(hide_numbers, source.html)
    return source.hides or hidden != source.html


@router.get("/messages/{message_id}/picture")
async def picture(
    runtime: Run,
    session: SignedIn,
    message_id: int,
    u: Annotated[str, Query(max_length=LONGEST_URL)],
    s: str,
) -> Response:
    """A picture of this mail from elsewhere; 404 for any address that the mail's page did not
    give, and for what is no picture or may not be asked for."""
    await runtime.db.query(message_source, session.actor, message_id)
    if not is_signed(runtime.secret, message_id, u, s):
        raise NotFound
    folder = runtime.settings.data_dir / "pictures"
    loop = asyncio.get_running_loop()
    try:
        found = await loop.run_in_executor(_FETCHING, cached, folder, u)
    except NotCalled:
        return Response(status_code=404, headers=_PICTURE | {"Cache-Control": "no-store"})
    return Response(found.data, media_type=found.content_type, headers=_PICTURE)


@router.post("/messages/{message_id}/always-pictures", status_code=204)
async def always_pictures(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """From now on show this agent the pictures of this sender's mails at once."""
    await runtime.db.write(always_show_pictures, session.actor, message_id)
    return Response(status_code=204)


@router.get("/messages/{message_id}/eml")
async def eml(runtime: Run, session: SignedIn, message_id: int) -> Response:
    """The mail byte for byte as it came, for a mail program or an investigation."""
    mail = await runtime.db.query(kept_mail, session.actor, message_id)
    if not session.actor.reveals and await _hides(runtime, session.actor, message_id):
        raise NotFound
    path = runtime.files.path(mail.hash)
    if not path.exists():
        raise NotFound
    runtime.looks.saw(session.actor, mail.customer_id, f"mail {message_id}", action="downloaded")
    name = re.sub(r"[^\w .-]+", " ", mail.subject).strip(" .")[:80] or "mail"
    return FileResponse(
        path,
        media_type="message/rfc822",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}.eml",
            "Content-Security-Policy": SANDBOX,
            "Cache-Control": "private, no-store",
        },
    )
