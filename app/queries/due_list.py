"""All that waits for one agent at a time of its own, in one list: promises, tasks, calls back,
snoozed conversations and replies that are planned."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Column, ColumnElement, Connection, Select, and_, or_, select

from app import clock
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.promise import promises, tasks
from app.queries.board_contacts import title_of_customer
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor, visible_conversations
from knowledge.sensitive import mask_numbers

MOST = 300  # of each kind
GROUPS = ("overdue", "today", "week", "later", "some_day")


@dataclass(frozen=True, slots=True)
class DueItem:
    """One thing to do. `id` is that of its kind: promise, task, callback and snooze (the
    conversation's), message. `at` None: a task without a time."""

    kind: str
    id: int
    at: int | None
    text: str
    customer_id: int | None
    customer: str
    conversation_id: int | None


def due_list(
    conn: Connection, actor: Actor, *, since: int | None = None, until: int | None = None
) -> tuple[DueItem, ...]:
    """The actor's own, the earliest first, those without a time last; what lies outside of
    `since` to `until` (ms) is left out, where given."""
    found = [
        item
        for kind, at, query in _queries(actor)
        for item in _items(conn, kind, query.where(*_within(at, since, until)))
    ]
    found += [
        item
        for item in _callbacks(conn, actor)
        if item.at is not None
        and (since is None or item.at >= since)
        and (until is None or item.at < until)
    ]
    return tuple(sorted(found, key=lambda item: (item.at is None, item.at or 0, item.id)))


def grouped(
    items: tuple[DueItem, ...], now: int, time_zone: str
) -> tuple[tuple[str, tuple[DueItem, ...]], ...]:
    """Overdue, today, until Sunday, later, and without a time: in the agent's days."""
    here = datetime.fromtimestamp(now / 1000, ZoneInfo(time_zone or "UTC"))
    midnight = here.replace(hour=0, minute=0, second=0, microsecond=0)
    today = _ms(midnight + timedelta(days=1))
    week = _ms(midnight + timedelta(days=7 - here.weekday()))

    def group_of(item: DueItem) -> str:
        if item.at is None:
            return "some_day"
        bounds = (("overdue", now), ("today", today), ("week", week))
        return next((name for name, end in bounds if item.at < end), "later")

    parts = {name: tuple(i for i in items if group_of(i) == name) for name in GROUPS}
    return tuple((name, part) for name, part in parts.items() if part)


def _within(at: Column[Any], since: int | None, until: int | None) -> list[ColumnElement[bool]]:
    bounds = [] if since is None else [at >= since]
    return bounds if until is None else [*bounds, at < until]


def _queries(actor: Actor) -> Iterator[tuple[str, Column[Any], Select[Any]]]:
    """Each kind with the column of its time."""
    title = title_of_customer().label("customer")
    yield (
        "promise",
        promises.c.due_at,
        select(
            promises.c.id, promises.c.due_at.label("at"), promises.c.text,
            promises.c.customer_id, title, promises.c.conversation_id,
        )
        .join(customers, customers.c.id == promises.c.customer_id)
        .where(promises.c.owner_id == actor.agent_id, promises.c.state == "open")
        .where(visible_follow_ups(actor, promises))
        .order_by(promises.c.due_at),
    )  # fmt: skip
    yield (
        "task",
        tasks.c.due_at,
        select(
            tasks.c.id, tasks.c.due_at.label("at"), tasks.c.text,
            tasks.c.customer_id, title, tasks.c.conversation_id,
        )
        .select_from(tasks)
        .outerjoin(customers, customers.c.id == tasks.c.customer_id)
        .where(tasks.c.owner_id == actor.agent_id, tasks.c.done_at.is_(None))
        .where(visible_follow_ups(actor, tasks))
        .order_by(tasks.c.due_at.is_(None), tasks.c.due_at),
    )  # fmt: skip
    yield (
        "snooze",
        conversations.c.snoozed_until,
        select(
            conversations.c.id, conversations.c.snoozed_until.label("at"),
            conversations.c.subject.label("text"), conversations.c.customer_id, title,
            conversations.c.id.label("conversation_id"),
        )
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(
            conversations.c.assignee_id == actor.agent_id, conversations.c.status == "snoozed",
            conversations.c.snoozed_until.is_not(None), visible_conversations(actor),
        )
        .order_by(conversations.c.snoozed_until),
    )  # fmt: skip
    yield (
        "message",
        messages.c.send_at,
        select(
            messages.c.id, messages.c.send_at.label("at"), messages.c.text,
            conversations.c.customer_id, title, messages.c.conversation_id,
        )
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(
            messages.c.agent_id == actor.agent_id, messages.c.state == "planned",
            messages.c.send_at.is_not(None), visible_conversations(actor),
        )
        .order_by(messages.c.send_at),
    )  # fmt: skip


def _items(conn: Connection, kind: str, statement: Select[Any]) -> Iterator[DueItem]:
    for row in conn.execute(statement.limit(MOST)).mappings():
        text = mask_numbers(" ".join(str(row["text"]).split()))[:200]
        yield DueItem(
            kind, row["id"], row["at"], text,
            row["customer_id"], row["customer"] or "", row["conversation_id"],
        )  # fmt: skip


def _callbacks(conn: Connection, actor: Actor) -> list[DueItem]:
    """Customers to be called who wait for this agent, or are in their hands."""
    rows = conn.execute(
        select(
            conversations.c.id, contacts.c.callback, conversations.c.customer_id,
            title_of_customer().label("customer"),
        )
        .join(contacts, contacts.c.id == conversations.c.contact_id)
        .join(customers, customers.c.id == conversations.c.customer_id)
        .where(
            contacts.c.status.in_(("waiting", "offered", "active")),
            or_(
                contacts.c.agent_id == actor.agent_id,
                and_(
                    contacts.c.agent_id.is_(None),
                    contacts.c.preferred_agent_id == actor.agent_id,
                ),
            ),
            visible_conversations(actor),
        )
        .limit(MOST)
    )  # fmt: skip
    return [
        DueItem(
            "callback", row.id, row.callback.get("next_at") or clock.now(),
            str(row.callback.get("to", "")), row.customer_id, row.customer or "", row.id,
        )
        for row in rows
        if row.callback
    ]  # fmt: skip


def _ms(moment: datetime) -> int:
    return int(moment.astimezone(UTC).timestamp() * 1000)
