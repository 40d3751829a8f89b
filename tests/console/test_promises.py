"""Promises and tasks: made, kept, told of in time, a head start in line when late."""

from functools import partial
from typing import Any

import pytest
from sqlalchemy import func, select

from app.actions.change_promise import change_promise
from app.actions.promise import close_promise, make_promise, tell_of_promises
from app.actions.schedule import leaves
from app.actions.send_message import Reply, send_message
from app.actions.task import add_task, set_task_done
from app.db import Conflict, Invalid, NotFound
from app.models.contact import contacts
from app.models.conversation import messages
from app.queries.due import due
from app.queries.notices import notices
from app.queries.promise_report import promise_report
from app.queries.promises import (
    get_promise,
    list_promises,
    list_tasks,
    promises_of_customer,
)
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
HOUR = 3_600_000


async def promised(desk: Desk, ticking: Ticking, who: str = "ana") -> tuple[int, int, int]:
    """A mail, and a promise made in answer to it: conversation, customer, promise."""
    mail = await desk.mail()
    promise = await desk.runtime.db.write(
        make_promise, await desk.actor(who), mail.conversation_id, "Call back", ticking.at + HOUR
    )
    return mail.conversation_id, mail.customer_id, promise


async def test_a_promise_is_kept_once_and_by_name(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    conversation, customer, promise = await promised(desk, ticking)
    ana, ben = await desk.actor("ana"), await desk.actor("ben")
    assert [one.id for one in await db.query(promises_of_customer, ben, customer)] == [promise]
    await db.write(close_promise, ben, promise, "kept")
    await db.write(close_promise, ben, promise, "kept")
    with pytest.raises(Conflict, match="promise_over"):
        await db.write(close_promise, ana, promise, "broken")
    one = await db.query(get_promise, ana, promise)
    assert (one.state, one.closed_by, one.owner_name) == ("kept", "Ben", "Ana")
    async with db.read() as conn:
        lines = await conn.execute(
            select(messages.c.text).where(
                messages.c.conversation_id == conversation, messages.c.kind == "system"
            )
        )
    said = [line for line in lines.scalars() if line.startswith("promise")]
    assert said == ["promised", "promise_kept"]


@pytest.mark.parametrize(
    ("text", "after", "field"), [("", HOUR, "text"), ("x", -1, "due_at"), ("x", 10**12, "due_at")]
)
async def test_a_promise_needs_words_and_a_time_within_a_year(
    desk: Desk, ticking: Ticking, text: str, after: int, field: str
) -> None:
    mail = await desk.mail()
    with pytest.raises(Invalid) as refused:
        await desk.runtime.db.write(
            make_promise, await desk.actor("ana"), mail.conversation_id, text, ticking.at + after
        )
    assert list(refused.value.errors) == [field]


async def test_a_promise_moves_with_a_reason_that_stays(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    conversation, _, promise = await promised(desk, ticking)
    ana, ben, sam = [await desk.actor(name) for name in ("ana", "ben", "sam")]
    ticking.forward(s=45 * 60)
    assert await db.write(tell_of_promises) == 1
    later = ticking.at + 3 * HOUR
    refusals: list[tuple[dict[str, Any], str, str]] = [
        ({"due_at": later}, " ", "reason"),
        ({"due_at": 1}, "Late", "due_at"),
        ({"owner_id": 999}, "Ill", "owner"),
    ]
    for changes, reason, field in refusals:
        with pytest.raises(Invalid) as refused:
            await db.write(partial(change_promise, **changes), ana, promise, reason)
        assert list(refused.value.errors) == [field]
    await db.write(
        change_promise, ana, promise, "The part is late", due_at=later, owner_id=ben.agent_id
    )
    one = await db.query(get_promise, ana, promise)
    assert (one.due_at, one.owner_name, one.moved) == (later, "Ben", 1)
    await db.write(change_promise, ben, promise, "Sooner", due_at=later - HOUR)
    await db.write(change_promise, ben, promise, "", due_at=later - HOUR)  # nothing to change
    async with db.read() as conn:
        lines = await conn.execute(
            select(messages.c.details)
            .where(messages.c.conversation_id == conversation)
            .where(messages.c.text == "promise_changed")
        )
    assert [line["reason"] for line in lines.scalars()] == ["The part is late", "Sooner"]
    ticking.at = later - HOUR
    assert await db.write(tell_of_promises) == 2  # the new owner is told anew
    assert await db.query(lambda conn: len(notices(conn, ben).promises)) == 1
    await db.write(close_promise, ben, promise, "kept")
    with pytest.raises(Conflict, match="promise_over"):
        await db.write(change_promise, ben, promise, "Again", due_at=later)
    found = await db.query(promise_report, sam, (0, later * 2), ticking.at)
    assert (found.all.kept, found.all.moved) == (1, 1)


async def test_a_reply_keeps_a_promise_when_it_leaves(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    conversation, _, promise = await promised(desk, ticking)
    ana = await desk.actor("ana")
    reply = Reply("Here it is.", "key-00001", keeps=[promise], undo_ms=30_000)
    await desk.available("ana")
    await desk.accept("ana")
    sent = await db.write(send_message, ana, conversation, reply)
    assert (await db.query(get_promise, ana, promise)).state == "open"
    await db.write(leaves, sent.message_id)
    kept = await db.query(get_promise, ana, promise)
    assert (kept.state, kept.message_id, kept.closed_by) == ("kept", sent.message_id, "Ana")


async def test_a_reply_cannot_keep_what_another_customer_was_promised(
    desk: Desk, ticking: Ticking
) -> None:
    _, _, promise = await promised(desk, ticking)
    chat = await desk.chat()
    with pytest.raises(NotFound):
        await desk.runtime.db.write(
            send_message,
            await desk.actor("sam"),
            chat.conversation_id,
            Reply("Hello", "key-00002", keeps=[promise]),
        )


async def test_its_owner_is_told_before_and_when_it_is_late(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    _, _, promise = await promised(desk, ticking)
    ana, ben = await desk.actor("ana"), await desk.actor("ben")
    assert not (await db.query(due, ticking.at, 60_000)).owed
    assert await db.query(lambda conn: notices(conn, ana).promises) == ()
    ticking.forward(s=45 * 60)
    assert (await db.query(due, ticking.at, 60_000)).owed
    assert await db.write(tell_of_promises) == 1
    assert await db.write(tell_of_promises) == 0
    soon = await db.query(lambda conn: notices(conn, ana).promises)
    assert [(one.id, one.overdue) for one in soon] == [(promise, False)]
    assert await db.query(lambda conn: notices(conn, ben).promises) == ()
    ticking.forward(s=20 * 60)
    assert await db.write(tell_of_promises) == 1
    assert (await db.query(get_promise, ana, promise)).overdue
    assert not (await db.query(due, ticking.at, 60_000)).owed


async def test_whom_we_owe_something_late_goes_first_in_line(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    first, _, _ = await promised(desk, ticking)
    ticking.forward(s=2 * 3600)
    again = await desk.mail("And now?", subject="Where is it?")

    async def boosts(conversation: int) -> dict[str, int]:
        async with db.read() as conn:
            found = await conn.scalar(
                select(contacts.c.boosts).where(contacts.c.conversation_id == conversation)
            )
        return dict(found or [])

    assert "promise" not in await boosts(first)
    assert (await boosts(again.conversation_id))["promise"] > 0


async def test_nobody_of_another_brand_sees_promises_or_tasks(
    desk: Desk, ticking: Ticking, other_brand: int
) -> None:
    db = desk.runtime.db
    conversation, customer, promise = await promised(desk, ticking)
    await db.write(add_task, await desk.actor("ana"), "Send a card", conversation_id=conversation)
    for name in ("cora", "sue"):
        outside = await desk.actor(name)
        assert await db.query(list_promises, outside) == ()
        assert await db.query(promises_of_customer, outside, customer) == ()
        assert await db.query(list_tasks, outside) == ()
        with pytest.raises(NotFound):
            await db.write(close_promise, outside, promise, "kept")
        with pytest.raises(NotFound):
            await db.write(change_promise, outside, promise, "Mine", owner_id=outside.agent_id)
        with pytest.raises(NotFound):
            await db.write(make_promise, outside, conversation, "Mine", ticking.at + HOUR)
    assert len(await db.query(list_promises, await desk.actor("sam"))) == 1


async def test_a_task_of_ones_own_is_nobody_elses(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    ana, ben = await desk.actor("ana"), await desk.actor("ben")
    task = await db.write(add_task, ana, "Read the manual", due_at=ticking.at + HOUR)
    assert await db.query(list_tasks, ben) == ()
    with pytest.raises(NotFound):
        await db.write(set_task_done, ben, task, True)
    await db.write(set_task_done, ana, task, True)
    assert await db.query(lambda conn: list_tasks(conn, ana, done=False)) == ()
    await db.write(set_task_done, ana, task, False)
    assert len(await db.query(lambda conn: list_tasks(conn, ana, done=False))) == 1
    async with db.read() as conn:
        assert await conn.scalar(select(func.count()).select_from(messages)) == 0
