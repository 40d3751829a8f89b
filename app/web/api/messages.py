"""Messages over the API: read, written, forwarded, tried again."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response

from app.actions.retry_message import discard_message, retry_message
from app.actions.reveal import reveal_message
from app.actions.send_message import Reply, send_message
from app.actions.send_with_macro import send_with_macro
from app.actions.start_conversation import forward_message
from app.actions.take_back import take_back
from app.db import Invalid
from app.queries import records
from app.queries.message_source import MessageSource, message_source
from app.security.mail_html import clean
from app.security.mail_numbers import hide_numbers
from app.web.api.access import Caller, IdempotentRoute, message_key
from app.web.api.paging import After, Limit, page_of
from app.web.api.shapes.conversation import (
    DiscardedShape,
    ForwardBody,
    MessageShape,
    ReplyBody,
    RevealBody,
    SourceShape,
)
from app.web.api.values import Id
from app.web.request import Run, client_ip
from channels.identity import normalise

router = APIRouter(tags=["messages"], route_class=IdempotentRoute)


@router.get("/conversations/{conversation_id}/messages", response_model=list[MessageShape])
async def list_messages(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    conversation_id: Id,
    after: After = 0,
    limit: Limit = 50,
) -> Any:
    """Messages in order; ask again with the last seq as `after` to follow."""
    rows = await runtime.db.query(
        records.list_messages, caller, conversation_id, after=after, limit=limit + 1
    )
    for customer_id in {row["customer_id"] for row in rows if row["customer_id"]}:
        runtime.looks.saw(caller, customer_id, f"conversation {conversation_id}", by="api")
    return page_of(request, response, rows, limit, cursor="after", field="seq")


@router.post(
    "/conversations/{conversation_id}/messages", response_model=MessageShape, status_code=201
)
async def send_a_message(
    request: Request, runtime: Run, caller: Caller, conversation_id: Id, body: ReplyBody
) -> Any:
    """Answer the customer, or leave a note.

    With `seen_seq`, the last seq that you have read, a reply that misses a later message is
    refused (409, code `stale`, `missed`: the ids of what you have not seen) unless `force`; so is
    material that the customer had lately (`sent_before`, with `sends`). Where we would begin more
    often in a week than the brand allows it is refused (`enough_sent`) without a `cap_reason`.
    """
    said = Reply(
        text=body.text,
        key=message_key(request, caller, body.key),
        kind=body.kind,
        subject=body.subject,
        seen_seq=body.seen_seq,
        uploads=body.uploads,
        cc=_addresses("cc", body.cc),
        bcc=_addresses("bcc", body.bcc),
        force=body.force,
        again=body.force,
        materials=body.materials,
        purpose=body.purpose,
        beyond=body.cap_reason,
        send_at=body.send_at,
        keeps=body.keeps,
    )
    if body.macro_id is not None:
        done = await runtime.db.write(send_with_macro, caller, conversation_id, said, body.macro_id)
        return await runtime.db.query(records.get_message, caller, done.sent.message_id)
    sent = await runtime.db.write(send_message, caller, conversation_id, said)
    return await runtime.db.query(records.get_message, caller, sent.message_id)


@router.get("/messages/{message_id}", response_model=MessageShape)
async def get_message(runtime: Run, caller: Caller, message_id: Id) -> Any:
    """One message."""
    return await runtime.db.query(records.get_message, caller, message_id)


@router.get("/messages/{message_id}/source", response_model=SourceShape)
async def get_message_source(runtime: Run, caller: Caller, message_id: Id) -> Any:
    """All of its text, with quotes and signature, and its HTML without anything that acts. Numbers
    of cards, accounts and ids are hidden."""
    source = await runtime.db.query(message_source, caller, message_id)
    html = hide_numbers(_harmless(source)) if source.html else None
    return {**asdict(source), "html": html}


@router.post("/messages/{message_id}/reveal", response_model=SourceShape)
async def reveal_a_message(
    request: Request, runtime: Run, caller: Caller, message_id: Id, body: RevealBody
) -> Any:
    """The same with its hidden numbers, for keys of those who may see them (else 404). Who, when
    and why stays in the access log."""
    await runtime.db.write(
        reveal_message, caller, message_id, body.why, by="api", ip=client_ip(request)
    )
    source = await runtime.db.query(message_source, caller, message_id, whole=True)
    return {**asdict(source), "hides": False, "html": _harmless(source) if source.html else None}


def _harmless(source: MessageSource) -> str:
    files = "/api/v1/files/{key}"
    return clean(source.html, source.inline, remote=lambda url: url, files=files).html


@router.post("/messages/{message_id}/forward", response_model=MessageShape, status_code=201)
async def forward_a_message(
    request: Request, runtime: Run, caller: Caller, message_id: Id, body: ForwardBody
) -> Any:
    """Pass a message and its files on by mail."""
    key = message_key(request, caller, body.key)
    sent = await runtime.db.write(
        forward_message, caller, message_id, body.to, body.text, key, send_at=body.send_at
    )
    return await runtime.db.query(records.get_message, caller, sent.message_id)


@router.post("/messages/{message_id}/retry", response_model=MessageShape)
async def retry_a_message(runtime: Run, caller: Caller, message_id: Id) -> Any:
    """Send a failed message again: the same mail. One that did not fail stays as it is."""
    await runtime.db.write(retry_message, caller, message_id)
    return await runtime.db.query(records.get_message, caller, message_id)


@router.post("/messages/{message_id}/take-back", response_model=DiscardedShape)
async def take_a_message_back(runtime: Run, caller: Caller, message_id: Id) -> Any:
    """Take a planned message back before it leaves (409 once it has); the answer is its text."""
    back = await runtime.db.write(take_back, caller, message_id)
    return {"text": back.text}


@router.post("/messages/{message_id}/discard", response_model=DiscardedShape)
async def discard_a_message(runtime: Run, caller: Caller, message_id: Id) -> Any:
    """Give up a message that could not be sent; the answer is its text."""
    return {"text": await runtime.db.write(discard_message, caller, message_id)}


def _addresses(field: str, given: list[str]) -> list[str]:
    found = [normalise("email", address) for address in given]
    known = [address for address in found if address]
    if len(known) != len(found):
        raise Invalid(**{field: "not_an_address"})
    return known
