"""Queues, contacts and the wallboard over the API."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query

from app.actions.callback import callback_not_reached
from app.actions.queue import close_queue
from app.actions.set_priority import set_priority
from app.db import NotFound
from app.queries import record_work
from app.queries.board_contacts import board_contacts
from app.queries.explanation import explanation
from app.queries.wallboard import wallboard
from app.web.api.access import Caller, IdempotentRoute, SupervisorCaller
from app.web.api.shapes.work import (
    BoardContactShape,
    ContactShape,
    PriorityBody,
    QueuePatch,
    QueueShape,
    RoutingShape,
    WallboardShape,
)
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute)
What = Literal["waiting", "active", "offered", "answered", "late", "abandoned", "all"]


@router.get("/queues", response_model=list[QueueShape], tags=["queues"])
async def list_queues(runtime: Run, caller: Caller) -> Any:
    """The queues you may see, and who waits in them."""
    return await runtime.db.query(record_work.list_queues, caller)


@router.patch("/queues/{queue_id}", response_model=QueueShape, tags=["queues"])
async def change_queue(
    runtime: Run, caller: SupervisorCaller, queue_id: Id, body: QueuePatch
) -> Any:
    """Close a queue (it offers nothing), or open it again."""
    await runtime.db.write(close_queue, caller, queue_id, body.closed)
    rows = await runtime.db.query(record_work.list_queues, caller)
    found = next((row for row in rows if row["id"] == queue_id), None)
    if found is None:
        raise NotFound
    return found


@router.get("/contacts/{contact_id}", response_model=ContactShape, tags=["contacts"])
async def get_contact(runtime: Run, caller: Caller, contact_id: Id) -> Any:
    """One episode of work: every offer with the record of why it was made, and why it waits."""
    return await runtime.db.query(record_work.get_contact, caller, contact_id)


@router.get("/contacts/{contact_id}/routing", response_model=RoutingShape, tags=["contacts"])
async def explain_contact(
    runtime: Run,
    caller: Caller,
    contact_id: Id,
    agent: Annotated[Id | None, Query(description="speak of this agent only")] = None,
) -> Any:
    """Why it waits, why it went to whom it went, and why not to the others."""
    return asdict(await runtime.db.query(explanation, caller, contact_id, agent))


@router.put("/contacts/{contact_id}/priority", response_model=ContactShape, tags=["contacts"])
async def change_priority(runtime: Run, caller: Caller, contact_id: Id, body: PriorityBody) -> Any:
    """Change the priority of a contact that goes on: its place in line follows."""
    found = await runtime.db.query(record_work.get_contact, caller, contact_id)
    await runtime.db.write(set_priority, caller, found["conversation_id"], body.priority)
    return await runtime.db.query(record_work.get_contact, caller, contact_id)


@router.post("/contacts/{contact_id}/not-reached", response_model=ContactShape, tags=["contacts"])
async def call_back_later(runtime: Run, caller: Caller, contact_id: Id) -> Any:
    """Nobody answered your call back: it is tried again later, at the same place in line."""
    found = await runtime.db.query(record_work.get_contact, caller, contact_id)
    await runtime.db.write(callback_not_reached, caller, found["conversation_id"])
    return await runtime.db.query(record_work.get_contact, caller, contact_id)


@router.get("/wallboard", response_model=WallboardShape, tags=["wallboard"])
async def get_wallboard(runtime: Run, caller: SupervisorCaller) -> Any:
    """Who waits, who works, how well it goes (supervisors)."""
    return await runtime.db.query(wallboard, caller.brands)


@router.get("/wallboard/contacts", response_model=list[BoardContactShape], tags=["wallboard"])
async def list_wallboard_contacts(
    runtime: Run,
    caller: SupervisorCaller,
    what: Annotated[What, Query(description="which number of the wallboard")] = "waiting",
    queue_id: Id | None = None,
) -> Any:
    """The contacts behind a number; at most 200."""
    return await runtime.db.query(board_contacts, caller.brands, what, queue_id)
