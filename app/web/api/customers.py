"""Customers over the API."""

from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import RedirectResponse

from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.person_view import note_view
from app.db import Invalid, Tx
from app.queries import record_people, records
from app.queries.aliases import master_of
from app.security.permissions import Actor
from app.web.api import card
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.conversation import ConversationShape
from app.web.api.shapes.people import CustomerBody, CustomerPatch, CustomerShape
from app.web.api.values import Asked, Id
from app.web.late_route import lay
from app.web.request import Run
from channels.identity import normalise
from channels.values import Identity, IdentityKind

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)
lay(router, card.router)


@router.get("/customers", response_model=list[CustomerShape])
async def list_customers(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    q: Annotated[Asked, Query(description="part of a name, address or number")] = "",
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Customers, newest first."""
    rows = await runtime.db.query(
        record_people.list_customers, caller, q=q, before=before, limit=limit + 1
    )
    return page_of(request, response, rows, limit)


@router.get(
    "/customers/{customer_id}",
    response_model=CustomerShape,
    responses={301: {"description": "they were merged into another, who is there"}},
)
async def get_customer(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """One customer with their identities. An id that was merged away leads to who stayed."""
    master = await runtime.db.query(master_of, customer_id)
    found = await runtime.db.query(record_people.get_customer, caller, master)
    if master != customer_id:
        return RedirectResponse(f"/api/v1/customers/{master}", 301)
    await runtime.db.write(note_view, caller, master, "api")
    return found


@router.get("/customers/{customer_id}/conversations", response_model=list[ConversationShape])
async def list_conversations_of_customer(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """What they have talked about with you, newest first."""
    master = await runtime.db.query(master_of, customer_id)
    await runtime.db.query(record_people.get_customer, caller, master)
    rows = await runtime.db.query(
        records.list_conversations,
        caller,
        customer_id=master,
        before=before,
        limit=limit + 1,
    )
    return page_of(request, response, rows, limit)


@router.post("/customers", response_model=CustomerShape, status_code=201)
async def create_customer(runtime: Run, caller: Caller, body: CustomerBody) -> Any:
    """Make a customer, or find the one who is known by one of the identities."""
    customer_id = await runtime.db.write(_find_or_create, caller, body)
    return await runtime.db.query(record_people.get_customer, caller, customer_id)


@router.patch("/customers/{customer_id}", response_model=CustomerShape)
async def change_customer(
    runtime: Run, caller: Caller, customer_id: Id, body: CustomerPatch
) -> Any:
    """Change what is known of a customer."""
    await runtime.db.write(_edit, caller, customer_id, body)
    master = await runtime.db.query(master_of, customer_id)
    return await runtime.db.query(record_people.get_customer, caller, master)


def identities_of(
    further: Sequence[tuple[IdentityKind, str]] = (), region: str = "", **given: str
) -> tuple[Identity, ...]:
    """The identities a caller names by kind, normalised and believed; Invalid names the bad one."""
    kinds: dict[str, IdentityKind] = {"email": "email", "phone": "phone", "user_id": "user"}
    found = []
    for name, text in given.items():
        if not text:
            continue
        value = normalise(kinds[name], text, region or None)
        if value is None:
            raise Invalid(**{name: "not_valid"})
        found.append(Identity(kinds[name], value, verified=True))
    for kind, text in further:
        if (value := normalise(kind, text, region or None)) is None:
            raise Invalid(identities="not_valid")
        found.append(Identity(kind, value, verified=True))
    if not found:
        raise Invalid(identity="email_phone_or_user_id_required")
    return tuple(found)


def _find_or_create(tx: Tx, actor: Actor, body: CustomerBody) -> int:
    further = [(one.kind, one.value) for one in body.identities]
    known_as = identities_of(
        further, body.region, email=body.email, phone=body.phone, user_id=body.user_id
    )
    customer_id = find_or_create_customer(tx, known_as, body.name, body.language, source="api")
    record_people.get_customer(tx.conn, actor, customer_id)  # else nothing of it is stored
    return customer_id


def _edit(tx: Tx, actor: Actor, customer_id: int, body: CustomerPatch) -> None:
    customer_id = master_of(tx.conn, customer_id)
    record_people.get_customer(tx.conn, actor, customer_id)
    changes = body.model_dump(exclude_unset=True, exclude_none=True)
    if changes.get("email"):
        changes["email"] = normalise("email", changes["email"])
        if changes["email"] is None:
            raise Invalid(email="not_valid")
    if changes:
        edit_customer(tx, customer_id, changes, agent_id=actor.agent_id)
