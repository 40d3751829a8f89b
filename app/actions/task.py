"""Tasks: what somebody has to do, for a customer, in a conversation, or on their own account."""

from typing import Any

from sqlalchemy import Row, exists, select, update

from app.actions.conversation import add_system_line
from app.actions.promise import checked_owner, checked_text
from app.actions.rows import add_row
from app.actions.schedule import LONGEST_MS
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import SupervisionChanged
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.promise import tasks
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor, visible_conversations, visible_customers

KINDS = ("task", "birthday", "thanks", "apology")


def add_task(
    tx: Tx,
    actor: Actor,
    text: str,
    *,
    due_at: int | None = None,
    owner_id: int | None = None,
    customer_id: int | None = None,
    conversation_id: int | None = None,
    kind: str = "task",
) -> int:
    """Write a task down; returns its id. Of a conversation it takes customer and brand."""
    words = checked_text(text)
    if due_at is not None and not 0 <= due_at <= tx.now + LONGEST_MS:
        raise Invalid(due_at="too_far")
    if kind not in KINDS:
        raise Invalid(kind="unknown")
    brand_id, customer_id = _about(tx, actor, customer_id, conversation_id)
    owner = checked_owner(tx, actor, owner_id or actor.agent_id, brand_id)
    task_id = add_row(
        tx,
        tasks,
        customer_id=customer_id,
        brand_id=brand_id,
        conversation_id=conversation_id,
        owner_id=owner.agent_id,
        created_by=actor.agent_id,
        kind=kind,
        text=words,
        due_at=due_at,
        created_at=tx.now,
    )
    if conversation_id is not None:
        line = {"words": words, "agent": owner.name} | ({"until": due_at} if due_at else {})
        add_system_line(tx, conversation_id, "task_made", actor, task=task_id, **line)
    tx.emit(SupervisionChanged("task", task_id, owner.agent_id))
    return task_id


def change_task(
    tx: Tx, actor: Actor, task_id: int, *, due_at: int | None = None, owner_id: int | None = None
) -> None:
    """Give a task another time, another owner or both; what is None stays. Conflict "task_over"
    where it is done already."""
    task = task_row(tx, actor, task_id)
    if task.done_at is not None:
        raise Conflict("task_over")
    until = task.due_at if due_at is None else due_at
    owner = checked_owner(tx, actor, owner_id or task.owner_id, task.brand_id)
    if until == task.due_at and owner.agent_id == task.owner_id:
        return
    if until is not None and not 0 <= until <= tx.now + LONGEST_MS:
        raise Invalid(due_at="too_far")
    tx.execute(
        update(tasks).where(tasks.c.id == task_id).values(due_at=until, owner_id=owner.agent_id)
    )
    if task.conversation_id is not None:
        line = {"words": task.text, "agent": owner.name} | ({"until": until} if until else {})
        add_system_line(tx, task.conversation_id, "task_changed", actor, task=task_id, **line)
    for told in {task.owner_id, owner.agent_id}:
        tx.emit(SupervisionChanged("task", task_id, told))


def set_task_done(tx: Tx, actor: Actor, task_id: int, done: bool) -> None:
    """Done, or not done after all. Saying it again changes nothing."""
    task = task_row(tx, actor, task_id)
    if (task.done_at is not None) == done:
        return
    tx.execute(update(tasks).where(tasks.c.id == task_id).values(done_at=tx.now if done else None))
    if task.conversation_id is not None:
        code = "task_done" if done else "task_open"
        add_system_line(tx, task.conversation_id, code, actor, task=task_id, words=task.text)
    tx.emit(SupervisionChanged("task", task_id, task.owner_id))


def task_row(tx: Tx, actor: Actor, task_id: int) -> Row[Any]:
    """The task; NotFound where it is not the actor's to see."""
    row = tx.execute(
        select(tasks).where(tasks.c.id == task_id, visible_follow_ups(actor, tasks))
    ).first()
    if row is None:
        raise NotFound
    return row


def _about(
    tx: Tx, actor: Actor, customer_id: int | None, conversation_id: int | None
) -> tuple[int | None, int | None]:
    """Brand and customer of a task; NotFound where the actor may not see what it is about."""
    if conversation_id is not None:
        row = tx.execute(
            select(conversations.c.brand_id, conversations.c.customer_id).where(
                conversations.c.id == conversation_id, visible_conversations(actor)
            )
        ).first()
        if row is None:
            raise NotFound
        return row.brand_id, row.customer_id
    if customer_id is not None:
        known = exists().where(customers.c.id == customer_id, visible_customers(actor))
        if not tx.execute(select(known)).scalar():
            raise NotFound
    only = actor.brands if actor.brands is not None and len(actor.brands) == 1 else ()
    return next(iter(only), None), customer_id
