"""What is known of a customer in one look: their card, the stream of everything, their effort."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from app import clock
from app.customers.effort import Effort
from app.queries.aliases import master_of
from app.queries.customer_effort import customer_effort
from app.queries.first_card import first_card
from app.queries.sends import sends_to
from app.queries.timeline import Asked as Wanted
from app.queries.timeline import timeline
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.card import CardShape, CustomerEffortShape, EntryShape, SendShape
from app.web.api.values import Asked, Id, Word
from app.web.request import Run

router = APIRouter(tags=["customers"], route_class=IdempotentRoute)
Type = Literal[
    "bounce", "consent", "contact", "event", "fact", "merge", "message", "note", "order",
    "promise", "return", "task", "visit",
]  # fmt: skip


@router.get("/customers/{customer_id}/card", response_model=CardShape)
async def get_customer_card(
    runtime: Run, caller: Caller, customer_id: Id, conversation_id: Id | None = None
) -> Any:
    """Who it is, how sure that is, and the facts that matter, ranked. Name the conversation it is
    shown beside to learn what that is about."""
    master = await runtime.db.query(master_of, customer_id)
    card = await runtime.db.query(first_card, caller, master, clock.now(), conversation_id)
    runtime.looks.saw(caller, card.customer_id, by="api")
    return {
        "customer_id": card.customer_id, "name": card.name, "sure": card.sure,
        "sure_by": card.sure_by, "first": card.facts.first, "rest": card.facts.rest,
        "effort": _sums(card.effort), "as_of": card.as_of,
    }  # fmt: skip


@router.get("/customers/{customer_id}/timeline", response_model=list[EntryShape])
async def get_customer_timeline(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    type: Annotated[list[Type] | None, Query(description="only these")] = None,
    channel: Word = "",
    brand_id: Id | None = None,
    q: Annotated[Asked, Query(description="words in it")] = "",
    before: Annotated[
        str, Query(pattern=r"^(\d{1,15}\.[a-z]+\.\d{1,18})?$", description="the Link header has it")
    ] = "",
    limit: Limit = 50,
) -> Any:
    """Everything with a customer, newest first: contacts, messages, orders, visits, promises."""
    wanted = Wanted(frozenset(type or ()), channel, brand_id, q.strip())
    page = await runtime.db.query(timeline, caller, customer_id, wanted, before, limit)
    runtime.looks.saw(caller, customer_id, by="api")
    if page.next is not None:
        there = request.url.include_query_params(before=page.next)
        response.headers["Link"] = f'<{there.path}?{there.query}>; rel="next"'
    return page.entries


@router.get("/customers/{customer_id}/effort", response_model=CustomerEffortShape)
async def get_customer_effort(
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    days: Annotated[int, Query(ge=1, le=730)] = 90,
) -> Any:
    """What help has cost them: minutes waited, contacts, transfers, repeats, switches."""
    found = await runtime.db.query(customer_effort, caller, customer_id, clock.now(), days)
    talks = [{**_sums(one), "conversation_id": talk} for talk, one in found.conversations.items()]
    return {
        "days": found.days, "total": _sums(found.total), "conversations": talks,
        "as_of": found.as_of,
    }  # fmt: skip


@router.get("/customers/{customer_id}/sends", response_model=list[SendShape])
async def list_customer_sends(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    customer_id: Id,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """What they were sent, by anybody of your brands, the latest first: articles, macros, files,
    and messages that we began. What did not arrive is left out."""
    found = await runtime.db.query(sends_to, caller, customer_id, before=before, limit=limit + 1)
    rows = [{**asdict(one), "kind": one.kind} for one in found]
    return page_of(request, response, rows, limit)


def _sums(one: Effort) -> dict[str, Any]:
    return {
        "contacts": one.contacts, "transfers": one.transfers, "repeats": one.repeats,
        "switches": one.switches, "waited_ms": one.waited_ms, "since": one.since,
        "score": one.score,
    }  # fmt: skip
