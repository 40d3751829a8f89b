"""The wallboard and the contacts and agents behind its numbers."""

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from app.db import NotFound
from app.live.fragments import View, partial
from app.queries.board_contacts import WHATS, board_contacts
from app.queries.board_now import AgentRow, agents_now, held_now
from app.queries.choices import colleague_choices
from app.queries.record_people import list_agents
from app.queries.record_work import list_queues
from app.queries.wallboard import Board, Brands
from app.runtime import Runtime
from app.web.late_route import LateRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.draw import agent_drawer, board_context
from app.web.supervise.page import page
from app.web.supervise.screen_page import draw_screen

router = APIRouter(route_class=LateRoute)


async def wallboard_page(
    runtime: Run, session: SignedIn, who: Supervisor, tv: bool = False
) -> HTMLResponse:
    """The wallboard; it goes on by itself over the socket. With `tv` as a screen on the wall."""
    if tv:
        source = "/supervise/tv-board"
        return await draw_screen(runtime, who.brands, who.locale, who.time_zone, source)
    board = await runtime.db.query(runtime.board.read, who.brands)
    if board.rates.at == board.at:  # this page has read them anew: the open boards follow
        runtime.live.board.changed()
    drawn = board_context(runtime.pages, board, who.locale, who.time_zone)
    return page(runtime, session, "supervise/wallboard.html", tab="wallboard", **drawn)


@router.get("/tv-board")
async def tv_board(runtime: Run, who: Supervisor) -> HTMLResponse:
    """The numbers of `?tv=1`."""
    return await draw_screen(runtime, who.brands, who.locale, who.time_zone)


@router.get("/contacts")
async def contacts(
    runtime: Run,
    session: SignedIn,
    who: Supervisor,
    what: str = "waiting",
    queue: int | None = Query(None),
    agent: int | None = Query(None),
) -> HTMLResponse:
    """The contacts behind a number of the board."""
    if what not in WHATS:
        raise NotFound
    rows = await runtime.db.query(board_contacts, who.brands, what, queue, agent)
    queue_names = {row["id"]: row["name"] for row in await runtime.db.query(list_queues, who)}
    agent_names = {row["id"]: row["name"] for row in await runtime.db.query(list_agents, who)}
    return page(
        runtime,
        session,
        "supervise/contacts.html",
        tab="wallboard",
        rows=rows,
        what=what,
        of=queue_names.get(queue) or agent_names.get(agent) or "",
        agents=await runtime.db.query(colleague_choices, who),
    )


@router.get("/agents")
async def agents(
    runtime: Run, session: SignedIn, who: Supervisor, queue: int | None = Query(None)
) -> HTMLResponse:
    """The agents of a queue, as on the board."""
    names = {row["id"]: row["name"] for row in await runtime.db.query(list_queues, who)}
    if queue is not None and queue not in names:
        raise NotFound
    board = await runtime.db.query(runtime.board.glance, who.brands)
    rows = await runtime.db.query(_agents_of, who.brands, queue)
    return page(
        runtime, session, "supervise/agents.html",
        tab="wallboard", agents=rows, people=board.rates.people, queue=names.get(queue, ""),
        agent_row=agent_drawer(runtime.pages, who.locale, who.time_zone),
    )  # fmt: skip


def _agents_of(conn: Connection, brands: Brands, queue_id: int | None) -> tuple[AgentRow, ...]:
    return agents_now(conn, brands, held_now(conn, brands), queue_id=queue_id)


def register_fragments(runtime: Runtime) -> None:
    """Say how the board is read and drawn, for its ticks."""

    def draw(found: Board, view: View) -> str:
        drawn = runtime.pages.render(
            "supervise/_board.html",
            view.locale,
            time_zone=view.time_zone,
            **board_context(runtime.pages, found, view.locale, view.time_zone),
        )
        return partial("#board", drawn, "outerMorph")

    runtime.live.fragments.register_board(runtime.board.read, draw)
