"""Conversations and their messages over the API."""

import hashlib
from typing import Any

from fastapi import APIRouter, Query, Request

from app import clock
from app.actions.desk import set_subject, set_tags
from app.actions.send_message import Reply, send_message
from app.actions.set_status import mark_spam, reopen, resolve, snooze
from app.actions.start_conversation import forward_message, start_conversation
from app.actions.transfer import assign, claim, transfer_to_agent, transfer_to_queue, unassign
from app.db import Invalid, Tx
from app.queries import records
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.shapes import (
    ConversationPatch,
    ConversationShape,
    ForwardBody,
    MessageShape,
    ReplyBody,
    StartBody,
    TransferBody,
)
from app.web.request import Run

router = APIRouter(tags=["conversations"], route_class=IdempotentRoute)
Limit = Query(50, ge=1, le=200)


@router.get("/conversations", response_model=list[ConversationShape])
async def list_conversations(
    runtime: Run,
    caller: Caller,
    status: str | None = None,
    queue_id: int | None = None,
    assignee_id: int | None = None,
    customer_id: int | None = None,
    q: str = Query("", max_length=200, description="words that were said"),
    before: int | None = Query(None, description="the last id of the page before"),
    limit: int = Limit,
) -> Any:
    """Conversations, newest first."""
    return await runtime.db.query(
        records.list_conversations,
        caller,
        status=status,
        queue_id=queue_id,
        assignee_id=assignee_id,
        customer_id=customer_id,
        q=q,
        before=before,
        limit=limit,
    )


@router.get("/conversations/{conversation_id}", response_model=ConversationShape)
async def get_conversation(runtime: Run, caller: Caller, conversation_id: int) -> Any:
    """One conversation."""
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations", response_model=ConversationShape, status_code=201)
async def start(request: Request, runtime: Run, caller: Caller, body: StartBody) -> Any:
    """Write to a customer first."""
    reply = Reply(body.text, _key(request, body.key))
    conversation_id = await runtime.db.write(
        start_conversation, caller, body.inbox_id, body.customer_id, body.subject, reply
    )
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.patch("/conversations/{conversation_id}", response_model=ConversationShape)
async def change(
    runtime: Run, caller: Caller, conversation_id: int, body: ConversationPatch
) -> Any:
    """Change status, subject, tags; all of it or nothing."""
    await runtime.db.write(_change, caller, conversation_id, body)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.get("/conversations/{conversation_id}/messages", response_model=list[MessageShape])
async def list_messages(
    runtime: Run, caller: Caller, conversation_id: int, after: int = 0, limit: int = Limit
) -> Any:
    """Messages in order; ask again with the last seq as `after` to follow."""
    return await runtime.db.query(
        records.list_messages, caller, conversation_id, after=after, limit=limit
    )


@router.post(
    "/conversations/{conversation_id}/messages", response_model=MessageShape, status_code=201
)
async def reply(
    request: Request, runtime: Run, caller: Caller, conversation_id: int, body: ReplyBody
) -> Any:
    """Answer the customer, or leave a note."""
    said = Reply(
        text=body.text,
        key=_key(request, body.key),
        kind=body.kind,
        seen_seq=body.seen_seq,
        uploads=body.uploads,
        cc=body.cc,
        force=body.force,
    )
    sent = await runtime.db.write(send_message, caller, conversation_id, said)
    return await runtime.db.query(records.get_message, caller, sent.message_id)


@router.post("/messages/{message_id}/forward", response_model=MessageShape, status_code=201)
async def forward(
    request: Request, runtime: Run, caller: Caller, message_id: int, body: ForwardBody
) -> Any:
    """Pass a message and its files on by mail."""
    sent = await runtime.db.write(
        forward_message, caller, message_id, body.to, body.text, _key(request, body.key)
    )
    return await runtime.db.query(records.get_message, caller, sent.message_id)


@router.post("/conversations/{conversation_id}/transfer", response_model=ConversationShape)
async def transfer(
    request: Request, runtime: Run, caller: Caller, conversation_id: int, body: TransferBody
) -> Any:
    """Into another queue, or to a colleague, with a note if you like."""
    note = Reply(body.note, _key(request, ""), kind="note") if body.note.strip() else None
    if (body.queue_id is None) == (body.agent_id is None):
        raise Invalid(queue_id="queue_or_agent")
    if body.queue_id is not None:
        await runtime.db.write(transfer_to_queue, caller, conversation_id, body.queue_id, note)
    elif body.force and body.agent_id is not None:
        await runtime.db.write(assign, caller, conversation_id, body.agent_id)
    elif body.agent_id is not None:
        await runtime.db.write(transfer_to_agent, caller, conversation_id, body.agent_id, note)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations/{conversation_id}/claim", response_model=ConversationShape)
async def take(runtime: Run, caller: Caller, conversation_id: int) -> Any:
    """Take it by hand, where the queue lets agents pull."""
    await runtime.db.write(claim, caller, conversation_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations/{conversation_id}/release", response_model=ConversationShape)
async def release(runtime: Run, caller: Caller, conversation_id: int) -> Any:
    """Put it back into its queue, with its age."""
    await runtime.db.write(unassign, caller, conversation_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


def _key(request: Request, given: str) -> str:
    """The message's own id: what the caller gave, or their Idempotency-Key, or a new one."""
    sent = request.headers.get("idempotency-key", "")
    return given or (hashlib.sha256(sent.encode()).hexdigest() if sent else clock.new_id())


def _change(tx: Tx, actor: Actor, conversation_id: int, body: ConversationPatch) -> None:
    if body.subject is not None:
        set_subject(tx, actor, conversation_id, body.subject)
    if body.tags is not None:
        set_tags(tx, actor, conversation_id, body.tags)
    if body.spam:
        mark_spam(tx, actor, conversation_id)
    elif body.status == "done":
        resolve(tx, actor, conversation_id)
    elif body.status == "open":
        reopen(tx, actor, conversation_id)
    elif body.status == "snoozed":
        if body.snoozed_until is None:
            raise Invalid(snoozed_until="required")
        snooze(tx, actor, conversation_id, body.snoozed_until)
