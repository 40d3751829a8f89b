"""Another date or another owner for a promise, with the reason: it stays in the conversation."""

from sqlalchemy import update

from app.actions.conversation import add_system_line
from app.actions.promise import checked_owner, checked_text, promise_row, say_of_promise
from app.actions.schedule import LONGEST_MS
from app.db import Conflict, Invalid, Tx
from app.events import SupervisionChanged
from app.models.promise import promises
from app.security.permissions import Actor


def change_promise(
    tx: Tx,
    actor: Actor,
    promise_id: int,
    reason: str,
    *,
    due_at: int | None = None,
    owner_id: int | None = None,
) -> None:
    """Give an open promise another date, another owner or both. Invalid without a reason; a
    Conflict where somebody has said what became of it. The owner is told of the new date in time,
    and reports count how often it was put off."""
    promise = promise_row(tx, actor, promise_id)
    if promise.state != "open":
        raise Conflict("promise_over", state=promise.state)
    due_at = promise.due_at if due_at is None else due_at
    owner = checked_owner(tx, actor, owner_id or promise.owner_id, promise.brand_id)
    if due_at == promise.due_at and owner.agent_id == promise.owner_id:
        return
    if due_at != promise.due_at and not tx.now < due_at <= tx.now + LONGEST_MS:
        raise Invalid(due_at="in_the_past" if due_at <= tx.now else "too_far")
    words = _reason(reason)
    changed = tx.execute(
        update(promises)
        .where(promises.c.id == promise_id, promises.c.state == "open")
        .values(
            due_at=due_at,
            owner_id=owner.agent_id,
            moved=promise.moved + (due_at > promise.due_at),
            warned_at=None,
            overdue_at=None,
        )
    )
    if not changed.rowcount:
        raise Conflict("promise_over")
    if promise.conversation_id is not None:
        add_system_line(
            tx, promise.conversation_id, "promise_changed", actor,
            promise=promise_id, words=promise.text, until=due_at, was=promise.due_at,
            agent=owner.name, reason=words,
        )  # fmt: skip
    if owner.agent_id != promise.owner_id:
        tx.emit(SupervisionChanged("promise", promise_id, promise.owner_id))
    say_of_promise(tx, promise.conversation_id, promise_id, owner.agent_id)


def _reason(reason: str) -> str:
    if not reason.strip():
        raise Invalid(reason="required")
    try:
        return checked_text(reason)
    except Invalid as error:
        raise Invalid(reason=error.errors["text"]) from None
