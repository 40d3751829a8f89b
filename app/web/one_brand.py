"""One brand at a time: whoever serves several says which of them their lists show."""

from urllib.parse import urlsplit

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app.db import NotFound
from app.security.sessions import look_at_brand
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn

router = APIRouter(include_in_schema=False, route_class=LateRoute)


@router.post("/brand")
async def choose_brand(
    request: Request, runtime: Run, session: SignedIn, brand: str = Form("", max_length=18)
) -> Response:
    """From now on this browser's lists show one brand, or all again; back to the page."""
    chosen = int(brand) if brand.isdecimal() else None
    if chosen is not None and chosen not in {one.id for one in session.brands}:
        raise NotFound
    await runtime.db.write(look_at_brand, session.hash, chosen)
    return RedirectResponse(_page_of(request), 303)


def _page_of(request: Request) -> str:
    """The page the form stood on, without what was chosen there of another brand."""
    path = urlsplit(request.headers.get("referer", "")).path
    whole = path in ("/inbox", "/due", "/calendar", "/customers", "/knowledge")
    return path if whole or path.startswith(("/supervise", "/knowledge/")) else "/inbox"
