"""Listening in: monitor, whisper, barge. A live thread of its own that nobody sees one look at."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from app import clock
from app.actions.watch import leave_watch, speak, watch, whisper
from app.pages import N_
from app.queries.thread import thread
from app.queries.watches import watch_log, watched
from app.web.console.answers import trigger
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Supervisor, html

router = APIRouter(prefix="/watch", route_class=ConsoleRoute)


@router.post("")
async def begin(
    request: Request,
    runtime: Run,
    who: Supervisor,
    conversation_id: Annotated[int, Form()],
    mode: Annotated[str, Form()] = "monitor",
) -> Response:
    """Begin to listen in."""
    await runtime.db.write(watch, who, conversation_id, mode)
    page = f"/supervise/watch/{conversation_id}"
    if "hx-request" in request.headers:
        return Response(status_code=204, headers={"HX-Redirect": page})
    return RedirectResponse(page, 303)


@router.get("/{conversation_id}")
async def watch_page(
    runtime: Run, session: SignedIn, who: Supervisor, conversation_id: int
) -> HTMLResponse:
    """The conversation as it goes on, with what one may do in this mode."""
    state = await runtime.db.query(watched, who, conversation_id)
    found = await runtime.db.query(thread, who, conversation_id)
    log = await runtime.db.query(watch_log, who, conversation_id)
    text = draw(
        runtime, session, "supervise/watch.html",
        section="supervise", tab="wallboard", thread=found, watched=state, log=log,
        key=clock.new_id(),
    )  # fmt: skip
    return html(text)


@router.get("/{conversation_id}/state")
async def state_part(
    runtime: Run, session: SignedIn, who: Supervisor, conversation_id: int
) -> HTMLResponse:
    """Mode and writing line anew: after a change, after a connection."""
    state = await runtime.db.query(watched, who, conversation_id)
    text = draw(runtime, session, "supervise/_watch_state.html", watched=state, key=clock.new_id())
    return html(text)


@router.post("/{conversation_id}/mode")
async def change(
    runtime: Run, who: Supervisor, conversation_id: int, mode: Annotated[str, Form()]
) -> Response:
    """Go on in another mode."""
    await runtime.db.write(watch, who, conversation_id, mode)
    return Response(status_code=204)


@router.post("/{conversation_id}/leave")
async def leave(runtime: Run, who: Supervisor, conversation_id: int) -> Response:
    """Listen in no longer."""
    await runtime.db.write(leave_watch, who, conversation_id)
    return Response(status_code=204, headers={"HX-Redirect": "/supervise"})


@router.post("/{conversation_id}/messages")
async def say(
    runtime: Run,
    session: SignedIn,
    who: Supervisor,
    conversation_id: int,
    text: Annotated[str, Form(max_length=100_000)] = "",
    key: Annotated[str, Form(max_length=64)] = "",
    to: Annotated[str, Form()] = "agent",
) -> Response:
    """A whisper to the agent, or, joined, a message to the customer."""
    action = speak if to == "customer" else whisper
    await runtime.db.write(action, who, conversation_id, text, key)
    words = N_("Sent to the customer") if to == "customer" else N_("Whispered")
    said = runtime.pages.translate(who.locale, words)
    state = await runtime.db.query(watched, who, conversation_id)
    drawn = draw(runtime, session, "supervise/_watch_state.html", watched=state, key=clock.new_id())
    response = html(drawn)
    response.headers["HX-Trigger"] = trigger(
        toast={"text": said, "kind": "success"}, watch__sent={}
    )
    return response
