"""Is the process alive, is it ready to serve, and how is it doing?"""

import hmac
from ipaddress import ip_address

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy import text

from app import clock
from app.db import NotFound
from app.metrics import CONTENT_TYPE, Figure
from app.queries.backlog import Backlog, backlog
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip

router = APIRouter(include_in_schema=False, route_class=LateRoute)
_PASSED_ON = ("forwarded", "x-forwarded-for", "x-real-ip", "via")


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(request: Request, runtime: Run) -> JSONResponse:
    """The database answers and the product takes requests; 503 before that and while it stops."""
    if not request.app.state.ready:
        return JSONResponse({"status": "starting"}, 503)
    async with runtime.db.read() as conn:
        await conn.execute(text("SELECT 1"))
    return JSONResponse({"status": "ready"})


@router.get("/metrics")
async def metrics(request: Request, runtime: Run) -> Response:
    """Numbers for Prometheus, for who has METRICS_TOKEN; without one, only for this machine."""
    if not _may_scrape(request, runtime.settings.metrics_token):
        raise NotFound
    found = await runtime.db.query(backlog)
    return Response(runtime.metrics.page(_figures(found)), media_type=CONTENT_TYPE)


def _may_scrape(request: Request, token: str) -> bool:
    if token:
        sent = request.headers.get("authorization", "")
        return hmac.compare_digest(sent.encode(), f"Bearer {token}".encode())
    if any(name in request.headers for name in _PASSED_ON):
        return False  # a proxy on this machine speaks for somebody else
    try:
        return ip_address(client_ip(request)).is_loopback
    except ValueError:
        return False


def _figures(found: Backlog) -> list[Figure]:
    now = clock.now()

    def age_s(at: int | None) -> float:
        return max(0, now - at) / 1000 if at is not None else 0.0

    return [
        Figure("outbox_messages", "Mails that are not sent yet.", ("state",), found.outbox),
        Figure("fetched_mails", "Mails that are not read yet.", ("state",), found.mails),
        Figure("contacts", "Contacts that are going on.", ("status",), found.contacts),
        Figure(
            "oldest_waiting_seconds",
            "Age of the contact that waits longest.",
            (),
            {(): age_s(found.oldest_waiting_at)},
        ),
        Figure(
            "oldest_outbox_seconds",
            "Age of the mail that waits longest to be sent.",
            (),
            {(): age_s(found.oldest_queued_at)},
        ),
    ]
