"""Customers, agents and their presence, offers and queues over the API."""

from typing import Any

from fastapi import APIRouter, Query

from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.offer import accept_offer, decline_offer
from app.actions.queue import close_queue
from app.actions.set_presence import set_presence
from app.db import Invalid, NotFound
from app.queries import records
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes import (
    AgentShape,
    ConversationShape,
    CustomerBody,
    CustomerPatch,
    CustomerShape,
    DeclineBody,
    OfferShape,
    PresenceBody,
    QueuePatch,
    QueueShape,
)
from app.web.request import Run
from channels.identity import normalise
from channels.values import Identity, IdentityKind

router = APIRouter(route_class=IdempotentRoute)


@router.get("/customers", response_model=list[CustomerShape], tags=["customers"])
async def list_customers(
    runtime: Run,
    caller: Caller,
    q: str = Query("", max_length=200, description="part of a name, address or number"),
    before: int | None = None,
    limit: int = Query(50, ge=1, le=200),
) -> Any:
    """Customers, newest first."""
    return await runtime.db.query(records.list_customers, caller, q=q, before=before, limit=limit)


@router.get("/customers/{customer_id}", response_model=CustomerShape, tags=["customers"])
async def get_customer(runtime: Run, caller: Caller, customer_id: int) -> Any:
    """One customer with their identities."""
    return await runtime.db.query(records.get_customer, caller, customer_id)


@router.post("/customers", response_model=CustomerShape, status_code=201, tags=["customers"])
async def create_customer(runtime: Run, caller: Caller, body: CustomerBody) -> Any:
    """Make a customer, or find the one who is known by one of the identities."""
    known_as = identities_of(email=body.email, phone=body.phone, user=body.user_id)
    customer_id = await runtime.db.write(
        find_or_create_customer, known_as, body.name, body.language
    )
    return await runtime.db.query(records.get_customer, caller, customer_id)


@router.patch("/customers/{customer_id}", response_model=CustomerShape, tags=["customers"])
async def patch_customer(
    runtime: Run, caller: Caller, customer_id: int, body: CustomerPatch
) -> Any:
    """Change what is known of a customer."""
    await runtime.db.query(records.get_customer, caller, customer_id)
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    if changes:
        await runtime.db.write(edit_customer, customer_id, changes)
    return await runtime.db.query(records.get_customer, caller, customer_id)


@router.get("/agents", response_model=list[AgentShape], tags=["agents"])
async def list_agents(runtime: Run, caller: Caller) -> Any:
    """All agents and how they are doing."""
    return await runtime.db.query(records.list_agents, caller)


@router.put("/agents/{agent_id}/presence", response_model=AgentShape, tags=["agents"])
async def put_presence(runtime: Run, caller: Caller, agent_id: int, body: PresenceBody) -> Any:
    """Set your own presence; a supervisor may set anybody's."""
    if agent_id != caller.agent_id:
        caller.require("supervise")
    before = await runtime.db.query(records.list_agents, caller)
    if all(row["id"] != agent_id for row in before):
        raise NotFound
    await runtime.db.write(set_presence, agent_id, body.state, body.reason)
    after = await runtime.db.query(records.list_agents, caller)
    return next(row for row in after if row["id"] == agent_id)


@router.get("/offers", response_model=list[OfferShape], tags=["offers"])
async def list_offers(runtime: Run, caller: Caller) -> Any:
    """The offers that wait for your answer."""
    return await runtime.db.query(records.list_offers, caller)


@router.post("/offers/{offer_id}/accept", response_model=ConversationShape, tags=["offers"])
async def accept(runtime: Run, caller: Caller, offer_id: int) -> Any:
    """Take it; the answer is the conversation."""
    conversation_id = await runtime.db.write(accept_offer, caller, offer_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/offers/{offer_id}/decline", status_code=204, tags=["offers"])
async def decline(
    runtime: Run, caller: Caller, offer_id: int, body: DeclineBody | None = None
) -> None:
    """Pass; the contact keeps its place and others are asked first."""
    await runtime.db.write(decline_offer, caller, offer_id, body.reason if body else "")


@router.get("/queues", response_model=list[QueueShape], tags=["queues"])
async def list_queues(runtime: Run, caller: Caller) -> Any:
    """The queues you may see, and who waits in them."""
    return await runtime.db.query(records.list_queues, caller)


@router.patch("/queues/{queue_id}", response_model=QueueShape, tags=["queues"])
async def patch_queue(runtime: Run, caller: Caller, queue_id: int, body: QueuePatch) -> Any:
    """Close a queue (it offers nothing), or open it again."""
    await runtime.db.write(close_queue, caller, queue_id, body.closed)
    rows = await runtime.db.query(records.list_queues, caller)
    return next(row for row in rows if row["id"] == queue_id)


def identities_of(**given: str) -> tuple[Identity, ...]:
    """The identities a caller names by kind, normalised and believed; Invalid names the bad one."""
    kinds: dict[str, IdentityKind] = {"email": "email", "phone": "phone", "user": "user"}
    found = []
    for name, text in given.items():
        if not text:
            continue
        value = normalise(kinds[name], text)
        if value is None:
            raise Invalid(**{name: "not_valid"})
        found.append(Identity(kinds[name], value, verified=True))
    if not found:
        raise Invalid(identity="required")
    return tuple(found)
