"""Tasks made where the work is: from a conversation, and on a customer's page beside what they
were promised."""

from typing import Any

from fastapi import APIRouter, Form
from fastapi.responses import Response
from sqlalchemy import Connection

from app.actions.task import KINDS, add_task, change_task, set_task_done
from app.db import Invalid
from app.pages import N_
from app.queries.choices import agent_choices, colleague_choices
from app.queries.customers import require_customer
from app.queries.promises import (
    get_task,
    hours_of_conversation,
    list_tasks,
    promises_of_customer,
)
from app.queries.thread import thread_head
from app.runtime import Runtime
from app.security.permissions import Actor
from app.security.sessions import Session
from app.web.console.answers import told
from app.web.console.draw import draw
from app.web.console.promises import time_of
from app.web.console.refusals import ConsoleRoute
from app.web.request import Run, SignedIn, Who, html

router = APIRouter(route_class=ConsoleRoute)


@router.get("/inbox/{conversation_id}/task")
async def task_form(runtime: Run, session: SignedIn, conversation_id: int) -> Response:
    """The form of a task about a conversation."""

    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        head = thread_head(conn, actor, conversation_id)
        return {"head": head, "colleagues": colleague_choices(conn, actor, head.brand_id)}

    found = await runtime.db.query(read, session.actor)
    return html(draw(runtime, session, "console/_task.html", kinds=KINDS, **found))


@router.post("/inbox/{conversation_id}/task")
async def task_of_conversation(
    runtime: Run,
    actor: Who,
    conversation_id: int,
    text: str = Form("", max_length=2_000),
    when: str = Form("", max_length=100),
    owner: str = Form("", max_length=20),
    kind: str = Form("task", max_length=20),
) -> Response:
    """A task about the conversation; its time is read in the hours of its queue."""

    def read(conn: Connection, actor: Actor) -> int | None:
        hours = hours_of_conversation(conn, actor, conversation_id)
        return time_of(when, actor, hours) if when.strip() else None

    due_at = await runtime.db.query(read, actor)
    await runtime.db.write(
        add_task, actor, text, due_at=due_at, owner_id=number_of(owner), kind=kind,
        conversation_id=conversation_id,
    )  # fmt: skip
    return _said(runtime, actor, N_("The task is made"))


@router.get("/customers/{customer_id}/owed")
async def owed(runtime: Run, session: SignedIn, customer_id: int) -> Response:
    """What a customer is owed: open promises and tasks, and the form of a new task."""
    return await _owed(runtime, session, customer_id)


@router.post("/customers/{customer_id}/tasks")
async def task_of_customer(
    runtime: Run,
    session: SignedIn,
    customer_id: int,
    text: str = Form("", max_length=2_000),
    when: str = Form("", max_length=100),
    owner: str = Form("", max_length=20),
    kind: str = Form("task", max_length=20),
) -> Response:
    """A task about the customer; draws the list anew."""
    actor = session.actor
    due_at = time_of(when, actor) if when.strip() else None
    await runtime.db.write(
        add_task, actor, text, due_at=due_at, owner_id=number_of(owner), kind=kind,
        customer_id=customer_id,
    )  # fmt: skip
    return await _owed(runtime, session, customer_id)


@router.post("/tasks/{task_id}/change")
async def task_changed(
    runtime: Run,
    actor: Who,
    task_id: int,
    when: str = Form("", max_length=100),
    owner: str = Form("", max_length=20),
) -> Response:
    """Another time or owner for a task; what is left empty stays."""

    def read(conn: Connection, actor: Actor) -> int | None:
        found = get_task(conn, actor, task_id)
        if not when.strip():
            return None
        at = found.conversation_id
        hours = hours_of_conversation(conn, actor, at) if at is not None else None
        return time_of(when, actor, hours)

    due_at = await runtime.db.query(read, actor)
    await runtime.db.write(change_task, actor, task_id, due_at=due_at, owner_id=number_of(owner))
    return _said(runtime, actor, N_("The task is changed"))


@router.post("/tasks/{task_id}/done")
async def task_done(runtime: Run, actor: Who, task_id: int, done: bool = Form(True)) -> Response:
    """Done, or not after all."""
    await runtime.db.write(set_task_done, actor, task_id, done)
    return _said(runtime, actor, N_("Done") if done else N_("Not done after all"))


def number_of(owner: str) -> int | None:
    """The id of a chosen owner; None for oneself."""
    if not owner:
        return None
    if not owner.isdecimal() or len(owner) > 18:
        raise Invalid(owner="unknown")
    return int(owner)


def _said(runtime: Runtime, actor: Actor, text: str) -> Response:
    words = runtime.pages.translate(actor.locale, text)
    return told(toast={"text": words, "kind": "success"}, owed__changed={})


async def _owed(runtime: Runtime, session: Session, customer_id: int) -> Response:
    def read(conn: Connection, actor: Actor) -> dict[str, Any]:
        require_customer(conn, actor, customer_id)
        return {
            "promises": promises_of_customer(conn, actor, customer_id),
            "tasks": list_tasks(conn, actor, done=False, customer_id=customer_id),
            "owners": agent_choices(conn, actor),
        }

    found = await runtime.db.query(read, session.actor)
    page = draw(
        runtime, session, "console/_owed.html", customer_id=customer_id, kinds=KINDS, **found
    )
    return html(page)
