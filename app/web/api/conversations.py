"""Conversations over the API: found, started, changed, handed on."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Request, Response

from app.actions.customer import find_or_create_customer
from app.actions.desk import set_subject, set_tags
from app.actions.send_message import Reply
from app.actions.set_status import mark_spam, reopen, resolve, snooze
from app.actions.start_conversation import start_conversation
from app.actions.transfer import assign, claim, transfer_to_agent, transfer_to_queue, unassign
from app.db import Invalid, Tx
from app.queries import records
from app.queries.aliases import master_of
from app.queries.record_people import get_agent, get_customer
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute, message_key
from app.web.api.paging import Before, Limit, page_of, place_of
from app.web.api.shapes.conversation import (
    ConversationPatch,
    ConversationShape,
    StartBody,
    TransferBody,
)
from app.web.api.values import Asked, Id, Word
from app.web.request import Run
from channels.identity import normalise
from channels.values import Identity

router = APIRouter(tags=["conversations"], route_class=IdempotentRoute)
Status = Literal["open", "snoozed", "done"]
DueAfter = Annotated[
    str | None,
    Query(
        pattern=r"^\d{1,16}\.\d{1,16}$",
        description="with `sort=due`: where the page before ended; the Link header has it",
    ),
]


@router.get("/conversations", response_model=list[ConversationShape])
async def list_conversations(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    status: Status | None = None,
    queue_id: Id | None = None,
    assignee_id: Id | None = None,
    customer_id: Id | None = None,
    tag: Word | None = None,
    q: Annotated[Asked, Query(description="words that were said")] = "",
    sort: Literal["newest", "due"] = "newest",
    before: Before = None,
    due_after: DueAfter = None,
    limit: Limit = 50,
) -> Any:
    """Conversations, newest first. `sort=due`: what is due next comes first, by a running clock
    (`sla`) or by what an agent has promised, then the others by their last message."""
    by_due = sort == "due"
    if due_after is not None and not by_due:
        raise Invalid(due_after="only_with_sort_due")
    if before is not None and by_due:
        raise Invalid(before="not_with_sort_due")
    rows = await runtime.db.query(
        records.list_conversations,
        caller,
        status=status,
        queue_id=queue_id,
        assignee_id=assignee_id,
        customer_id=customer_id,
        tag=tag,
        q=q,
        before=before,
        due_after=place_of(due_after),
        sort=sort,
        limit=limit + 1,
    )
    if by_due:
        return page_of(request, response, rows, limit, cursor="due_after", field="place")
    return page_of(request, response, rows, limit)


@router.get("/conversations/{conversation_id}", response_model=ConversationShape)
async def get_conversation(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """One conversation."""
    found = await runtime.db.query(records.get_conversation, caller, conversation_id)
    runtime.looks.saw(caller, found["customer_id"], f"conversation {conversation_id}", by="api")
    return found


@router.post("/conversations", response_model=ConversationShape, status_code=201)
async def start_a_conversation(
    request: Request, runtime: Run, caller: Caller, body: StartBody
) -> Any:
    """Write to a customer first: to one you know (`customer_id`), or to an address (`email`)."""
    key = message_key(request, caller, body.key)
    conversation_id = await runtime.db.write(_start, caller, body, key)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.patch("/conversations/{conversation_id}", response_model=ConversationShape)
async def change_conversation(
    runtime: Run, caller: Caller, conversation_id: Id, body: ConversationPatch
) -> Any:
    """Change status, subject, tags; all of it or nothing. Done frees the agent's capacity; 409
    where the queue wants a `disposition_id` and no wrap-up follows."""
    await runtime.db.write(_change, caller, conversation_id, body)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations/{conversation_id}/transfer", response_model=ConversationShape)
async def transfer_conversation(
    request: Request, runtime: Run, caller: Caller, conversation_id: Id, body: TransferBody
) -> Any:
    """Into another queue, or to a colleague, with a note if you like."""
    note = None
    if body.note.strip():
        note = Reply(body.note, message_key(request, caller, None), kind="note")
    if (body.queue_id is None) == (body.agent_id is None):
        raise Invalid(queue_id="queue_or_agent")
    await runtime.db.write(_hand_on, caller, conversation_id, body, note)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations/{conversation_id}/claim", response_model=ConversationShape)
async def claim_conversation(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """Take it by hand, where the queue lets agents pull."""
    await runtime.db.write(claim, caller, conversation_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


@router.post("/conversations/{conversation_id}/release", response_model=ConversationShape)
async def release_conversation(runtime: Run, caller: Caller, conversation_id: Id) -> Any:
    """Put it back into its queue, with its age."""
    await runtime.db.write(unassign, caller, conversation_id)
    return await runtime.db.query(records.get_conversation, caller, conversation_id)


def _start(tx: Tx, actor: Actor, body: StartBody, key: str) -> int:
    if (body.customer_id is None) == (not body.email):
        raise Invalid(customer_id="customer_id_or_email")
    if body.customer_id is not None:
        customer_id = master_of(tx.conn, body.customer_id)
        get_customer(tx.conn, actor, customer_id)
    else:
        address = normalise("email", body.email)
        if address is None:
            raise Invalid(email="not_an_address")
        customer_id = find_or_create_customer(tx, [Identity("email", address)], body.name.strip())
    reply = Reply(
        body.text, key, uploads=body.uploads, send_at=body.send_at, materials=body.materials,
        again=body.force, purpose=body.purpose, beyond=body.cap_reason,
    )  # fmt: skip
    return start_conversation(tx, actor, body.inbox_id, customer_id, body.subject, reply)


def _change(tx: Tx, actor: Actor, conversation_id: int, body: ConversationPatch) -> None:
    records.get_conversation(tx.conn, actor, conversation_id)
    _refuse_contradictions(body)
    if body.subject is not None:
        set_subject(tx, actor, conversation_id, body.subject)
    if body.tags is not None:
        set_tags(tx, actor, conversation_id, body.tags)
    if body.spam:
        mark_spam(tx, actor, conversation_id, block=body.block)
    elif body.status == "done":
        resolve(tx, actor, conversation_id, body.disposition_id, body.outcome_note)
    elif body.status == "open":
        reopen(tx, actor, conversation_id)
    elif body.snoozed_until is not None:
        snooze(tx, actor, conversation_id, body.snoozed_until)


def _refuse_contradictions(body: ConversationPatch) -> None:
    if (body.status == "snoozed") != (body.snoozed_until is not None):
        raise Invalid(snoozed_until="only_and_always_with_status_snoozed")
    if body.spam and body.status is not None:
        raise Invalid(status="not_with_spam")
    if body.status != "done" and (body.disposition_id or body.outcome_note):
        raise Invalid(disposition_id="only_with_status_done")
    if body.block and not body.spam:
        raise Invalid(block="only_with_spam")


def _hand_on(
    tx: Tx, actor: Actor, conversation_id: int, body: TransferBody, note: Reply | None
) -> None:
    records.get_conversation(tx.conn, actor, conversation_id)
    if body.queue_id is not None:
        transfer_to_queue(tx, actor, conversation_id, body.queue_id, note)
        return
    assert body.agent_id is not None  # one of both is there
    get_agent(tx.conn, actor, body.agent_id)
    if body.force:
        assign(tx, actor, conversation_id, body.agent_id)
    else:
        transfer_to_agent(tx, actor, conversation_id, body.agent_id, note)
