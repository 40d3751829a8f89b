"""What happens because time has passed."""

import pytest
from sqlalchemy import insert, select, update

from app.actions.chat_by_mail import mail_unseen_replies
from app.actions.end_idle import end_idle_chats, warn_idle_chats
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.actions.tidy import remove_outdated
from app.models.agent import presence, sessions
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, files, messages
from app.models.customer import customers
from app.models.work import outbox
from app.security.sessions import open_session
from app.workers.deadlines import WORKER
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until

pytestmark = pytest.mark.engine
MINUTE_MS = 60_000


async def _value(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).scalar()


async def _chat_with_an_answer(desk: Desk, email: str = "kim@example.com") -> int:
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")

    def give_address(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(update(customers).values(email=email))

    await desk.runtime.db.write(give_address)
    ana = await desk.actor("ana")
    await desk.runtime.db.write(
        send_message, ana, received.conversation_id, Reply("It is here.", "key-0001")
    )
    return received.conversation_id


async def test_an_offer_nobody_answers_goes_on_by_itself(
    desk: Desk, work: Start, ticking: Ticking
) -> None:
    await desk.available("ana")
    await desk.chat()
    await desk.route()
    await work(WORKER)
    ticking.forward(s=21)

    async def not_ready() -> bool:
        state = select(presence.c.state).where(presence.c.agent_id == desk.agents["ana"])
        return bool(await _value(desk, state) == "not_ready")

    await until(not_ready)


async def test_wrap_up_ends_by_itself(desk: Desk, work: Start, ticking: Ticking) -> None:
    conversation_id = await _chat_with_an_answer(desk)
    await desk.runtime.db.write(resolve, await desk.actor("ana"), conversation_id)
    assert await _value(desk, select(contacts.c.status)) == "wrap_up"
    await work(WORKER)
    ticking.forward(s=31)

    async def ended() -> bool:
        return bool(await _value(desk, select(contacts.c.status)) == "ended")

    await until(ended)


async def test_agents_do_not_count_as_gone_right_after_a_start(
    desk: Desk, work: Start, ticking: Ticking
) -> None:
    await desk.available("ana")
    ticking.forward(s=3600)
    state = select(presence.c.state).where(presence.c.agent_id == desk.agents["ana"])
    await work(WORKER)
    await desk.chat()
    await desk.route()
    ticking.forward(s=25)

    async def offer_has_expired() -> bool:
        return bool(await _value(desk, select(contacts.c.status)) == "waiting")

    await until(offer_has_expired)
    assert await _value(desk, state) == "not_ready"
    ticking.forward(s=90)

    async def offline() -> bool:
        return bool(await _value(desk, state) == "offline")

    await until(offline)


async def test_a_reply_the_visitor_did_not_see_goes_by_mail_once(
    desk: Desk, ticking: Ticking
) -> None:
    conversation_id = await _chat_with_an_answer(desk)
    await desk.runtime.db.write(
        send_message, await desk.actor("ana"), conversation_id, Reply("And a link.", "key-0002")
    )
    assert await desk.runtime.db.write(mail_unseen_replies, 3 * MINUTE_MS) == 0
    ticking.forward(s=181)
    assert await desk.runtime.db.write(mail_unseen_replies, 3 * MINUTE_MS) == 1
    assert await desk.runtime.db.write(mail_unseen_replies, 3 * MINUTE_MS) == 0
    payload = await _value(desk, select(outbox.c.payload))
    said = select(messages.c.id).where(messages.c.kind == "outbound").order_by(messages.c.id)
    async with desk.runtime.db.read() as conn:
        assert payload == {"message_ids": list((await conn.execute(said)).scalars())}
    assert await _value(desk, select(outbox.c.inbox_id)) == desk.inboxes["email"]


async def test_a_reply_the_visitor_has_seen_stays_in_the_chat(desk: Desk, ticking: Ticking) -> None:
    await _chat_with_an_answer(desk)

    def look(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(update(conversations).values(customer_seen_at=tx.now))

    await desk.runtime.db.write(look)
    ticking.forward(s=600)
    assert await desk.runtime.db.write(mail_unseen_replies, 3 * MINUTE_MS) == 0


async def test_a_visitor_without_an_address_gets_no_mail(desk: Desk, ticking: Ticking) -> None:
    await _chat_with_an_answer(desk, email="")
    ticking.forward(s=600)
    assert await desk.runtime.db.write(mail_unseen_replies, 3 * MINUTE_MS) == 0


async def test_a_silent_chat_is_warned_once_and_then_ended(desk: Desk, ticking: Ticking) -> None:
    await _chat_with_an_answer(desk)
    idle_ms = 30 * MINUTE_MS
    ticking.forward(s=25 * 60)
    assert await desk.runtime.db.write(end_idle_chats, idle_ms) == 0
    assert await desk.runtime.db.write(warn_idle_chats, idle_ms) == 1
    assert await desk.runtime.db.write(warn_idle_chats, idle_ms) == 0
    assert await desk.runtime.db.write(end_idle_chats, idle_ms) == 0
    ticking.forward(s=5 * 60)
    assert await desk.runtime.db.write(end_idle_chats, idle_ms) == 1
    assert await _value(desk, select(conversations.c.status)) == "done"
    assert await _value(desk, select(contacts.c.outcome)) == "handled"


async def test_a_customer_who_waits_for_an_answer_is_never_shown_out(
    desk: Desk, ticking: Ticking
) -> None:
    conversation_id = await _chat_with_an_answer(desk)
    await desk.chat("One more thing", conversation_id=conversation_id)
    ticking.forward(s=3600)
    assert await desk.runtime.db.write(warn_idle_chats, 30 * MINUTE_MS) == 0
    assert await desk.runtime.db.write(end_idle_chats, 30 * MINUTE_MS) == 0


async def test_ended_sessions_and_forgotten_uploads_are_removed(
    desk: Desk, ticking: Ticking
) -> None:
    def upload(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(insert(files).values(hash="0" * 64, size=1, created_at=tx.now))
        file_id = tx.execute(select(files.c.id)).scalar_one()
        tx.execute(
            insert(attachments).values(
                file_id=file_id,
                key="upload-1",
                name="a.txt",
                content_type="text/plain",
                size=1,
                created_at=tx.now,
            )
        )

    await desk.runtime.db.write(upload)
    await desk.sign_in("ana")
    ticking.forward(s=25 * 3600)
    fresh = await desk.runtime.db.write(open_session, desk.agents["ben"], 14)
    await desk.runtime.db.write(remove_outdated, 12 * 3_600_000)
    assert fresh
    async with desk.runtime.db.read() as conn:
        assert list((await conn.execute(select(sessions.c.agent_id))).scalars()) == [
            desk.agents["ben"]
        ]
    assert await _value(desk, select(attachments.c.id)) is None
