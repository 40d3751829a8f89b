"""Stepping in: take back, give to somebody, capacity, state, close a queue, tell everybody."""

from typing import Annotated

from fastapi import APIRouter, Form
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from app.actions.agent_capacity import change_capacity
from app.actions.queue import close_queue
from app.actions.step_in import broadcast, end_help, set_state_of, withdraw_broadcast
from app.actions.transfer import assign, unassign
from app.db import NotFound
from app.pages import N_, toast
from app.queries.board_now import AgentRow, agents_now, held_now
from app.queries.choices import colleague_choices
from app.queries.notices import standing_broadcasts
from app.queries.record_work import list_queues
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Supervisor
from app.web.supervise.page import page

router = APIRouter(route_class=ConsoleRoute)


@router.get("/agents/{agent_id:int}")
async def agent_sheet(
    runtime: Run, session: SignedIn, who: Supervisor, agent_id: int
) -> HTMLResponse:
    """What can be done about one agent."""

    def read(conn: Connection) -> AgentRow | None:
        found = agents_now(conn, who.brands, held_now(conn, who.brands), agent_id=agent_id)
        return found[0] if found else None

    agent = await runtime.db.query(read)
    if agent is None:
        raise NotFound
    colleagues = await runtime.db.query(colleague_choices, who)
    return page(
        runtime, session, "supervise/_agent.html",
        agent=agent, colleagues=[one for one in colleagues if one.id != agent_id],
    )  # fmt: skip


@router.post("/agents/{agent_id:int}/capacity")
async def capacity(
    runtime: Run,
    who: Supervisor,
    agent_id: int,
    units: Annotated[int, Form()],
    hours: Annotated[int, Form()] = 4,
    note: Annotated[str, Form(max_length=200)] = "",
) -> Response:
    """What an agent can hold, for some hours."""
    await runtime.db.write(change_capacity, who, agent_id, units, hours, note)
    return _done(runtime, who, N_("It holds from now on."))


@router.post("/agents/{agent_id:int}/state")
async def state(
    runtime: Run, who: Supervisor, agent_id: int, state: Annotated[str, Form()]
) -> Response:
    """Make an agent available, away or offline."""
    await runtime.db.write(set_state_of, who, agent_id, state)
    return _done(runtime, who, N_("Done"))


@router.post("/agents/{agent_id:int}/helped")
async def helped(runtime: Run, who: Supervisor, agent_id: int) -> Response:
    """Somebody is there: the call for help is answered."""
    await runtime.db.write(end_help, who, agent_id)
    return _done(runtime, who, N_("Done"))


@router.post("/assign")
async def give(
    runtime: Run,
    who: Supervisor,
    conversation_id: Annotated[int, Form()],
    agent_id: Annotated[int, Form()],
) -> Response:
    """Give a contact to an agent, past capacity where need be."""
    await runtime.db.write(assign, who, conversation_id, agent_id)
    return _done(runtime, who, N_("Given. It is on their screen now."))


@router.post("/take-back")
async def take_back(
    runtime: Run, who: Supervisor, conversation_id: Annotated[int, Form()]
) -> Response:
    """Back into its queue, with its age."""
    await runtime.db.write(unassign, who, conversation_id)
    return _done(runtime, who, N_("Back in its queue, where it stood."))


@router.post("/queues/{queue_id:int}")
async def close(
    runtime: Run, who: Supervisor, queue_id: int, closed: Annotated[str, Form()]
) -> Response:
    """Close a queue for the moment, or open it again."""
    await runtime.db.write(close_queue, who, queue_id, closed == "yes")
    return Response(status_code=204)


@router.get("/broadcast")
async def broadcast_form(runtime: Run, session: SignedIn, who: Supervisor) -> HTMLResponse:
    """The form for a word to everybody, and what was said."""
    return page(
        runtime, session, "supervise/_broadcast.html",
        queues=await runtime.db.query(list_queues, who),
        broadcasts=await runtime.db.query(standing_broadcasts, who),
    )  # fmt: skip


@router.post("/broadcast")
async def tell(
    runtime: Run,
    who: Supervisor,
    text: Annotated[str, Form(max_length=2_000)] = "",
    queue_id: Annotated[str, Form()] = "",
) -> Response:
    """Say it."""
    queue = int(queue_id) if queue_id.isascii() and queue_id.isdecimal() else None
    await runtime.db.write(broadcast, who, text, queue)
    return _done(runtime, who, N_("It stands on their screens now."))


@router.post("/broadcast/{broadcast_id:int}/withdraw")
async def withdraw(runtime: Run, who: Supervisor, broadcast_id: int) -> Response:
    """Take it down."""
    await runtime.db.write(withdraw_broadcast, who, broadcast_id)
    return _done(runtime, who, N_("Taken down."))


def _done(runtime: Runtime, who: Actor, words: str) -> Response:
    """204: the board moves by itself; the page closes its dialog, a list is drawn anew."""
    said = toast(runtime.pages.translate(who.locale, words), "success")
    trigger = said["HX-Trigger"][:-1] + ', "supervise:done": {"target": "body"}}'
    return Response(status_code=204, headers={"HX-Trigger": trigger})
