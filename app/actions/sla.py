"""Promises that run: the first answer, each further one, and the end of the matter.

The only writer of `sla_clocks`. Everybody who calls holds the conversation's row, so a conversation
never has two running clocks of a kind. Time used and time left, both of the queue's business time,
always add up to the target; while a clock is paused, what is left is written down.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, case, exists, func, insert, null, select, update

from app.actions.rows import change_row
from app.db import Tx
from app.events import ClockChanged
from app.models.contact import sla_clocks
from app.models.organisation import queues
from app.queries.calendars import after_business_ms, calendar
from channels import registry
from routing.hours import business_ms_between, subtract_business_ms

ANSWERS = ("first", "next")  # a customer waits for one of them at a time
LONGEST_MS = 2_000_000_000  # what the columns hold: 23 days of business time
TAKE_BACK_MS = 60_000  # whoever opens again within this time goes on where the clock stood

_conversation = sla_clocks.c.conversation_id == bindparam("of_conversation")
_live = sla_clocks.c.ended_at.is_(None)
_LIVE_CLOCKS = select(sla_clocks).where(_conversation, _live).order_by(sla_clocks.c.id)
_late = sla_clocks.c.breached_at.is_(None) & (sla_clocks.c.due_at < bindparam("now"))
_in_time = sla_clocks.c.breached_at.is_(None) & (
    sla_clocks.c.due_at.is_(None) | (sla_clocks.c.due_at >= bindparam("now"))
)
_breach = case((_late, sla_clocks.c.due_at), else_=sla_clocks.c.breached_at)
_ANSWERED = (
    update(sla_clocks)
    .where(_conversation, _live, sla_clocks.c.kind.in_(ANSWERS))
    .values(
        ended_at=bindparam("now"),
        met_at=case((_in_time, bindparam("now"))),
        breached_at=_breach,
    )
    .returning(sla_clocks.c.id, sla_clocks.c.kind, sla_clocks.c.met_at)
)
_BEGIN = insert(sla_clocks).returning(sla_clocks.c.id)
_ACCEPTED = _ANSWERED.where(sla_clocks.c.kind == "first")
_DONE = (
    update(sla_clocks)
    .where(_conversation, _live)
    .values(
        ended_at=bindparam("now"),
        met_at=case(((sla_clocks.c.kind == "resolve") & _in_time, bindparam("now"))),
        breached_at=_breach,
    )
)
_DROPPED = update(sla_clocks).where(_conversation, _live).values(ended_at=bindparam("now"))
_NEXT_RULES = select(
    queues,
    exists().where(_conversation, _live, sla_clocks.c.kind.in_(ANSWERS)).label("runs"),
).where(queues.c.id == bindparam("queue_id"))


@dataclass(frozen=True, slots=True)
class Rules:
    """What a queue promises on a channel: ms of its business time by kind; None: nothing."""

    queue_id: int
    hours_id: int | None
    targets: dict[str, int | None]


def rules_of(queue: Row[Any], channel: str) -> Rules:
    """A queue's promises: live channels have their own, letters theirs."""
    if registry.get(channel).live:
        seconds = queue.target_s, queue.next_target_s, queue.resolve_target_s
    else:
        seconds = queue.mail_target_s, queue.mail_next_target_s, queue.mail_resolve_target_s
    first, following, resolve = (None if s is None else min(s * 1000, LONGEST_MS) for s in seconds)
    return Rules(queue.id, queue.hours_id, {"first": first, "next": following, "resolve": resolve})


def start_clocks(tx: Tx, conversation: Row[Any], contact_id: int, queue: Row[Any]) -> None:
    """A contact enters a queue: what was paused goes on, what is not running yet begins.

    The first answer is promised only where a customer waits for one: a contact that an agent makes
    of a conversation at rest has no such clock.
    """
    rules = rules_of(queue, conversation.channel)
    running = set()
    if conversation.contact_id is not None:  # else it never had a clock
        for clock in _live_clocks(tx, conversation.id):
            _follow(tx, clock, rules, contact_id)
            running.add(clock.kind)
    begin = list[str]()
    if conversation.waiting_since is not None and running.isdisjoint(ANSWERS):
        begin.append("first")
    if "resolve" not in running:
        begin.append("resolve")
    _start(tx, conversation.id, contact_id, rules, *begin)


def customer_wrote(tx: Tx, contact: Row[Any]) -> None:
    """A further message while the contact is going on: the next answer's clock begins, unless the
    customer is waiting for an answer already."""
    known = {"of_conversation": contact.conversation_id, "queue_id": contact.queue_id}
    queue = tx.execute(_NEXT_RULES, known).one()
    if not queue.runs:
        rules = rules_of(queue, contact.channel)
        for clock_id in _start(tx, contact.conversation_id, contact.id, rules, "next"):
            tx.emit(ClockChanged(contact.conversation_id, clock_id, "next", "started"))


def answered(tx: Tx, conversation_id: int) -> None:
    """An agent has answered the customer: kept if in time, else broken when it was due."""
    _stamp(tx, _ANSWERED, conversation_id)


def accepted(tx: Tx, contact: Row[Any]) -> None:
    """An agent has taken the contact: on a live channel that is the first answer."""
    if registry.get(contact.channel).live:
        _stamp(tx, _ACCEPTED, contact.conversation_id)


def pause_clocks(tx: Tx, conversation_id: int) -> None:
    """Snoozed: what is left is kept. A promise that is late by now is broken."""
    for clock in _live_clocks(tx, conversation_id):
        if clock.paused_at is None:
            left = _left_ms(tx, clock)
            breached = clock.breached_at or (clock.due_at if left < 0 else None)
            _change(tx, clock, paused_at=tx.now, due_at=None, left_ms=left, breached_at=breached)


def resume_clocks(tx: Tx, conversation_id: int) -> None:
    """A contact goes on that had ended a moment ago: paused clocks run again, and the clock of the
    resolution is taken back with it."""
    if not any(clock.kind == "resolve" for clock in _live_clocks(tx, conversation_id)):
        _take_back(tx, conversation_id)
    for clock in _live_clocks(tx, conversation_id):
        if clock.paused_at is not None:
            due = _due_at(tx, clock.hours_id, clock.left_ms)
            _change(tx, clock, paused_at=None, left_ms=None, due_at=due)


def move_clocks(tx: Tx, contact: Row[Any], queue_id: int) -> None:
    """Another queue's promises from now on; the time that was used counts there as well."""
    queue = tx.execute(select(queues).where(queues.c.id == queue_id)).one()
    rules = rules_of(queue, contact.channel)
    clocks = _live_clocks(tx, contact.conversation_id)
    for clock in clocks:
        _follow(tx, clock, rules, contact.id)
    if not any(clock.kind == "resolve" for clock in clocks):
        _start(tx, contact.conversation_id, contact.id, rules, "resolve")


def finish_clocks(tx: Tx, conversation_id: int, *, kept: bool = True) -> None:
    """Done: the resolution is stamped. Not `kept`: spam, or the customer gave up; then nothing is
    claimed to have been kept, and what was not broken yet never will be."""
    at = {"of_conversation": conversation_id, "now": tx.now}
    tx.execute(_DONE if kept else _DROPPED, at)


def stamp_breaches(tx: Tx) -> int:
    """Clocks that have run out are broken, once, at the moment they were due; returns how many."""
    rows = tx.execute(
        update(sla_clocks)
        .where(_live, sla_clocks.c.due_at < tx.now, sla_clocks.c.breached_at.is_(None))
        .values(breached_at=sla_clocks.c.due_at)
        .returning(sla_clocks.c.id, sla_clocks.c.conversation_id, sla_clocks.c.kind)
    ).all()
    for row in rows:
        tx.emit(ClockChanged(row.conversation_id, row.id, row.kind, "breached"))
    return len(rows)


def _start(
    tx: Tx, conversation_id: int, contact_id: int, rules: Rules, *kinds: str
) -> Sequence[int]:
    """Begin a clock for each of these that is promised, in one statement; their ids."""
    targets = [(kind, ms) for kind in kinds if (ms := rules.targets[kind]) is not None]
    if not targets:
        return ()
    hours = calendar(tx.conn, rules.hours_id)
    rows = [
        {
            "conversation_id": conversation_id,
            "contact_id": contact_id,
            "queue_id": rules.queue_id,
            "hours_id": rules.hours_id,
            "kind": kind,
            "target_ms": target,
            "started_at": tx.now,
            "due_at": after_business_ms(hours, tx.now, target),
        }
        for kind, target in targets
    ]
    return tx.execute(_BEGIN, rows).scalars().all()


def _follow(tx: Tx, clock: Row[Any], rules: Rules, contact_id: int) -> None:
    """The clock runs on by these rules, with the time it has used; it ends where they have none."""
    target = rules.targets[clock.kind]
    if target is None:
        _change(tx, clock, ended_at=tx.now)
        return
    same = (clock.hours_id, clock.target_ms) == (rules.hours_id, target)
    if same and clock.paused_at is None:
        _change(tx, clock, contact_id=contact_id, queue_id=rules.queue_id)
        return
    left = target - (clock.target_ms - _left_ms(tx, clock))
    _change(
        tx,
        clock,
        contact_id=contact_id,
        queue_id=rules.queue_id,
        hours_id=rules.hours_id,
        target_ms=target,
        due_at=_due_at(tx, rules.hours_id, left),
        paused_at=None,
        left_ms=None,
    )


def _take_back(tx: Tx, conversation_id: int) -> None:
    """The resolution that was stamped a moment ago has not come after all."""
    last = (
        select(func.max(sla_clocks.c.id))
        .where(_conversation, sla_clocks.c.kind == "resolve")
        .scalar_subquery()
    )
    tx.execute(
        update(sla_clocks)
        .where(sla_clocks.c.id == last, sla_clocks.c.ended_at > tx.now - TAKE_BACK_MS)
        .values(ended_at=null(), met_at=null()),
        {"of_conversation": conversation_id},
    )


def _left_ms(tx: Tx, clock: Row[Any]) -> int:
    """Business time until it is due; below zero once it is late. Hours that never open use none."""
    if clock.paused_at is not None:
        return int(clock.left_ms)
    if clock.due_at is None:
        return int(clock.target_ms)
    hours = calendar(tx.conn, clock.hours_id)
    first, last = min(tx.now, clock.due_at), max(tx.now, clock.due_at)
    span = last - first if hours is None else business_ms_between(hours, first, last)
    span = min(span, LONGEST_MS)
    return span if tx.now <= clock.due_at else -span


def _due_at(tx: Tx, hours_id: int | None, left_ms: int) -> int | None:
    """When so much is used up; what is late already was due in the past."""
    hours = calendar(tx.conn, hours_id)
    if left_ms >= 0:
        return after_business_ms(hours, tx.now, left_ms)
    return tx.now + left_ms if hours is None else subtract_business_ms(hours, tx.now, -left_ms)


def _live_clocks(tx: Tx, conversation_id: int) -> list[Row[Any]]:
    return list(tx.execute(_LIVE_CLOCKS, {"of_conversation": conversation_id}))


def _change(tx: Tx, clock: Row[Any], **changes: Any) -> None:
    change_row(tx, sla_clocks, clock.id, **changes)


def _stamp(tx: Tx, statement: Any, conversation_id: int) -> None:
    for row in tx.execute(statement, {"of_conversation": conversation_id, "now": tx.now}).all():
        state = "met" if row.met_at is not None else "breached"
        tx.emit(ClockChanged(conversation_id, row.id, row.kind, state))
