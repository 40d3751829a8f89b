"""Replies that wait before they leave: taken back, planned, asked about, sent."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.actions.delivery_attempt import claim_mails
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.actions.take_back import send_now, take_back
from app.db import Conflict, Invalid, Tx
from app.models.contact import contacts
from app.models.conversation import conversations, drafts, messages
from app.models.work import outbox
from tests.desk import Desk

HOUR = 3_600_000
DAY = 24 * HOUR

pytestmark = pytest.mark.engine


async def one(desk: Desk, table: Any, row_id: int) -> Any:
    """A row as it is stored; None where there is none any more."""
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(table).where(table.c.id == row_id))).first()


async def reply(desk: Desk, *, plan_ms: int = 0, undo_ms: int = 0) -> tuple[int, int]:
    """Ana answers Kim, not at once; returns the ids of conversation and message."""
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    actor = await desk.actor("ana")

    def send(tx: Tx) -> int:
        at = tx.now + plan_ms if plan_ms else None
        said = Reply("It comes.", "key-0001", undo_ms=undo_ms, send_at=at)
        return send_message(tx, actor, mail.conversation_id, said).message_id

    return mail.conversation_id, await desk.runtime.db.write(send)


async def due(desk: Desk) -> list[int]:
    """What the delivery worker would be given now."""
    found = await desk.runtime.db.write(claim_mails, "w", 9, desk.runtime.secret, "a@tea.example")
    return [row.message_id for row in found if row.message_id is not None]


async def let_time_pass(desk: Desk) -> None:
    """The moment for which it was planned has come."""
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(outbox).where(outbox.c.state == "queued").values(next_at=1))
    )


@pytest.mark.parametrize("wait", [{"undo_ms": 10_000}, {"plan_ms": DAY}])
async def test_nothing_reaches_the_worker_before_its_time(desk: Desk, wait: dict[str, int]) -> None:
    conversation_id, message_id = await reply(desk, **wait)
    assert await due(desk) == []
    stored = await one(desk, messages, message_id)
    assert stored.state == "planned"
    assert stored.send_at > stored.created_at
    assert (await one(desk, conversations, conversation_id)).waiting_since is not None
    await let_time_pass(desk)
    assert await due(desk) == [message_id]
    found = await one(desk, conversations, conversation_id)
    assert found.waiting_since is None
    assert (await one(desk, contacts, found.contact_id)).replied_at is not None
    assert (await one(desk, messages, message_id)).state == "sending"


async def test_what_is_taken_back_was_never_there_and_is_a_draft_again(desk: Desk) -> None:
    conversation_id, message_id = await reply(desk, undo_ms=10_000)
    back = await desk.runtime.db.write(take_back, await desk.actor("ana"), message_id)
    assert back.text == "It comes."
    assert await one(desk, messages, message_id) is None
    found = await one(desk, conversations, conversation_id)
    assert (found.preview_kind, found.preview) == ("inbound", "Where is my parcel?")
    await let_time_pass(desk)
    assert await due(desk) == []
    async with desk.runtime.db.read() as conn:
        assert await conn.scalar(select(drafts.c.text)) == "It comes."


async def test_send_and_done_taken_back_is_open_again_and_still_the_agents(desk: Desk) -> None:
    conversation_id, message_id = await reply(desk, undo_ms=10_000)
    ana = await desk.actor("ana")
    await desk.runtime.db.write(resolve, ana, conversation_id)
    await desk.runtime.db.write(take_back, ana, message_id)
    found = await one(desk, conversations, conversation_id)
    assert found.status == "open"
    assert found.waiting_since is not None
    contact = await one(desk, contacts, found.contact_id)
    assert (contact.status, contact.agent_id) == ("active", ana.agent_id)


async def test_what_has_left_cannot_be_taken_back(desk: Desk) -> None:
    _, message_id = await reply(desk, undo_ms=10_000)
    await let_time_pass(desk)
    assert await due(desk) == [message_id]
    with pytest.raises(Conflict, match="has_left"):
        await desk.runtime.db.write(take_back, await desk.actor("ana"), message_id)


async def test_a_new_message_holds_a_planned_reply_until_somebody_says_send(desk: Desk) -> None:
    conversation_id, message_id = await reply(desk, plan_ms=HOUR)
    await desk.chat("It has come!", conversation_id=conversation_id)
    await let_time_pass(desk)
    assert await due(desk) == []
    assert (await one(desk, messages, message_id)).state_reason == "new_message"
    await desk.runtime.db.write(send_now, await desk.actor("ana"), message_id)
    assert await due(desk) == [message_id]


async def test_a_new_message_does_not_hold_what_was_sent_a_moment_ago(desk: Desk) -> None:
    conversation_id, message_id = await reply(desk, undo_ms=10_000)
    await desk.chat("It has come!", conversation_id=conversation_id)
    await let_time_pass(desk)
    assert await due(desk) == [message_id]


@pytest.mark.parametrize("plan_ms", [-HOUR, 400 * DAY])
async def test_a_plan_needs_a_time_within_a_year(desk: Desk, plan_ms: int) -> None:
    with pytest.raises(Invalid):
        await reply(desk, plan_ms=plan_ms)
