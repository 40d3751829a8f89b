"""The chat widget: what visitors load, say, see and send."""

from fastapi import APIRouter, FastAPI, Request
from fastapi.responses import Response

from app.pages import N_
from app.runtime import Runtime
from app.web.errors import problem
from app.web.request import locale_of
from app.web.widget import answers, files, frame, portal, session, suggest, talk
from app.web.widget.door import SiteNotAllowed, VisitorUnknown
from app.web.widget.draw import register_fragments

__all__ = ["install", "register_fragments", "router"]

router = APIRouter()
for part in (frame, session, talk, answers, files, suggest, portal):
    router.routes.extend(part.router.routes)


def install(app: FastAPI) -> None:
    """Answer the widget's own refusals."""
    app.add_exception_handler(VisitorUnknown, _unknown)
    app.add_exception_handler(SiteNotAllowed, _not_allowed)


async def _unknown(request: Request, error: Exception) -> Response:
    return problem(401, "Open the chat again.", code="visitor_unknown")


async def _not_allowed(request: Request, error: Exception) -> Response:
    runtime: Runtime = request.app.state.runtime
    text = N_("This chat may not be shown on this site. Its owner can allow the site.")
    return problem(403, runtime.pages.translate(locale_of(request), text), code="site_not_allowed")
