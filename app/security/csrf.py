"""Nobody else's page can act for a signed-in browser: Origin check and token, before any route.

A request that may change something must come from our own pages (Origin, Sec-Fetch-Site) and, when
it carries a session, bring that session's token in the header X-CSRF-Token or in a form field.
"""

import re
from collections.abc import Awaitable, Callable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qs, urlsplit

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app.security.sessions import Session, same

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
# Doors for programs and visitors: they never look at the session and have rules of their own.
PUBLIC_DOORS = ("/api/", "/widget/", "/form/", "/unsubscribe/")
# Pages for customers: they never look at the session either, but only our own page may send them.
OPEN_PAGES = ("/answered/", "/demo/", "/my/")
FIELDS = ("csrf_token", "_csrf")
LARGEST_FORM = 2_000_000  # bytes of a plain form that is read to find the field
START_OF_UPLOAD = 65_536  # in a form with files the field stands first

FindSession = Callable[[str], Awaitable[Session | None]]
Refuse = Callable[[Request, int, str], Response]
_PART = re.compile(
    rb'name="(?:csrf_token|_csrf)"(?:\r\n[^\r\n]+)*\r\n\r\n([^\r\n]{1,200})\r\n', re.IGNORECASE
)


class CsrfMiddleware:
    """Checks unsafe requests; the session that it read is left in `request.state.session`.

    `cookie` is the session cookie's name, `base_url` the address of the installation, `refuse`
    makes the answer from a request, a status and a code.
    """

    def __init__(
        self, app: ASGIApp, *, cookie: str, base_url: str, find: FindSession, refuse: Refuse
    ) -> None:
        self._app = app
        self._cookie = cookie
        self._host = urlsplit(base_url).netloc
        self._find = find
        self._refuse = refuse

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (
            scope["type"] != "http"
            or scope["method"] in SAFE_METHODS
            or scope["path"].startswith(PUBLIC_DOORS)
        ):
            await self._app(scope, receive, send)
            return
        request = Request(scope)
        if not comes_from_us(request, self._host):
            await self._refuse(request, 403, "foreign_origin")(scope, receive, send)
            return
        if scope["path"].startswith(OPEN_PAGES):
            await self._app(scope, receive, send)
            return
        token = _cookie(request, self._cookie)
        session = await self._find(token) if token else None
        if session is not None:
            sent = request.headers.get("x-csrf-token", "")
            if not sent:
                sent, receive = await _from_form(request, receive)
            if not same(sent, session.csrf):
                await self._refuse(request, 403, "csrf")(scope, receive, send)
                return
            scope.setdefault("state", {})["session"] = session
        await self._app(scope, receive, send)


def comes_from_us(request: Request, own_host: str = "") -> bool:
    """Whether a page of ours made the request; programs that say nothing of it are let through.

    Also for sockets, where `Origin` is always sent by browsers.
    """
    origin = request.headers.get("origin")
    if origin is not None:
        host = urlsplit(origin).netloc
        return bool(host) and host in (request.headers.get("host", ""), own_host)
    return request.headers.get("sec-fetch-site", "none") in ("same-origin", "none")


def _cookie(request: Request, name: str) -> str:
    try:
        found = SimpleCookie(request.headers.get("cookie", "")).get(name)
    except CookieError:
        return ""
    return found.value if found else ""


async def _from_form(request: Request, receive: Receive) -> tuple[str, Receive]:
    """The token in the form that is being sent, and a `receive` that gives the body once more."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        body, seen = await _read(receive, LARGEST_FORM)
        fields = parse_qs(body.decode("latin-1"), keep_blank_values=True, max_num_fields=5000)
        sent = next((fields[name][0] for name in FIELDS if name in fields), "")
    elif kind == "multipart/form-data":
        body, seen = await _read(receive, START_OF_UPLOAD)
        part = _PART.search(body)
        sent = part[1].decode("latin-1") if part else ""
    else:
        return "", receive
    return sent, _again(seen, receive)


async def _read(receive: Receive, limit: int) -> tuple[bytes, list[Message]]:
    body, seen = b"", []
    while len(body) < limit:
        message = await receive()
        seen.append(message)
        if message["type"] != "http.request":
            break
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    return body, seen


def _again(seen: list[Message], receive: Receive) -> Receive:
    waiting = iter(seen)

    async def replay() -> Message:
        message = next(waiting, None)
        return message if message is not None else await receive()

    return replay
