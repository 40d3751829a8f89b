"""What customers do elsewhere comes in: events once for each key, orders as they now stand."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Annotated, Any

from fastapi import APIRouter, Body, Request, Response

from app import clock
from app.actions.activity import Activity, Taken, Who, add_activities
from app.actions.order import Order, Return, put_orders
from app.db import Tx
from app.queries.activity import activities_of, orders_by_id, orders_of
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.customers import identities_of
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.activity import EventBody, OrderBody, ReturnBody, TakenShape, WhoBody
from app.web.api.shapes.party import EventShape, OrderShape
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)
MOST = 1_000


@router.post("/events", response_model=TakenShape, status_code=201)
async def add_event(runtime: Run, caller: Caller, body: EventBody) -> Any:
    """Something a customer did. The same source and key again changes nothing."""
    return await runtime.db.write(_take, caller, [body])


@router.post("/events/batch", response_model=TakenShape, status_code=201)
async def add_events(
    runtime: Run, caller: Caller, body: Annotated[list[EventBody], Body(max_length=MOST)]
) -> Any:
    """Up to 1,000 of them, all or none. The same batch again changes nothing."""
    return await runtime.db.write(_take, caller, body)


@router.get("/customers/{customer_id}/events", response_model=list[EventShape])
async def list_customer_events(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """What a customer did, newest first."""
    rows = await runtime.db.query(activities_of, caller, customer_id, before, limit + 1)
    return page_of(request, response, rows, limit)


@router.post("/orders", response_model=OrderShape)
async def put_order(runtime: Run, caller: Caller, body: OrderBody) -> Any:
    """An order, told for the first time or again: by brand, source and external id."""
    ids = await runtime.db.write(_order, caller, [body])
    return (await runtime.db.query(orders_by_id, ids))[0]


@router.post("/orders/batch", response_model=list[OrderShape])
async def put_orders_at_once(
    runtime: Run, caller: Caller, body: Annotated[list[OrderBody], Body(max_length=MOST)]
) -> Any:
    """Up to 1,000 orders, all or none."""
    ids = await runtime.db.write(_order, caller, body)
    return await runtime.db.query(orders_by_id, ids)


@router.get("/customers/{customer_id}/orders", response_model=list[OrderShape])
async def list_customer_orders(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """What a customer has ordered, newest first."""
    rows = await runtime.db.query(orders_of, caller, customer_id, before, limit + 1)
    return page_of(request, response, rows, limit)


def _take(tx: Tx, actor: Actor, bodies: Sequence[EventBody]) -> Taken:
    by_brand: dict[int, list[Activity]] = {}
    for body in bodies:
        by_brand.setdefault(body.brand_id, []).append(_activity(body))
    taken = [add_activities(tx, actor, brand, given) for brand, given in by_brand.items()]
    return Taken(
        sum(one.stored for one in taken),
        sum(one.known for one in taken),
        sum(one.unknown for one in taken),
    )


def _activity(body: EventBody) -> Activity:
    alone = body.visitor and not body.identities and body.customer_id is None
    who = Who(browser=body.visitor) if alone else replace(_who(body), browser=body.visitor)
    return Activity(
        who, body.type, body.key, body.source, body.at or clock.now(), body.title, body.url,
        body.amount, body.currency, body.payload,
    )  # fmt: skip


def _who(body: WhoBody) -> Who:
    if body.customer_id is not None:
        return Who(customer_id=body.customer_id)
    further = [(one.kind, one.value) for one in body.identities]
    return Who(known_as=identities_of(further, body.region), name=body.name)


def _return(body: ReturnBody) -> Return:
    return Return(
        body.external_id, body.at, body.amount, body.status, body.reason, tuple(body.lines)
    )


def _order(tx: Tx, actor: Actor, bodies: Sequence[OrderBody]) -> list[int]:
    ids = []
    for body in bodies:
        order = Order(
            _who(body), body.source, body.external_id, body.total, body.currency, body.placed_at,
            body.changed_at or clock.now(), body.number, body.status, body.url,
            tuple(body.lines),
            body.details, tuple(_return(one) for one in body.returns),
        )  # fmt: skip
        ids += put_orders(tx, actor, body.brand_id, [order])
    return ids
