"""Which customers are one, may be one, or belong together."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from app.actions.membership import put_member, remove_member
from app.actions.merge_customers import merge_customers
from app.actions.unmerge_customers import unmerge_customers
from app.db import Invalid, Tx
from app.queries import customer_links, record_people
from app.queries.aliases import master_of
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes.party import (
    DuplicateShape,
    MemberBody,
    MemberShape,
    MergeBody,
    MergeShape,
    ValueShape,
)
from app.web.api.shapes.people import CustomerShape
from app.web.api.values import Address, Id
from app.web.request import Run
from channels.identity import normalise
from channels.values import IdentityKind

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)


@router.get("/customers/lookup", response_model=list[CustomerShape])
async def look_up_customers(
    runtime: Run,
    caller: Caller,
    kind: IdentityKind = "email",
    value: Annotated[Address, Query(description="in any spelling")] = "",
    region: Annotated[
        str, Query(pattern=r"^([A-Z]{2})?$", description="ISO 3166, of numbers without +")
    ] = "",
) -> Any:
    """Who is known by an identity: its owner, and others who gave it too. Junk (null, 0) is
    refused."""
    if not value:
        return []
    normal = normalise(kind, value, region or None)
    if normal is None:
        raise Invalid(value="not_valid")
    return await runtime.db.query(_look_up, caller, kind, normal)


def _look_up(conn: Connection, actor: Actor, kind: str, value: str) -> list[dict[str, Any]]:
    ids = customer_links.ids_known_by(conn, actor, kind, value)
    return [record_people.get_customer(conn, actor, each) for each in ids]


@router.get("/customers/{customer_id}/merges", response_model=list[MergeShape])
async def list_merges(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """The merges a customer took part in, newest first."""
    return await runtime.db.query(customer_links.merges_of, caller, customer_id)


@router.post("/customers/{customer_id}/merges", response_model=CustomerShape, status_code=201)
async def merge_customer(runtime: Run, caller: Caller, customer_id: Id, body: MergeBody) -> Any:
    """Merge with another; answers who stays. The other id leads there from now on."""
    winner = await runtime.db.write(
        merge_customers, caller, customer_id, body.with_id, reason=body.reason, keep=body.keep
    )
    return await runtime.db.query(record_people.get_customer, caller, winner)


@router.delete("/customers/{customer_id}/merges/{merge_id}", response_model=CustomerShape)
async def undo_customer_merge(runtime: Run, caller: Caller, customer_id: Id, merge_id: Id) -> Any:
    """Take a merge back; answers who is one of their own again. Twice is as good as once."""
    loser = await runtime.db.write(_undo, caller, customer_id, merge_id)
    return await runtime.db.query(record_people.get_customer, caller, loser)


def _undo(tx: Tx, actor: Actor, customer_id: int, merge_id: int) -> int:
    customer_links.merge_of(tx.conn, actor, master_of(tx.conn, customer_id), merge_id)
    return unmerge_customers(tx, actor, merge_id)


@router.get("/customers/{customer_id}/duplicates", response_model=list[DuplicateShape])
async def list_duplicates(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """Who may be the same, with the reasons. Nobody is merged on a name."""
    return await runtime.db.query(customer_links.duplicates_of, caller, customer_id)


@router.get("/customers/{customer_id}/values", response_model=list[ValueShape])
async def list_values(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """What each source says of the customer, and which of it is in use."""
    return await runtime.db.query(customer_links.values_of, caller, customer_id)


@router.get("/customers/{customer_id}/organisations", response_model=list[MemberShape])
async def list_organisations(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """The organisations somebody belongs to."""
    return await runtime.db.query(customer_links.organisations_of, caller, customer_id)


@router.get("/customers/{customer_id}/people", response_model=list[MemberShape])
async def list_people(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """Who belongs to an organisation."""
    return await runtime.db.query(customer_links.people_of, caller, customer_id)


@router.put("/customers/{customer_id}/people/{person_id}", response_model=list[MemberShape])
async def put_person(
    runtime: Run, caller: Caller, customer_id: Id, person_id: Id, body: MemberBody
) -> Any:
    """Somebody belongs to the organisation, in this role."""
    await runtime.db.write(
        put_member, caller, customer_id, person_id, body.role, body.since_at, body.until_at
    )
    return await runtime.db.query(customer_links.people_of, caller, customer_id)


@router.delete("/customers/{customer_id}/people/{person_id}", status_code=204)
async def remove_person(runtime: Run, caller: Caller, customer_id: Id, person_id: Id) -> Response:
    """They belong to it no more, and never did; to say until when, put `until_at`."""
    await runtime.db.write(remove_member, caller, customer_id, person_id)
    return Response(status_code=204)
