"""Consults over the API: asking a colleague, the answer, the warm transfer; who has listened in."""

from typing import Any

from fastapi import APIRouter, Request
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
from app.queries import records
from app.queries.consults import ConsultCard, asked_of, consult_cards, consults_in
from app.queries.watches import watch_log
from app.runtime import Runtime
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute, SupervisorCaller, message_key
from app.web.api.shapes.supervision import ConsultBody, ConsultShape, WatchShape
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute)
TAGS: list[Any] = ["consults"]


@router.get("/consults", response_model=list[ConsultShape], tags=TAGS)
async def list_consults(runtime: Run, caller: Caller) -> Any:
    """What colleagues ask you and you have not answered, the oldest first."""
    return await runtime.db.query(asked_of, caller.agent_id)


@router.get(
    "/conversations/{conversation_id}/consults", response_model=list[ConsultShape], tags=TAGS
)
async def list_consults_in(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """Who is asked and who helps in a conversation; and, for two minutes, whom you asked and who
    could not come."""
    return await runtime.db.query(_in_conversation, caller, conversation_id)


@router.post(
    "/conversations/{conversation_id}/consults",
    response_model=ConsultShape,
    status_code=201,
    tags=TAGS,
)
async def ask_a_colleague(
    request: Request, runtime: Run, caller: Caller, conversation_id: Id, body: ConsultBody
) -> Any:
    """Ask somebody who is available into a conversation of yours; it stays yours. 409
    `colleague_away`, `enough_asked`, `not_yours_to_share`."""
    note = None
    if body.question.strip():
        note = Reply(body.question, message_key(request, caller, None), kind="note")
    made = await runtime.db.write(ask_colleague, caller, conversation_id, body.agent_id, note)
    return await _card(runtime, made)


@router.post("/consults/{consult_id}/join", response_model=ConsultShape, tags=TAGS)
async def join_a_consult(runtime: Run, caller: Caller, consult_id: Id) -> Any:
    """Come in: the conversation is yours to read, and to write notes in. 409 `consult_over`."""
    await runtime.db.write(join_consult, caller, consult_id)
    return await _card(runtime, consult_id)


@router.post("/consults/{consult_id}/decline", response_model=ConsultShape, tags=TAGS)
async def decline_a_consult(runtime: Run, caller: Caller, consult_id: Id) -> Any:
    """You cannot come."""
    await runtime.db.write(decline_consult, caller, consult_id)
    return await _card(runtime, consult_id)


@router.post("/consults/{consult_id}/leave", response_model=ConsultShape, tags=TAGS)
async def leave_a_consult(runtime: Run, caller: Caller, consult_id: Id) -> Any:
    """End it, from either side."""
    await runtime.db.write(leave_consult, caller, consult_id)
    return await _card(runtime, consult_id)


@router.post("/consults/{consult_id}/hand-over", response_model=ConsultShape, tags=TAGS)
async def hand_a_conversation_over(runtime: Run, caller: Caller, consult_id: Id) -> Any:
    """The warm transfer: the conversation is the colleague's at once, with the age it has. 409
    `consult_over`, `colleague_away`, `colleague_full`."""
    await runtime.db.write(hand_over, caller, consult_id)
    return await _card(runtime, consult_id)


@router.get(
    "/conversations/{conversation_id}/watches",
    response_model=list[WatchShape],
    tags=["conversations"],
)
async def list_watches(runtime: Run, caller: SupervisorCaller, conversation_id: Id) -> Any:
    """Which supervisors have listened in, when and how, the latest first (supervisors)."""
    return await runtime.db.query(_watches, caller, conversation_id)


def _in_conversation(
    conn: Connection, actor: Actor, conversation_id: int
) -> tuple[ConsultCard, ...]:
    records.get_conversation(conn, actor, conversation_id)
    return consults_in(conn, actor, conversation_id, clock.now())


def _watches(conn: Connection, actor: Actor, conversation_id: int) -> Any:
    records.get_conversation(conn, actor, conversation_id)
    return watch_log(conn, actor, conversation_id)


async def _card(runtime: Runtime, consult_id: int) -> ConsultCard:
    """A consult of the caller's, as it is now."""
    return (await runtime.db.query(consult_cards, [consult_id]))[consult_id]
