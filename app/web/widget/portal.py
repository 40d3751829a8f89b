"""From the chat of a site that has signed who somebody is, on to their own pages: a form opens
them in a tab of their own with a token that is good once, for two minutes."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from app import clock
from app.actions.portal_link import hand_over
from app.db import NotFound, Tx
from app.queries.portal_door import (
    PortalBrand,
    portal_brand,
    signed_in_visitor,
    verified_emails,
)
from app.queries.visitor import find_visitor
from app.security.csrf import comes_from_us
from app.web.late_route import LateRoute
from app.web.request import Run, client_ip
from app.web.widget.door import Guest, VisitorUnknown

router = APIRouter(prefix="/widget", include_in_schema=False, route_class=LateRoute)


@router.post("/portal")
async def my_pages(
    request: Request, runtime: Run, token: Annotated[str, Form(max_length=100)] = ""
) -> Response:
    """On to the pages; whom no site has vouched for lately finds their front door."""
    await runtime.limits.take("public", client_ip(request), "portal")
    found = await runtime.db.query(find_visitor, token, clock.now())
    if found is None or not comes_from_us(request):
        raise VisitorUnknown
    guest = Guest(*found)
    brand = await runtime.db.query(portal_brand, guest.door.brand_slug)
    if brand is None:
        raise NotFound
    proof = await runtime.db.write(_hand_over, guest, brand)
    return RedirectResponse(f"{brand.here}in/{proof}" if proof else brand.here, 303)


def _hand_over(tx: Tx, guest: Guest, brand: PortalBrand) -> str:
    customer_id = signed_in_visitor(tx.conn, guest.visitor, brand.slug, tx.now)
    if customer_id is None:
        return ""
    emails = verified_emails(tx.conn, customer_id)
    return hand_over(tx, brand, customer_id, emails[0] if emails else "")
