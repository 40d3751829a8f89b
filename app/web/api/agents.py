"""Agents, their presence, and the offers made to them, over the API."""

from typing import Any

from fastapi import APIRouter

from app.actions.ask_help import ask_help, stop_help
from app.actions.offer import accept_offer, decline_offer
from app.actions.set_presence import set_presence
from app.queries import record_codes, record_people, record_work, records
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.conversation import ConversationShape
from app.web.api.shapes.people import AgentShape, HelpBody, PauseReasonShape, PresenceBody
from app.web.api.shapes.work import DeclineBody, OfferShape
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute)


@router.get("/agents", response_model=list[AgentShape], tags=["agents"])
async def list_agents(runtime: Run, caller: Caller) -> Any:
    """The agents of your brands and how they are doing."""
    return await runtime.db.query(record_people.list_agents, caller)


@router.get("/agents/me", response_model=AgentShape, tags=["agents"])
async def get_me(runtime: Run, caller: Caller) -> Any:
    """Whose key this is."""
    return await runtime.db.query(record_people.get_agent, caller, caller.agent_id)


@router.put("/agents/{agent_id}/presence", response_model=AgentShape, tags=["agents"])
async def put_presence(runtime: Run, caller: Caller, agent_id: Id, body: PresenceBody) -> Any:
    """Set your own presence; a supervisor may set anybody's."""
    if agent_id != caller.agent_id:
        caller.require("supervise")
    await runtime.db.query(record_people.get_agent, caller, agent_id)
    await runtime.db.write(set_presence, agent_id, body.state, body.reason, body.pause_reason_id)
    return await runtime.db.query(record_people.get_agent, caller, agent_id)


@router.get("/pause-reasons", response_model=list[PauseReasonShape], tags=["agents"])
async def list_pause_reasons(runtime: Run, caller: Caller) -> Any:
    """Why agents may be away, in the order of their menu."""
    return await runtime.db.query(record_codes.list_pause_reasons)


@router.put("/agents/me/help", response_model=AgentShape, tags=["agents"])
async def put_help(runtime: Run, caller: Caller, body: HelpBody) -> Any:
    """Ask a supervisor to come, or take that back."""
    if body.wanted:
        await runtime.db.write(ask_help, caller, body.conversation_id)
    else:
        await runtime.db.write(stop_help, caller.agent_id)
    return await runtime.db.query(record_people.get_agent, caller, caller.agent_id)


@router.get("/offers", response_model=list[OfferShape], tags=["offers"])
async def list_offers(runtime: Run, caller: Caller) -> Any:
    """The offers that wait for your answer, the most urgent first, and what they are about."""
    return await runtime.db.query(record_work.list_offers, caller)


@router.post("/offers/{offer_id}/accept", response_model=ConversationShape, tags=["offers"])
async def accept_an_offer(runtime: Run, caller: Caller, offer_id: Id) -> Any:
    """Take it; the answer is the conversation."""
    conversation_id = await runtime.db.write(accept_offer, caller, offer_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/offers/{offer_id}/decline", status_code=204, tags=["offers"])
async def decline_an_offer(
    runtime: Run, caller: Caller, offer_id: Id, body: DeclineBody | None = None
) -> None:
    """Pass; the contact keeps its place and others are asked first."""
    await runtime.db.write(decline_offer, caller, offer_id, body.reason if body else "")
