"""What stands before every route: proxies, headers, sizes, and the check who sent the request."""

import re

from fastapi import FastAPI
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from app import clock
from app.runtime import Runtime
from app.security.body_limit import BodyLimit
from app.security.csrf import CsrfMiddleware
from app.security.headers import SecurityHeaders
from app.security.sessions import Session, find_session
from app.web.errors import refusal
from app.web.request import cookie_name
from app.web.request_log import RequestLog

MB = 1_000_000
ROOM = 1.4  # files travel as base64 or with the fields of a form around them
# What is put as a whole: keys are asked for before a byte of it is read.
SETS = re.compile(r"/api/v1/(brands/[^/]+/articles(/bulk)?|knowledge/(training|unanswered))")
LARGEST_SET = 100 * MB


def install(app: FastAPI, runtime: Runtime) -> None:
    """Put the guards before the routes; the last one added is the first one asked."""
    settings = runtime.settings

    async def find(token: str) -> Session | None:
        return await runtime.db.query(find_session, token, clock.now(), settings.session_idle_h)

    app.add_middleware(
        CsrfMiddleware,
        cookie=cookie_name(runtime),
        base_url=settings.base_url,
        find=find,
        refuse=refusal,
    )
    app.add_middleware(
        BodyLimit,
        largest=int(settings.max_upload_mb * MB * ROOM) + MB,
        refuse=refusal,
        sets=SETS,
        largest_set=LARGEST_SET,
    )
    app.add_middleware(SecurityHeaders, https=settings.secure)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=settings.trusted_proxies)
    app.add_middleware(RequestLog, metrics=runtime.metrics, product=app)
