"""Promises and tasks as screens and the API read them: by customer, owner, state and time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, or_, select

from app import clock
from app.db import NotFound
from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import brands, queues
from app.models.promise import promises, tasks
from app.queries.calendars import calendar
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import mask_numbers
from routing.hours import Hours

MOST = 200
_owners, _closers = agents.alias("owners"), agents.alias("closers")


@dataclass(frozen=True, slots=True)
class PromiseItem:
    """What was promised, to whom, by when, and what became of it."""

    id: int
    customer_id: int
    customer_name: str
    brand_id: int | None
    brand_name: str
    conversation_id: int | None
    message_id: int | None
    owner_id: int
    owner_name: str
    text: str
    state: str
    due_at: int
    created_at: int
    closed_at: int | None
    closed_by: str
    moved: int  # how often its date was put off

    @property
    def overdue(self) -> bool:
        """Whether its time is over and nobody has said what became of it."""
        return self.state == "open" and self.due_at < clock.now()


@dataclass(frozen=True, slots=True)
class TaskItem:
    """What somebody has to do."""

    id: int
    customer_id: int | None
    customer_name: str
    brand_id: int | None
    conversation_id: int | None
    owner_id: int
    owner_name: str
    kind: str
    text: str
    due_at: int | None
    done_at: int | None
    created_at: int

    @property
    def overdue(self) -> bool:
        """Whether it should be done by now."""
        return self.done_at is None and self.due_at is not None and self.due_at < clock.now()


def list_promises(
    conn: Connection,
    actor: Actor,
    *,
    state: str = "",
    owner_id: int | None = None,
    customer_id: int | None = None,
    conversation_id: int | None = None,
    before: int | None = None,
    limit: int = MOST,
) -> tuple[PromiseItem, ...]:
    """Promises the actor may see, the latest made first."""
    query = _promises(actor)
    if state:
        query = query.where(promises.c.state == state)
    query = query.where(*_of(promises, owner_id, customer_id, conversation_id, before))
    rows = conn.execute(query.order_by(promises.c.id.desc()).limit(limit))
    return tuple(_promise(row) for row in rows)


def _promise(row: Any) -> PromiseItem:
    found = PromiseItem(*row)
    return replace(found, text=mask_numbers(found.text))


def _task(row: Any) -> TaskItem:
    found = TaskItem(*row)
    return replace(found, text=mask_numbers(found.text))


def get_promise(conn: Connection, actor: Actor, promise_id: int) -> PromiseItem:
    """One promise; NotFound where it is not the actor's to see."""
    row = conn.execute(_promises(actor).where(promises.c.id == promise_id)).first()
    if row is None:
        raise NotFound
    return _promise(row)


def promises_of_customer(
    conn: Connection, actor: Actor, customer_id: int, *, only_open: bool = True
) -> tuple[PromiseItem, ...]:
    """What a customer was promised, the earliest due first: for their card and every conversation
    with them."""
    query = _promises(actor).where(promises.c.customer_id == customer_id)
    if only_open:
        query = query.where(promises.c.state == "open")
    rows = conn.execute(query.order_by(promises.c.due_at, promises.c.id).limit(MOST))
    return tuple(_promise(row) for row in rows)


def owed_by(conn: Connection, actor: Actor, until: int) -> tuple[PromiseItem, ...]:
    """The actor's own open promises that are due by then, the earliest first."""
    rows = conn.execute(
        _promises(actor)
        .where(
            promises.c.owner_id == actor.agent_id,
            promises.c.state == "open",
            promises.c.due_at <= until,
        )
        .order_by(promises.c.due_at, promises.c.id)
        .limit(MOST)
    )
    return tuple(_promise(row) for row in rows)


def list_tasks(
    conn: Connection,
    actor: Actor,
    *,
    done: bool | None = None,
    owner_id: int | None = None,
    customer_id: int | None = None,
    conversation_id: int | None = None,
    before: int | None = None,
    limit: int = MOST,
) -> tuple[TaskItem, ...]:
    """Tasks the actor may see, the latest made first."""
    query = _tasks(actor)
    if done is not None:
        query = query.where(tasks.c.done_at.is_not(None) if done else tasks.c.done_at.is_(None))
    query = query.where(*_of(tasks, owner_id, customer_id, conversation_id, before))
    rows = conn.execute(query.order_by(tasks.c.id.desc()).limit(limit))
    return tuple(_task(row) for row in rows)


def get_task(conn: Connection, actor: Actor, task_id: int) -> TaskItem:
    """One task; NotFound where it is not the actor's to see."""
    row = conn.execute(_tasks(actor).where(tasks.c.id == task_id)).first()
    if row is None:
        raise NotFound
    return _task(row)


def hours_of_conversation(conn: Connection, actor: Actor, conversation_id: int) -> Hours | None:
    """The calendar in which promises made there are reckoned: its queue's."""
    row = conn.execute(
        select(queues.c.hours_id)
        .select_from(conversations)
        .outerjoin(contacts, contacts.c.id == conversations.c.contact_id)
        .outerjoin(
            queues, or_(queues.c.id == contacts.c.queue_id, queues.c.id == conversations.c.queue_id)
        )
        .where(conversations.c.id == conversation_id, visible_conversations(actor))
        .order_by(queues.c.id == contacts.c.queue_id)
    ).first()
    if row is None:
        raise NotFound
    return calendar(conn, row.hours_id)


def _of(
    table: Any,
    owner_id: int | None,
    customer_id: int | None,
    conversation_id: int | None,
    before: int | None,
) -> Sequence[ColumnElement[bool]]:
    wanted = {
        "owner_id": owner_id, "customer_id": customer_id, "conversation_id": conversation_id,
    }  # fmt: skip
    found = [table.c[name] == value for name, value in wanted.items() if value is not None]
    return [*found, table.c.id < before] if before is not None else found


def _promises(actor: Actor) -> Select[Any]:
    """The columns of a PromiseItem, in its order."""
    c = promises.c
    return (
        select(
            c.id, c.customer_id, customers.c.name.label("customer_name"), c.brand_id,
            brands.c.name.label("brand_name"), c.conversation_id, c.message_id, c.owner_id,
            _owners.c.name.label("owner_name"), c.text, c.state, c.due_at, c.created_at,
            c.closed_at, _closers.c.name.label("closed_by"), c.moved,
        )
        .select_from(promises)
        .join(customers, customers.c.id == c.customer_id)
        .join(_owners, _owners.c.id == c.owner_id)
        .outerjoin(brands, brands.c.id == c.brand_id)
        .outerjoin(_closers, _closers.c.id == c.closed_by)
        .where(visible_follow_ups(actor, promises))
    )  # fmt: skip


def _tasks(actor: Actor) -> Select[Any]:
    """The columns of a TaskItem, in its order."""
    c = tasks.c
    return (
        select(
            c.id, c.customer_id, customers.c.name.label("customer_name"), c.brand_id,
            c.conversation_id, c.owner_id, _owners.c.name.label("owner_name"), c.kind, c.text,
            c.due_at, c.done_at, c.created_at,
        )
        .select_from(tasks)
        .join(_owners, _owners.c.id == c.owner_id)
        .outerjoin(customers, customers.c.id == c.customer_id)
        .where(visible_follow_ups(actor, tasks))
    )  # fmt: skip
