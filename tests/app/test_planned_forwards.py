"""Forwards and first mails wait, are planned and taken back like replies, and answer nobody."""

from collections.abc import Sequence
from typing import Any

import pytest
from sqlalchemy import insert, select

from app.actions.attach import attach_files, remember_file
from app.actions.delivery_attempt import claim_mails
from app.actions.send_message import Reply
from app.actions.start_conversation import forward_message, start_conversation
from app.actions.take_back import take_back
from app.actions.tidy import UPLOADS_MS, remove_outdated
from app.db import Invalid, Tx
from app.files import StoredFile
from app.models.conversation import attachments, conversations, drafts, messages
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
HOUR = 3_600_000


async def rows(desk: Desk, query: Any) -> Sequence[Any]:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def forward(desk: Desk, *, plan_ms: int = 0, undo_ms: int = 0) -> tuple[int, int]:
    """Ana passes Kim's mail on, not at once; returns the ids of conversation and forward."""
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await desk.actor("ana")

    def send(tx: Tx) -> int:
        at = tx.now + plan_ms if plan_ms else None
        to = ["legal@example.com"]
        return forward_message(
            tx, ana, mail.message_id, to, "Look.", "key-fwd-1", undo_ms=undo_ms, send_at=at
        ).message_id

    return mail.conversation_id, await desk.runtime.db.write(send)


async def due(desk: Desk) -> list[int | None]:
    found = await desk.runtime.db.write(claim_mails, "w", 9, desk.runtime.secret, "a@tea.example")
    return [row.message_id for row in found]


@pytest.mark.parametrize("wait", [{"undo_ms": 10_000}, {"plan_ms": HOUR}])
async def test_a_forward_leaves_at_its_time_and_answers_nobody(
    desk: Desk, ticking: Ticking, wait: dict[str, int]
) -> None:
    conversation_id, message_id = await forward(desk, **wait)
    assert await due(desk) == []
    await desk.mail("One more thing")  # another customer's mail holds nothing back
    ticking.forward(s=HOUR // 1000 + 1)
    assert await due(desk) == [message_id]
    [conversation] = await rows(
        desk, select(conversations).where(conversations.c.id == conversation_id)
    )
    assert conversation.waiting_since is not None


async def test_a_forward_that_is_taken_back_is_no_draft_to_the_customer(desk: Desk) -> None:
    _, message_id = await forward(desk, undo_ms=10_000)
    back = await desk.runtime.db.write(take_back, await desk.actor("ana"), message_id)
    assert (back.text, back.details["to"]) == ("Look.", ["legal@example.com"])
    for table in (drafts, outbox, attachments):
        assert await rows(desk, select(table)) == []
    kinds = [row.kind for row in await rows(desk, select(messages.c.kind))]
    assert "outbound" not in kinds


async def test_a_first_mail_is_planned_and_taken_back(desk: Desk, ticking: Ticking) -> None:
    mail = await desk.mail()
    ana = await desk.actor("ana")

    def start(tx: Tx) -> int:
        reply = Reply("Your tea is here.", "key-first-1", send_at=tx.now + HOUR)
        inbox = desk.inboxes["email"]
        return start_conversation(tx, ana, inbox, mail.customer_id, "Your order", reply)

    conversation_id = await desk.runtime.db.write(start)
    [message] = await rows(desk, select(messages).where(messages.c.kind == "outbound"))
    assert (message.state, message.conversation_id) == ("planned", conversation_id)
    assert await due(desk) == []
    await desk.runtime.db.write(take_back, ana, message.id)
    ticking.forward(s=2 * HOUR // 1000)
    assert await due(desk) == []
    [draft] = await rows(desk, select(drafts))
    assert (draft.text, draft.conversation_id) == ("Your tea is here.", conversation_id)


async def test_a_moment_that_is_over_is_refused(desk: Desk) -> None:
    with pytest.raises(Invalid, match="in_the_past"):
        await forward(desk, plan_ms=-HOUR)


async def test_files_of_a_draft_are_kept_as_long_as_it_is(desk: Desk, ticking: Ticking) -> None:
    mail = await desk.mail()
    ana = desk.agents["ana"]

    def write(tx: Tx) -> None:
        for key in ("kept-1", "left-1"):
            item = StoredFile(hash=key, name="a.txt", content_type="text/plain", size=3, key=key)
            remember_file(tx, item)
            attach_files(tx, [item], message_id=None, owner=f"agent:{ana}")
        tx.execute(
            insert(drafts).values(
                agent_id=ana, conversation_id=mail.conversation_id, kind="outbound", text="",
                files=["kept-1"], updated_at=tx.now,
            )
        )  # fmt: skip

    await desk.runtime.db.write(write)
    ticking.forward(s=UPLOADS_MS // 1000 + 1)
    await desk.runtime.db.write(remove_outdated, 24 * HOUR)
    assert [row.key for row in await rows(desk, select(attachments.c.key))] == ["kept-1"]
