"""Where a contact's head start comes from: sources that can be added to, kept apart by name.

A source answers how many ms earlier the contact counts as having come, and under which name that is
kept and explained. The sum stays within the largest boost of `routing.boost`, so that whoever
overtakes arrived at most that much later. To add a source (what the customer is worth, a promise
that is open), write a function of this shape, put it into SOURCES and its name into words in
`templates/console/_why.html`; nothing else has to know. Who had the customer last, and the
customer's language, are no boosts: they are a preference and a skill (`enqueue`).
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import Connection, Label, Row, bindparam, func, select

from app.models.organisation import queues
from app.models.promise import promises
from app.queries.calendars import due_at
from channels import registry
from routing.boost import LARGEST_BOOST_MS, PRIORITY_BOOST_MS, Priority, priority_boost, sla_boost

LATE_PROMISE_MS = PRIORITY_BOOST_MS["high"]  # an open promise that is late

Boosts = list[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class Entry:
    """A contact about to enter a queue at `now` (ms): what a source may look at.

    `queue` is its row with the longest targets of all queues beside it (`longest_targets`),
    and when a promise to the customer is due (`promise_due_at`).
    """

    conversation: Row[Any]
    queue: Row[Any]
    channel: str
    priority: str
    now: int


Source = Callable[[Connection, Entry], Iterable[tuple[str, int]]]

_others = queues.alias("others")


def longest_targets() -> list[Label[Any]]:
    """The targets in seconds of the most patient active queues, for chats and for mails: columns
    to be read with a queue, as `longest_target_s` and `longest_mail_target_s`."""
    return [
        select(func.max(_others.c[name]))
        .where(_others.c.active)
        .scalar_subquery()
        .label(f"longest_{name}")
        for name in ("target_s", "mail_target_s")
    ]


def promise_due_at() -> Label[Any]:
    """When the customer's first open promise of this brand is due: a column to be read with a
    queue, for the parameters `customer_id` and `brand_id`."""
    return (
        select(func.min(promises.c.due_at))
        .where(
            promises.c.customer_id == bindparam("customer_id"),
            promises.c.brand_id == bindparam("brand_id"),
            promises.c.state == "open",
        )
        .scalar_subquery()
        .label("promise_due_at")
    )


def by_priority(conn: Connection, entry: Entry) -> Iterable[tuple[str, int]]:
    """The minutes of its priority."""
    yield "priority", priority_boost(cast(Priority, entry.priority))


def by_deadline(conn: Connection, entry: Entry) -> Iterable[tuple[str, int]]:
    """How much nearer its first answer is due than that of the most patient queue of its kind.

    Deadlines go through the queue's calendar here, once; with this boost the line is in their
    order. Chats and mails are compared with their own kind only: the hours of a mail would give
    every chat the largest boost there is.
    """
    if not entry.queue.sla_boost:
        return
    queue = entry.queue
    if registry.get(entry.channel).live:
        target_s, longest_s = queue.target_s, queue.longest_target_s
    else:
        target_s, longest_s = queue.mail_target_s, queue.longest_mail_target_s
    due = due_at(conn, queue.hours_id, entry.now, target_s * 1000)
    if due is not None and longest_s is not None:
        yield "deadline", sla_boost(due - entry.now, longest_s * 1000)


def by_late_promise(conn: Connection, entry: Entry) -> Iterable[tuple[str, int]]:
    """Whom we have kept waiting for something promised is not kept waiting in line as well."""
    due = entry.queue.promise_due_at
    if due is not None and due < entry.now:
        yield "promise", LATE_PROMISE_MS


SOURCES: Sequence[Source] = (by_priority, by_deadline, by_late_promise)


def boosts_of(conn: Connection, entry: Entry) -> Boosts:
    """What every source gives, without those that give nothing."""
    return [part for source in SOURCES for part in source(conn, entry) if part[1]]


def total_boost(boosts: Iterable[Sequence[Any]]) -> int:
    """The head start in ms: the sum, kept between the lowest boost and the largest above it."""
    lowest = PRIORITY_BOOST_MS["low"]
    total = sum(int(ms) for _, ms in boosts)
    return max(lowest, min(total, lowest + LARGEST_BOOST_MS))
