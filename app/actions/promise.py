"""What was promised to a customer: made by an agent, then kept, broken or withdrawn by one.

Nothing closes a promise by itself. One that is late stays open, and red, until somebody says what
became of it.
"""

from typing import Any, Literal

from sqlalchemy import Row, exists, select, update

from app.actions.conversation import add_system_line, change_conversation, lock_conversation
from app.actions.rows import add_row
from app.actions.schedule import LONGEST_MS
from app.db import Conflict, Invalid, NotFound, Tx
from app.events import SupervisionChanged
from app.models.agent import agents
from app.models.conversation import messages
from app.models.promise import promises
from app.queries.due import WARN_MS
from app.security.follow_ups import visible_follow_ups
from app.security.permissions import Actor, load_actor, visible_agents

Outcome = Literal["kept", "broken", "withdrawn"]
OUTCOMES: tuple[Outcome, ...] = ("kept", "broken", "withdrawn")
LONGEST_TEXT = 500


def make_promise(
    tx: Tx,
    actor: Actor,
    conversation_id: int,
    text: str,
    due_at: int,
    *,
    owner_id: int | None = None,
    message_id: int | None = None,
) -> int:
    """Write a promise down; returns its id. Without an owner it is the actor's own to keep."""
    conversation = lock_conversation(tx, conversation_id, actor)
    words = checked_text(text)
    if not tx.now < due_at <= tx.now + LONGEST_MS:
        raise Invalid(due_at="in_the_past" if due_at <= tx.now else "too_far")
    owner = checked_owner(tx, actor, owner_id or actor.agent_id, conversation.brand_id)
    if message_id is not None:
        _check_message(tx, conversation_id, message_id)
    promise_id = add_row(
        tx,
        promises,
        customer_id=conversation.customer_id,
        brand_id=conversation.brand_id,
        conversation_id=conversation_id,
        message_id=message_id,
        owner_id=owner.agent_id,
        created_by=actor.agent_id,
        text=words,
        due_at=due_at,
        created_at=tx.now,
    )
    add_system_line(
        tx, conversation_id, "promised", actor,
        promise=promise_id, words=words, until=due_at, agent=owner.name,
    )  # fmt: skip
    say_of_promise(tx, conversation_id, promise_id, owner.agent_id)
    return promise_id


def close_promise(tx: Tx, actor: Actor, promise_id: int, outcome: Outcome) -> None:
    """Say what became of it. Saying the same again changes nothing; another word is a Conflict."""
    if outcome not in OUTCOMES:
        raise Invalid(state="unknown")
    promise = promise_row(tx, actor, promise_id)
    if promise.state != "open":
        if promise.state == outcome:
            return
        raise Conflict("promise_over", state=promise.state)
    done = tx.execute(
        update(promises)
        .where(promises.c.id == promise_id, promises.c.state == "open")
        .values(state=outcome, closed_at=tx.now, closed_by=actor.agent_id)
    )
    if not done.rowcount:
        raise Conflict("promise_over")
    if promise.conversation_id is not None:
        code = f"promise_{outcome}"
        add_system_line(tx, promise.conversation_id, code, actor, words=promise.text)
    say_of_promise(tx, promise.conversation_id, promise_id, promise.owner_id)


def promise_row(tx: Tx, actor: Actor, promise_id: int) -> Row[Any]:
    """The promise; NotFound where it is not the actor's to see."""
    row = tx.execute(
        select(promises).where(promises.c.id == promise_id, visible_follow_ups(actor, promises))
    ).first()
    if row is None:
        raise NotFound
    return row


def tell_of_promises(tx: Tx) -> int:
    """Owners hear of promises that are due soon, and of those whose time is over: once each."""
    told = 0
    for column, until in (
        (promises.c.warned_at, tx.now + WARN_MS),
        (promises.c.overdue_at, tx.now),
    ):
        rows = tx.execute(
            update(promises)
            .where(promises.c.state == "open", promises.c.due_at <= until, column.is_(None))
            .values({column: tx.now})
            .returning(promises.c.id, promises.c.owner_id, promises.c.conversation_id)
        ).all()
        for row in rows:
            say_of_promise(tx, row.conversation_id, row.id, row.owner_id)
        told += len(rows)
    return told


def checked_text(text: str) -> str:
    """The words on one line; Invalid where there are none, or too many."""
    words = " ".join(text.split())
    if not words:
        raise Invalid(text="empty")
    if len(words) > LONGEST_TEXT:
        raise Invalid(text="too_long")
    if "\0" in words:
        raise Invalid(text="not_text")
    return words


def checked_owner(tx: Tx, actor: Actor, agent_id: int, brand_id: int | None) -> Actor:
    """Who is to do it: somebody who works here, for this brand if there is one, else somebody
    the actor knows."""
    owner = load_actor(tx.conn, agent_id)
    known = exists().where(agents.c.id == agent_id, visible_agents(actor))
    if owner is None or not (
        owner.agent_id == actor.agent_id
        or (tx.execute(select(known)).scalar() if brand_id is None else owner.sees_brand(brand_id))
    ):
        raise Invalid(owner="unknown")
    return owner


def _check_message(tx: Tx, conversation_id: int, message_id: int) -> None:
    known = exists().where(
        messages.c.id == message_id, messages.c.conversation_id == conversation_id
    )
    if not tx.execute(select(known)).scalar():
        raise NotFound


def say_of_promise(tx: Tx, conversation_id: int | None, promise_id: int, owner_id: int) -> None:
    """The owner's pages, and the screens at the conversation and at the customer's others."""
    tx.emit(SupervisionChanged("promise", promise_id, owner_id))
    if conversation_id is not None:
        change_conversation(tx, conversation_id, "promise")
