"""What an agent keeps on their desk, over the API: events, drafts, read marks, tags, macros."""

from typing import Any, Literal

from fastapi import APIRouter, Request, Response

from app.actions.desk import mark_read, save_draft
from app.db import Tx
from app.queries import records
from app.queries.choices import common_tags
from app.queries.record_work import list_macros as macro_records
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.paging import After, Limit, page_of
from app.web.api.shapes.conversation import DraftBody, DraftShape, EventShape, ReadBody
from app.web.api.shapes.work import MacroShape
from app.web.api.values import Id
from app.web.request import Run

router = APIRouter(route_class=IdempotentRoute)
Kind = Literal["outbound", "note"]


@router.get(
    "/conversations/{conversation_id}/events",
    response_model=list[EventShape],
    tags=["conversations"],
)
async def list_events(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    conversation_id: Id,
    after: After = 0,
    limit: Limit = 50,
) -> Any:
    """What happened in it, in order: follow it by asking again with the last seq as `after`."""
    rows = await runtime.db.query(
        records.list_events, caller, conversation_id, after=after, limit=limit + 1
    )
    return page_of(request, response, rows, limit, cursor="after", field="seq")


@router.put("/conversations/{conversation_id}/read", status_code=204, tags=["conversations"])
async def mark_conversation_read(
    runtime: Run, caller: Caller, conversation_id: Id, body: ReadBody
) -> None:
    """You have read it up to this seq."""
    await runtime.db.write(_read_up_to, caller, conversation_id, body.seq)


@router.get(
    "/conversations/{conversation_id}/drafts",
    response_model=list[DraftShape],
    tags=["conversations"],
)
async def list_drafts(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """What you have typed there and not sent."""
    return await runtime.db.query(records.list_drafts, caller, conversation_id)


@router.put(
    "/conversations/{conversation_id}/drafts/{kind}", status_code=204, tags=["conversations"]
)
async def put_draft(
    runtime: Run, caller: Caller, conversation_id: Id, kind: Kind, body: DraftBody
) -> None:
    """Keep what is typed; an empty text removes the draft."""
    await runtime.db.write(save_draft, caller, conversation_id, kind, body.text)


@router.get("/tags", response_model=list[str], tags=["tags and macros"])
async def list_tags(runtime: Run, caller: Caller) -> Any:
    """The tags in use, the commonest first; at most 100."""
    return await runtime.db.query(common_tags)


@router.get("/macros", response_model=list[MacroShape], tags=["tags and macros"])
async def list_macros(runtime: Run, caller: Caller) -> Any:
    """The macros of your brands, and those of every brand."""
    return await runtime.db.query(macro_records, caller)


def _read_up_to(tx: Tx, actor: Actor, conversation_id: int, seq: int) -> None:
    conversation = records.get_conversation(tx.conn, actor, conversation_id)
    mark_read(tx, actor, conversation_id, min(seq, conversation["last_seq"]))
