"""A customer's rights: what they have agreed to, what is kept of them, who looked, erasing them."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy import Connection

from app import clock
from app.actions.consent import record_consent
from app.actions.person_view import note_export
from app.erasing import erase
from app.queries.access_log import who_looked
from app.queries.aliases import master_of
from app.queries.consents import consents_of, granted_at
from app.queries.customers import require_customer
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute, SupervisorCaller
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.rights import (
    AccessShape,
    ConsentAnswer,
    ConsentBody,
    ConsentShape,
    ErasureShape,
)
from app.web.api.values import Id, Moment
from app.web.late_route import LateRoute
from app.web.person_zip import person_archive
from app.web.request import Run

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)
# Answers that are no JSON, or too much of it to keep for a repetition.
downloads = APIRouter(tags=["customers"], route_class=LateRoute)
At = Annotated[Moment | None, Query(description="as it was at this moment; none: now")]


@router.get("/customers/{customer_id}/consents", response_model=list[ConsentShape])
async def list_consents(runtime: Run, caller: Caller, customer_id: Id, at: At = None) -> Any:
    """What the customer has granted, denied and revoked, the latest first."""
    return await runtime.db.query(_consents, caller, customer_id, at)


@router.get("/customers/{customer_id}/consent", response_model=ConsentAnswer)
async def check_consent(
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    purpose: Annotated[str, Query(max_length=40)] = "marketing",
    brand_id: Annotated[
        Id | None, Query(description="who would write; none: whichever brand it is")
    ] = None,
    channel: Annotated[str, Query(max_length=20)] = "",
    at: At = None,
) -> Any:
    """Whether they had agreed to a purpose, on a channel of a brand, at a moment. Nothing said is
    no."""
    moment = clock.now() if at is None else at
    return {
        "granted": await runtime.db.query(
            _granted, caller, customer_id, purpose, channel, brand_id, moment
        )
    }


@router.post("/customers/{customer_id}/consents", response_model=ConsentShape, status_code=201)
async def add_consent(runtime: Run, caller: Caller, customer_id: Id, body: ConsentBody) -> Any:
    """The customer has granted, denied or revoked something. It counts from then on; earlier words
    stay, for the moments before."""
    row_id = await runtime.db.write(record_consent, caller, customer_id, **body.model_dump())
    rows = await runtime.db.query(_consents, caller, customer_id, None)
    return next(row for row in rows if row.id == row_id)


@router.get("/customers/{customer_id}/access", response_model=list[AccessShape])
async def list_access(
    request: Request,
    response: Response,
    runtime: Run,
    caller: SupervisorCaller,
    customer_id: Id,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Who looked at the customer or did something to their data, the latest first."""
    rows = await runtime.db.query(_looked, caller, customer_id, before, limit + 1)
    return page_of(request, response, rows, limit)


@downloads.get(
    "/customers/{customer_id}/export",
    response_class=Response,
    responses={200: {"content": {"application/zip": {}}, "description": "the archive"}},
)
async def export_customer(runtime: Run, caller: SupervisorCaller, customer_id: Id) -> Response:
    """Everything that is kept of a person, as a zip: JSON, a CSV a table, their files. It is
    written down that you took it."""
    await runtime.limits.take_key("export_person", str(caller.agent_id))
    master = await runtime.db.write(note_export, caller, customer_id, "api")
    return await person_archive(runtime, master, hidden=not caller.reveals)


@router.post("/customers/{customer_id}/erase", response_model=ErasureShape)
async def erase_customer(runtime: Run, caller: Caller, customer_id: Id) -> Any:
    """Erase a person for good, under all ids they have had. Counts stay; 409 "legal_hold" while
    one lasts. For administrators."""
    caller.require("administer")
    await runtime.db.query(_known, caller, customer_id)
    return {"request_id": await erase(runtime, customer_id, caller, by="api")}


def _known(conn: Connection, actor: Actor, customer_id: int) -> int:
    master = master_of(conn, customer_id)
    require_customer(conn, actor, master)
    return master


def _consents(conn: Connection, actor: Actor, customer_id: int, at: int | None) -> Any:
    rows = consents_of(conn, _known(conn, actor, customer_id), at)
    return [row for row in rows if row.brand_id is None or actor.sees_brand(row.brand_id)]


def _granted(
    conn: Connection,
    actor: Actor,
    customer_id: int,
    purpose: str,
    channel: str,
    brand_id: int | None,
    at: int,
) -> bool:
    master = _known(conn, actor, customer_id)
    seen = brand_id is None or actor.sees_brand(brand_id)
    return seen and granted_at(conn, master, purpose, channel, brand_id, at)


def _looked(
    conn: Connection, actor: Actor, customer_id: int, before: int | None, limit: int
) -> Any:
    return who_looked(conn, _known(conn, actor, customer_id), before, limit)
