"""The supervisor's screens: the wallboard, the contacts behind its numbers, and stepping in."""

from collections.abc import Callable
from typing import Any

from fastapi import APIRouter, Form, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from app.actions.queue import close_queue
from app.actions.transfer import assign
from app.db import NotFound
from app.live.fragments import View, partial
from app.pages import N_, toast
from app.queries.choices import colleague_choices
from app.queries.record_work import list_queues
from app.queries.wallboard import WHATS, Board, Brands, board_contacts, wallboard
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.request import Run, SignedIn, Supervisor, frame, html

router = APIRouter(prefix="/supervise", include_in_schema=False)


@router.get("")
async def board(runtime: Run, session: SignedIn, who: Supervisor) -> HTMLResponse:
    """The wallboard; it goes on by itself over the socket."""
    found = await runtime.db.query(wallboard, who.brands)
    return _page(runtime, session, "supervise/wallboard.html", board=found)


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
    return _page(
        runtime,
        session,
        "supervise/contacts.html",
        rows=rows,
        what=what,
        queue=names.get(queue, ""),
        agents=await runtime.db.query(colleague_choices, who),
    )


@router.post("/assign")
async def give(
    runtime: Run, who: Supervisor, conversation_id: int = Form(), agent_id: int = Form()
) -> Response:
    """Give a contact to an agent, past capacity where need be."""
    await runtime.db.write(assign, who, conversation_id, agent_id)
    done = runtime.pages.translate(who.locale, N_("Given. It is on their screen now."))
    return Response(status_code=204, headers={**toast(done), "HX-Refresh": "true"})


@router.post("/queues/{queue_id}")
async def close(runtime: Run, who: Supervisor, queue_id: int, closed: str = Form()) -> Response:
    """Close a queue for the moment, or open it again."""
    await runtime.db.write(close_queue, who, queue_id, closed == "yes")
    return Response(status_code=204)


def register_fragments(runtime: Runtime) -> None:
    """Say how the board is read and drawn, for its ticks."""

    def draw(found: Board, view: View) -> str:
        drawn = runtime.pages.render(
            "supervise/_board.html", view.locale, board=found, time_zone=view.time_zone
        )
        return partial("#board", drawn, "outerMorph")

    load: Callable[[Connection, Brands], Board] = wallboard
    runtime.live.fragments.register_board(load, draw)


def _page(runtime: Runtime, session: Session, template: str, **context: Any) -> HTMLResponse:
    who: Actor = session.actor
    return html(
        runtime.pages.render(template, who.locale, **frame(session), section="supervise", **context)
    )
