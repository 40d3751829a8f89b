"""Asking a colleague: who can be asked, the answer, handing over."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app import clock
from app.actions.consult import (
    ask_colleague,
    decline_consult,
    hand_over,
    join_consult,
    leave_consult,
)
from app.actions.send_message import Reply
from app.db import Invalid
from app.pages import N_
from app.queries.choices import colleague_choices
from app.queries.inbox import View
from app.queries.thread import thread_head
from app.security.permissions import Actor
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.refusals import ConsoleRoute
from app.web.console.view import query_of
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute)


@router.get("/inbox/{conversation_id}/consult")
async def consult_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """Who can be asked."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        return {"head": head, "colleagues": colleague_choices(conn, actor, head.brand_id)}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_ask_colleague.html", **found))


@router.post("/inbox/{conversation_id}/consult")
async def ask(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    colleague: str = Form("", max_length=20),
    question: str = Form("", max_length=20_000),
) -> Response:
    """Ask a colleague to join; the question is a note."""
    if not colleague.isdecimal():
        raise Invalid(agent="unknown")
    note = Reply(question, clock.new_id(), kind="note") if question.strip() else None
    await runtime.db.write(ask_colleague, actor, conversation_id, int(colleague), note)
    return Response(status_code=204)


@router.post("/consults/{consult_id}/join")
async def join(runtime: Run, actor: Who, consult_id: int) -> Response:
    """Come in and look."""
    conversation_id = await runtime.db.write(join_consult, actor, consult_id)
    where = f"/inbox/{conversation_id}{query_of(View(name='all'))}"
    return told(consult__answered={"id": consult_id}, conversation__open={"url": where})


@router.post("/consults/{consult_id}/decline")
async def decline(runtime: Run, actor: Who, consult_id: int) -> Response:
    """Not now."""
    await runtime.db.write(decline_consult, actor, consult_id)
    return told(consult__answered={"id": consult_id})


@router.post("/consults/{consult_id}/leave")
async def leave(runtime: Run, actor: Who, consult_id: int) -> Response:
    """The colleague leaves, or is no longer needed."""
    await runtime.db.write(leave_consult, actor, consult_id)
    return Response(status_code=204)


@router.post("/consults/{consult_id}/hand-over")
async def give(runtime: Run, actor: Who, consult_id: int) -> Response:
    """The conversation is the colleague's from now on."""
    conversation_id = await runtime.db.write(hand_over, actor, consult_id)
    notice = {"text": runtime.pages.translate(actor.locale, N_("Handed over")), "kind": "success"}
    return told(toast=notice, conversation__left={"id": conversation_id})
