"""Pages of a list: a cursor in the address, and a Link header (RFC 8288) to the page after."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import Query, Request
from starlette.responses import Response

from app.web.api.values import Id, Seq

Limit = Annotated[int, Query(ge=1, le=200, description="how many at most")]
Before = Annotated[
    Id | None, Query(description="the last id of the page before; the Link header has it")
]
After = Annotated[Seq, Query(description="the last seq that you have")]


def page_of(
    request: Request,
    response: Response,
    rows: Sequence[dict[str, Any]],
    limit: int,
    *,
    cursor: str = "before",
    field: str = "id",
) -> list[dict[str, Any]]:
    """The first `limit` of the rows, of which one more was read to know whether there are others;
    then the answer says where: `Link: </api/v1/…?before=17&limit=50>; rel="next"`."""
    shown = list(rows[:limit])
    if len(rows) > limit:
        there = request.url.include_query_params(**{cursor: shown[-1][field]})
        response.headers["Link"] = f'<{there.path}?{there.query}>; rel="next"'
    return shown


def place_of(text: str | None) -> tuple[int, int] | None:
    """A place in a list that is not ordered by id: the rank and id of the last row before."""
    if text is None:
        return None
    rank, _, last_id = text.partition(".")
    return int(rank), int(last_id)
