"""The wallboard and the contacts behind its numbers."""

from collections.abc import Callable

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from app.db import NotFound
from app.live.fragments import View, partial
from app.queries.choices import colleague_choices
from app.queries.record_work import list_queues
from app.queries.wallboard import WHATS, Board, Brands, board_contacts, wallboard
from app.runtime import Runtime
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page

router = APIRouter()


async def wallboard_page(runtime: Run, session: SignedIn, who: Supervisor) -> HTMLResponse:
    """The wallboard; it goes on by itself over the socket."""
    found = await runtime.db.query(wallboard, who.brands)
    return page(runtime, session, "supervise/wallboard.html", tab="wallboard", board=found)


@router.get("/contacts")
async def contacts(
    runtime: Run,
    session: SignedIn,
    who: Supervisor,
    what: str = "waiting",
    queue: int | None = Query(None),
) -> HTMLResponse:
    """The contacts behind a number of the board."""
    if what not in WHATS:
        raise NotFound
    rows = await runtime.db.query(board_contacts, who.brands, what, queue)
    names = {row["id"]: row["name"] for row in await runtime.db.query(list_queues, who)}
    return page(
        runtime,
        session,
        "supervise/contacts.html",
        tab="wallboard",
        rows=rows,
        what=what,
        queue=names.get(queue, ""),
        agents=await runtime.db.query(colleague_choices, who),
    )


def register_fragments(runtime: Runtime) -> None:
    """Say how the board is read and drawn, for its ticks."""

    def draw(found: Board, view: View) -> str:
        drawn = runtime.pages.render(
            "supervise/_board.html", view.locale, board=found, time_zone=view.time_zone
        )
        return partial("#board", drawn, "outerMorph")

    load: Callable[[Connection, Brands], Board] = wallboard
    runtime.live.fragments.register_board(load, draw)
