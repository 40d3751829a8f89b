"""What is kept for a time only: kinds of rows, each with where to find those whose time is over.

Every branch gives (id, at, brand_id, name): which row, from when its time runs, whose brand, and
what an administrator knows it by. Rows of customers under a legal hold are in none of them; what
does not say whose it is stays as long as anybody is held.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Select,
    cast,
    exists,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)

from app.models.activity import activities
from app.models.consent import legal_holds
from app.models.conversation import attachments, conversations, messages
from app.models.customer import visitor_sessions
from app.models.organisation import inboxes
from app.models.party import customer_imports
from app.models.promise import tasks
from app.models.question import deflections, unanswered_questions
from app.models.work import outbox, raw_mails
from app.queries.aliases import aliases_of, master_of

Held = Sequence[int]
Branch = Callable[[Held], Select[Any]]
SEEN = ("page_view", "device_signal")


@dataclass(frozen=True, slots=True)
class Kind:
    """One line of the rules. `parts` name what is done to the rows of each branch."""

    name: str
    least_days: int  # sooner would take what people still work with
    parts: tuple[tuple[str, Branch], ...]


def held_customers(conn: Connection, now: int) -> list[int]:
    """Every id of those of whom nothing may be removed now."""
    found = conn.execute(
        select(legal_holds.c.customer_id).where(
            legal_holds.c.ended_at.is_(None),
            or_(legal_holds.c.until_at.is_(None), legal_holds.c.until_at > now),
        )
    ).scalars()
    every = {one for each in found for one in aliases_of(conn, master_of(conn, each))}
    return sorted(every)


def _row(id_: Any, at: Any, brand: Any, name: Any) -> Select[Any]:
    brand = cast(brand, BigInteger).label("brand_id")
    return select(id_.label("id"), at.label("at"), brand, name.label("name"))


def _free(column: Any, held: Held) -> ColumnElement[bool]:
    """Nobody's, or of somebody who is not held."""
    return or_(column.is_(None), column.not_in(held)) if held else true()


def _nobody_held(held: Held) -> ColumnElement[bool]:
    return literal(not held)


def _said_by_held(held: Held) -> ColumnElement[bool]:
    """Somebody who is held has written into the conversation of another."""
    theirs = messages.c.conversation_id == conversations.c.id
    return exists().where(theirs, messages.c.customer_id.in_(held))


def _over(held: Held, *, spam: bool) -> list[ColumnElement[bool]]:
    """Conversations that nobody works on and whose words are still there."""
    of = conversations.c
    waits = (
        exists()
        .where(messages.c.conversation_id == of.id, outbox.c.message_id == messages.c.id)
        .where(outbox.c.state.in_(("queued", "sending")))
    )
    found = [
        of.spam.is_(True) if spam else (of.status == "done") & of.spam.is_(False),
        func.coalesce(of.emptied_at, 0) < of.last_message_at,
        not_(waits),
    ]
    return [*found, _free(of.customer_id, held), not_(_said_by_held(held))] if held else found


def _conversations(held: Held) -> Select[Any]:
    of = conversations.c
    return _row(of.id, of.last_message_at, of.brand_id, of.subject).where(*_over(held, spam=False))


def _spam(held: Held) -> Select[Any]:
    of = conversations.c
    return _row(of.id, of.last_message_at, of.brand_id, of.subject).where(*_over(held, spam=True))


def _mails(held: Held) -> Select[Any]:
    of = raw_mails.c
    whose = or_(
        of.message_id.is_not(None) & _free(conversations.c.customer_id, held),
        of.message_id.is_(None) & _nobody_held(held),
    )
    return (
        _row(of.id, of.received_at, inboxes.c.brand_id, inboxes.c.name)
        .select_from(raw_mails)
        .join(inboxes, inboxes.c.id == of.inbox_id)
        .outerjoin(messages, messages.c.id == of.message_id)
        .outerjoin(conversations, conversations.c.id == messages.c.conversation_id)
        .where(of.state.in_(("parsed", "failed")), whose, _free(messages.c.customer_id, held))
    )


def _attachments(held: Held) -> Select[Any]:
    of = attachments.c
    return (
        _row(of.id, of.created_at, conversations.c.brand_id, of.name)
        .select_from(attachments)
        .join(messages, messages.c.id == of.message_id)
        .join(conversations, conversations.c.id == messages.c.conversation_id)
        .where(
            conversations.c.status == "done",
            _free(conversations.c.customer_id, held),
            _free(messages.c.customer_id, held),
        )
    )


def _activities(*, seen: bool) -> Branch:
    def branch(held: Held) -> Select[Any]:
        of = activities.c
        kind = of.kind.in_(SEEN) if seen else of.kind.not_in(SEEN)
        return _row(of.id, of.at, of.brand_id, of.kind).where(kind, _free(of.customer_id, held))

    return branch


def _visitors(held: Held) -> Select[Any]:
    """Browsers without a conversation that goes on."""
    of = visitor_sessions.c
    return (
        _row(of.id, of.seen_at, inboxes.c.brand_id, inboxes.c.name)
        .select_from(visitor_sessions)
        .join(inboxes, inboxes.c.id == of.inbox_id)
        .outerjoin(conversations, conversations.c.id == of.conversation_id)
        .where(
            or_(of.conversation_id.is_(None), conversations.c.status == "done"),
            _free(of.customer_id, held),
        )
    )


def _searches(held: Held) -> Select[Any]:
    of = unanswered_questions.c
    row = _row(of.id, of.created_at, of.brand_id, of.query)
    return row.where(of.conversation_id.is_(None))


def _suggested(held: Held) -> Select[Any]:
    of = deflections.c
    return (
        _row(of.id, of.created_at, inboxes.c.brand_id, of.query)
        .select_from(deflections)
        .join(inboxes, inboxes.c.id == of.inbox_id)
        .where(of.conversation_id.is_(None), or_(of.query != "", of.visitor != ""))
    )


def _tasks(held: Held) -> Select[Any]:
    of = tasks.c
    row = _row(of.id, of.done_at, of.brand_id, of.text)
    return row.where(of.done_at.is_not(None), _free(of.customer_id, held))


def _imports(held: Held) -> Select[Any]:
    of = customer_imports.c
    at = func.coalesce(of.ended_at, of.created_at)
    row = _row(of.id, at, of.brand_id, of.name)
    over = of.state.in_(("done", "failed"))
    return row.where(over, of.file_id.is_not(None), _nobody_held(held))


KINDS = {
    kind.name: kind
    for kind in (
        Kind("closed_conversations", 30, (("empty", _conversations),)),
        Kind("spam", 7, (("empty", _spam),)),
        Kind("attachments", 7, (("attachments", _attachments),)),
        Kind("raw_mails", 7, (("raw_mails", _mails),)),
        Kind("page_views", 1, (("activities", _activities(seen=True)),)),
        Kind("events", 7, (("activities", _activities(seen=False)),)),
        Kind("visitors", 1, (("visitor_sessions", _visitors),)),
        Kind("searches", 30, (("unanswered_questions", _searches), ("suggested", _suggested))),
        Kind("closed_tasks", 7, (("tasks", _tasks),)),
        Kind("imports", 1, (("imports", _imports),)),
    )
}
