"""Promises and tasks over the API: made, listed, closed; and what is due for you."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from app import clock
from app.actions.change_promise import change_promise
from app.actions.promise import close_promise, make_promise
from app.actions.task import add_task, change_task, set_task_done
from app.db import Invalid
from app.queries import promises as read
from app.queries.due_list import due_list
from app.security.permissions import Actor
from app.web.api.access import Caller, IdempotentRoute
from app.web.api.paging import Before, Limit, page_of
from app.web.api.shapes.follow_ups import (
    ChangeBody,
    ClosingBody,
    DoneBody,
    DueShape,
    PromiseBody,
    PromiseShape,
    PromiseState,
    TaskBody,
    TaskChangeBody,
    TaskShape,
)
from app.web.api.values import Id
from app.web.request import Run
from routing.promise import read_when

router = APIRouter(route_class=IdempotentRoute, tags=["promises and tasks"])


@router.get("/promises", response_model=list[PromiseShape])
async def list_promises(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    state: PromiseState | None = None,
    owner_id: Id | None = None,
    customer_id: Id | None = None,
    conversation_id: Id | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Promises to customers that you may see, the latest made first."""
    rows = await runtime.db.query(
        read.list_promises, caller, state=state or "", owner_id=owner_id, customer_id=customer_id,
        conversation_id=conversation_id, before=before, limit=limit + 1,
    )  # fmt: skip
    return page_of(request, response, [_record(row) for row in rows], limit)


@router.post(
    "/conversations/{conversation_id}/promises", response_model=PromiseShape, status_code=201
)
async def make_a_promise(
    runtime: Run, caller: Caller, conversation_id: Id, body: PromiseBody
) -> Any:
    """Promise something to the customer of a conversation."""
    due_at = body.due_at
    if due_at is None:
        due_at = await runtime.db.query(_time_of, caller, conversation_id, body.when)
    made = await runtime.db.write(
        make_promise, caller, conversation_id, body.text, due_at,
        owner_id=body.owner_id, message_id=body.message_id,
    )  # fmt: skip
    return _record(await runtime.db.query(read.get_promise, caller, made))


@router.get("/promises/{promise_id}", response_model=PromiseShape)
async def get_promise(runtime: Run, caller: Caller, promise_id: Id) -> Any:
    """One promise."""
    return _record(await runtime.db.query(read.get_promise, caller, promise_id))


@router.patch("/promises/{promise_id}", response_model=PromiseShape)
async def change_a_promise(runtime: Run, caller: Caller, promise_id: Id, body: ChangeBody) -> Any:
    """Give an open promise another date or owner; the reason stays in the conversation."""
    promise = await runtime.db.query(read.get_promise, caller, promise_id)
    due_at = body.due_at
    if due_at is None and body.when:
        due_at = await runtime.db.query(_time_of, caller, promise.conversation_id, body.when)
    await runtime.db.write(
        change_promise, caller, promise_id, body.reason, due_at=due_at, owner_id=body.owner_id
    )
    return _record(await runtime.db.query(read.get_promise, caller, promise_id))


@router.put("/promises/{promise_id}/state", response_model=PromiseShape)
async def close_a_promise(runtime: Run, caller: Caller, promise_id: Id, body: ClosingBody) -> Any:
    """Say what became of it. 409 `promise_over` where another word was said already."""
    await runtime.db.write(close_promise, caller, promise_id, body.state)
    return _record(await runtime.db.query(read.get_promise, caller, promise_id))


@router.get("/tasks", response_model=list[TaskShape])
async def list_tasks(
    request: Request,
    response: Response,
    runtime: Run,
    caller: Caller,
    done: bool | None = None,
    owner_id: Id | None = None,
    customer_id: Id | None = None,
    conversation_id: Id | None = None,
    before: Before = None,
    limit: Limit = 50,
) -> Any:
    """Tasks that you may see, the latest made first."""
    rows = await runtime.db.query(
        read.list_tasks, caller, done=done, owner_id=owner_id, customer_id=customer_id,
        conversation_id=conversation_id, before=before, limit=limit + 1,
    )  # fmt: skip
    return page_of(request, response, [_record(row) for row in rows], limit)


@router.post("/tasks", response_model=TaskShape, status_code=201)
async def create_task(runtime: Run, caller: Caller, body: TaskBody) -> Any:
    """Write a task down."""
    made = await runtime.db.write(
        add_task, caller, body.text, due_at=body.due_at, owner_id=body.owner_id,
        customer_id=body.customer_id, conversation_id=body.conversation_id, kind=body.kind,
    )  # fmt: skip
    return _record(await runtime.db.query(read.get_task, caller, made))


@router.get("/tasks/{task_id}", response_model=TaskShape)
async def get_task(runtime: Run, caller: Caller, task_id: Id) -> Any:
    """One task."""
    return _record(await runtime.db.query(read.get_task, caller, task_id))


@router.patch("/tasks/{task_id}", response_model=TaskShape)
async def change_a_task(runtime: Run, caller: Caller, task_id: Id, body: TaskChangeBody) -> Any:
    """Give a task another time or owner. 409 `task_over` where it is done already."""
    await runtime.db.write(change_task, caller, task_id, due_at=body.due_at, owner_id=body.owner_id)
    return _record(await runtime.db.query(read.get_task, caller, task_id))


@router.put("/tasks/{task_id}/done", response_model=TaskShape)
async def put_task_done(runtime: Run, caller: Caller, task_id: Id, body: DoneBody) -> Any:
    """Done, or not done after all."""
    await runtime.db.write(set_task_done, caller, task_id, body.done)
    return _record(await runtime.db.query(read.get_task, caller, task_id))


@router.get("/due", response_model=list[DueShape])
async def list_due(runtime: Run, caller: Caller) -> Any:
    """What waits for you at a time of its own, the earliest first: promises, tasks, calls back,
    snoozed conversations, planned replies."""
    return [asdict(item) for item in await runtime.db.query(due_list, caller)]


def _record(item: read.PromiseItem | read.TaskItem) -> dict[str, Any]:
    return {**asdict(item), "overdue": item.overdue}


def _time_of(conn: Connection, actor: Actor, conversation_id: int | None, when: str) -> int:
    hours = None
    if conversation_id is not None:
        hours = read.hours_of_conversation(conn, actor, conversation_id)
    found = read_when(when, clock.now(), actor.time_zone, hours)
    if found is None:
        raise Invalid(when="unknown")
    return found
