"""One line in the log and one observation for each request: what was asked, how it went, how long.

Neither the line nor the numbers hold a query, a body or a header: addresses can carry tokens,
bodies are words of people. Every answer and all that is logged meanwhile carry the request id.
"""

import re
import time

import structlog
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import clock
from app.metrics import Metrics

UNKNOWN = "(none)"  # no route has this address
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_QUIET = (
    "/static",
    "/healthz",
    "/readyz",
    "/metrics",
    "/tv/{token}/board",
)  # asked all day, by machines
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
_log = structlog.get_logger("app.requests")


class RequestLog:
    """Outermost of all: what the other guards refuse is counted too."""

    def __init__(self, app: ASGIApp, *, metrics: Metrics, product: FastAPI) -> None:
        self._app = app
        self._metrics = metrics
        self._product = product
        self._templates: dict[int, str] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began, status = time.perf_counter(), 500
        request_id = _id_of(scope)

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-ID"] = request_id
            await send(message)

        with structlog.contextvars.bound_contextvars(request_id=request_id):
            try:
                await self._app(scope, receive, watched)
            finally:
                self._note(scope, status, time.perf_counter() - began)

    def _note(self, scope: Scope, status: int, seconds: float) -> None:
        method = scope["method"] if scope["method"] in METHODS else "other"
        route = self._template(scope)
        self._metrics.answered(method, route, status, seconds)
        say = _log.debug if route in _QUIET else _log.info
        say("request", method=method, route=route, status=status, ms=round(seconds * 1000, 1))

    def _template(self, scope: Scope) -> str:
        """The address of the route that answered, with its parameters' names."""
        route = scope.get("route")
        if route is None:  # nothing, or something mounted, such as the static files
            mounted: str = scope.get("root_path", "").removeprefix(scope.get("app_root_path", ""))
            return mounted or UNKNOWN
        if id(route) not in self._templates:  # routes do not change once the product serves
            for known in iter_route_contexts(self._product.routes):
                self._templates[id(known.original_route)] = known.path or UNKNOWN
        return self._templates.get(id(route), UNKNOWN)


def _id_of(scope: Scope) -> str:
    """The id a proxy gave the request, if it looks like one, else a new one."""
    given = Headers(scope=scope).get("x-request-id", "")
    return given if _REQUEST_ID.fullmatch(given) else clock.new_id()
