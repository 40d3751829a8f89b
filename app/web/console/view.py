"""Which part of the list somebody looks at: read from the address, written back into links."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query, Request

from app.queries.inbox import SORTS, STATUSES, VIEWS, View
from app.web.request import SignedIn

DEFAULTS = {"view": "mine", "status": "open"}


def view_of(
    session: SignedIn,
    view: str = "mine",
    status: str = "open",
    queue: int | None = None,
    brand: int | None = None,
    tag: str = Query("", max_length=60),
    q: str = Query("", max_length=200),
    before: str = "",
    sort: str = "",
) -> View:
    """The view an address asks for; what it does not know is the default. Without an order it is
    the one that was chosen last."""
    usual = session.preferences.get("list_sort", SORTS[0])
    return View(
        name=view if view in VIEWS else "mine",
        status=status if status in STATUSES else "open",
        queue_id=queue,
        brand_id=brand,
        tag=tag,
        q=q.strip(),
        before=_position(before),
        sort=sort if sort in SORTS else usual,
        usual=usual,
    )


Looking = Annotated[View, Depends(view_of)]


def query_of(view: View, /, **changes: object) -> str:
    """The query string of a view, with some things changed; empty for the default."""
    values = {
        "view": view.name,
        "status": view.status,
        "queue": view.queue_id,
        "brand": view.brand_id,
        "tag": view.tag,
        "q": view.q,
        "sort": view.sort,
        **changes,
    }
    if values["sort"] == view.usual == SORTS[0]:
        del values["sort"]  # what an address without an order means to everybody at first
    kept = {name: value for name, value in values.items() if value and value != DEFAULTS.get(name)}
    return f"?{urlencode(kept)}" if kept else ""


def wants_only(request: Request, target: str) -> bool:
    """Whether htmx asks for one element of the page, rather than a browser for all of it."""
    return (
        request.headers.get("hx-target", "").endswith(f"#{target}")
        and "hx-history-restore-request" not in request.headers
    )


def _position(text: str) -> tuple[int, int] | None:
    at, _, last_id = text.partition(".")
    known = all(part.isdecimal() and len(part) < 19 for part in (at, last_id))
    return (int(at), int(last_id)) if known else None
