"""Whose work a conversation is after unusual turns: nobody is asked in vain or forgotten."""

import pytest
from sqlalchemy import insert, select, update

from app.actions.chat_by_mail import mail_unseen_replies
from app.actions.delivery_attempt import attempt_broke_off, claim_mails
from app.actions.end_idle import end_idle_chats, warn_idle_chats
from app.actions.receive_message import receive_message
from app.actions.retry_message import discard_message, retry_message
from app.actions.send_message import Reply, send_message
from app.actions.set_status import end_by_customer, mark_spam, reopen, resolve, snooze, wake_snoozed
from app.actions.start_conversation import forward_message, start_conversation
from app.actions.transfer import claim, transfer_to_queue
from app.actions.visitor import Said, answer_by_mail, open_visitor_session, visitor_says
from app.db import Invalid, Tx
from app.models.agent import agent_brands
from app.models.contact import contacts, offers
from app.models.conversation import conversations, messages
from app.models.customer import customers, visitor_sessions
from app.models.organisation import brands, queues
from app.models.work import outbox
from app.queries.visitor_thread import thread
from channels.values import Identity, Inbound, ThreadHints
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
MINUTE_MS = 60_000


async def _all(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def _visit(desk: Desk, text: str = "Hello?") -> tuple[int, int]:
    """A visitor opens the widget and writes; returns session and conversation."""
    await desk.runtime.db.write(open_visitor_session, desk.inboxes["chat"], "browser-1", "en")
    session = (await _all(desk, select(visitor_sessions.c.id)))[0].id
    inbound = Inbound("chat", "", (Identity("visitor", "browser-1"),), text=text, full_text=text)
    said = Said(inbound, "visitor-key-000001")
    received = await desk.runtime.db.write(visitor_says, session, said)
    return session, received.conversation_id


@pytest.mark.parametrize(("writer", "status"), [("sam", "rescinded"), ("ana", "accepted")])
async def test_an_answer_ends_the_offer_that_was_pending(
    desk: Desk, writer: str, status: str
) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.route()
    reply = Reply("It is on its way.", "key-0001")
    who = await desk.actor(writer)
    await desk.runtime.db.write(send_message, who, received.conversation_id, reply)
    assert [row.status for row in await _all(desk, select(offers))] == [status]


async def test_who_is_asked_may_also_take_it_by_hand(desk: Desk) -> None:
    await desk.runtime.db.write(_pull, False)
    await desk.available("ana")
    received = await desk.mail()
    await desk.route()
    await desk.runtime.db.write(claim, await desk.actor("ana"), received.conversation_id)
    assert [row.status for row in await _all(desk, select(offers))] == ["accepted"]


def _pull(tx: Tx, may: bool) -> None:
    tx.execute(update(queues).values(agents_may_pull=may))


async def test_an_offer_that_ends_unanswered_makes_nobody_the_one_who_handled_it(
    desk: Desk,
) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.route()
    await desk.runtime.db.write(resolve, await desk.actor("sam"), received.conversation_id)
    assert [row.agent_id for row in await _all(desk, select(contacts))] == [None]


async def test_opening_again_brings_back_only_the_last_contact(desk: Desk) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    ana = await desk.actor("ana")
    there = received.conversation_id
    await desk.runtime.db.write(resolve, ana, there)
    await desk.runtime.db.write(transfer_to_queue, ana, there, desk.queues["billing"])
    await desk.runtime.db.write(end_by_customer, there)
    await desk.runtime.db.write(reopen, ana, there)
    found = await _all(desk, select(contacts).order_by(contacts.c.id))
    assert [row.status for row in found] == ["ended", "ended", "waiting"]
    assert found[-1].queue_id == desk.queues["billing"]


@pytest.mark.parametrize("turn", ["snooze", "transfer"])
async def test_work_that_was_made_of_spam_is_no_spam_any_more(
    desk: Desk, ticking: Ticking, turn: str
) -> None:
    received = await desk.mail()
    ana = await desk.actor("ana")
    there = received.conversation_id
    await desk.runtime.db.write(mark_spam, ana, there)
    if turn == "snooze":
        await desk.runtime.db.write(snooze, ana, there, ticking.at + 1_000)
        ticking.forward(s=2)
        await desk.runtime.db.write(wake_snoozed)
    else:
        await desk.runtime.db.write(transfer_to_queue, ana, there, desk.queues["billing"])
    row = (await _all(desk, select(conversations)))[0]
    assert (row.status, row.spam) == ("open", False)


async def test_asking_for_mail_twice_keeps_the_place_in_line(desk: Desk, ticking: Ticking) -> None:
    session, _ = await _visit(desk)
    ticking.forward(s=60)
    assert await desk.runtime.db.write(answer_by_mail, session, "kim@example.com")
    ticking.forward(s=60)
    assert not await desk.runtime.db.write(answer_by_mail, session, "kim@example.com")
    found = await _all(desk, select(contacts).where(contacts.c.status == "waiting"))
    assert [row.enqueued_at for row in found] == [ticking.at - 60_000]


async def test_a_chat_that_was_left_is_open_again_when_an_answer_by_mail_is_wanted(
    desk: Desk,
) -> None:
    session, there = await _visit(desk)
    await desk.runtime.db.write(end_by_customer, there)
    await desk.runtime.db.write(answer_by_mail, session, "kim@example.com")
    row = (await _all(desk, select(conversations)))[0]
    assert (row.status, row.channel) == ("open", "form")


async def test_who_waits_for_the_next_colleague_is_not_shown_out(
    desk: Desk, ticking: Ticking
) -> None:
    await desk.available("ana")
    there = (await desk.chat()).conversation_id
    await desk.accept("ana")
    ana = await desk.actor("ana")
    await desk.runtime.db.write(send_message, ana, there, Reply("One moment.", "key-0001"))
    await desk.runtime.db.write(transfer_to_queue, ana, there, desk.queues["billing"])
    for minutes in (26, 6, 6):
        ticking.forward(s=minutes * 60)
        await desk.runtime.db.write(warn_idle_chats, 30 * MINUTE_MS)
        await desk.runtime.db.write(end_idle_chats, 30 * MINUTE_MS)
    row = (await _all(desk, select(conversations)))[0]
    assert row.status == "open"


async def test_a_forward_does_not_keep_an_unseen_reply_from_going_by_mail(
    desk: Desk, ticking: Ticking
) -> None:
    _, there = await _visit(desk)
    await desk.runtime.db.write(_address, "kim@example.com")
    sam = await desk.actor("sam")
    sent = await desk.runtime.db.write(
        send_message, sam, there, Reply("We have asked.", "key-0001", force=True)
    )
    asked = (await _all(desk, select(messages).where(messages.c.kind == "inbound")))[0]
    await desk.runtime.db.write(
        forward_message, sam, asked.id, ["expert@example.org"], "Please look.", "key-0002"
    )
    ticking.forward(s=700)
    assert await desk.runtime.db.write(mail_unseen_replies, 10 * MINUTE_MS) == 1
    mails = await _all(desk, select(outbox).order_by(outbox.c.id))
    assert mails[-1].payload == {"message_ids": [sent.message_id]}


def _address(tx: Tx, email: str) -> None:
    tx.execute(update(customers).values(email=email))


async def test_what_an_expert_answers_to_a_forward_is_not_shown_to_the_visitor(
    desk: Desk,
) -> None:
    _, there = await _visit(desk, "My lamp is broken.")
    await desk.runtime.db.write(_address, "kim@example.com")
    for number, (sender, text) in enumerate(
        (("expert@example.org", "Give them nothing."), ("kim@example.com", "Any news?"))
    ):
        inbound = Inbound(
            "email",
            f"mail-{number}",
            (Identity("email", sender),),
            text=text,
            full_text=text,
            thread=ThreadHints(token=there),
        )
        received = await desk.runtime.db.write(receive_message, desk.inboxes["email"], inbound)
        assert received.conversation_id == there
    seen = await desk.runtime.db.query(thread, there)
    assert [message.text for message in seen] == ["My lamp is broken.", "Any news?"]


async def test_nobody_is_offered_what_they_may_not_see(desk: Desk) -> None:
    await desk.runtime.db.write(_serve_only_another_brand, desk, "ana")
    await desk.runtime.db.write(_every_brand)
    await desk.available("ana")
    await desk.mail()
    assert await desk.route() == 0
    await desk.available("ben")
    assert await desk.route() == 1
    assert await desk.pending_offer("ben") is not None


async def test_a_conversation_stays_in_the_queues_of_its_brand(desk: Desk) -> None:
    there = (await desk.mail()).conversation_id
    await desk.runtime.db.write(_serve_only_another_brand, desk, "ana")
    sam = await desk.actor("sam")
    with pytest.raises(Invalid):
        await desk.runtime.db.write(transfer_to_queue, sam, there, desk.queues["other"])


def _serve_only_another_brand(tx: Tx, desk: Desk, name: str) -> None:
    brand = tx.execute(
        insert(brands).values(name="Other", slug="other", created_at=0).returning(brands.c.id)
    ).scalar_one()
    tx.execute(insert(agent_brands).values(agent_id=desk.agents[name], brand_id=brand))
    desk.queues["other"] = tx.execute(
        insert(queues).values(name="Other", brand_id=brand, created_at=0).returning(queues.c.id)
    ).scalar_one()


def _every_brand(tx: Tx) -> None:
    tx.execute(update(queues).values(brand_id=None))


async def _failed_together(desk: Desk, ticking: Ticking) -> list[int]:
    """Two replies to a visitor who has left travel in one mail, which fails; their ids."""
    _, there = await _visit(desk)
    await desk.runtime.db.write(_address, "kim@example.com")
    sam = await desk.actor("sam")
    ids = []
    for number in (1, 2):
        reply = Reply(f"Part {number}.", f"key-000{number}", force=True)
        ids.append((await desk.runtime.db.write(send_message, sam, there, reply)).message_id)
    ticking.forward(s=700)
    await desk.runtime.db.write(mail_unseen_replies, 10 * MINUTE_MS)
    claimed = await desk.runtime.db.write(claim_mails, "me", 9, b"secret", "help@tea.example")
    await desk.runtime.db.write(attempt_broke_off, claimed[0].id, "me", "refused", final=True)
    return ids


async def test_to_retry_one_reply_sends_all_that_travel_in_its_mail(
    desk: Desk, ticking: Ticking
) -> None:
    first, _ = await _failed_together(desk, ticking)
    await desk.runtime.db.write(retry_message, await desk.actor("sam"), first)
    assert (await _all(desk, select(outbox.c.state)))[0].state == "queued"
    states = await _all(desk, select(messages.c.state).where(messages.c.kind == "outbound"))
    assert [row.state for row in states] == ["queued", "queued"]


async def test_to_discard_one_reply_leaves_the_others_in_its_mail(
    desk: Desk, ticking: Ticking
) -> None:
    first, last = await _failed_together(desk, ticking)
    await desk.runtime.db.write(discard_message, await desk.actor("sam"), last)
    await desk.runtime.db.write(retry_message, await desk.actor("sam"), first)
    mail = (await _all(desk, select(outbox)))[0]
    assert (mail.state, mail.message_id, mail.payload["message_ids"]) == ("queued", first, [first])


async def test_to_write_first_twice_with_one_key_is_one_conversation(desk: Desk) -> None:
    await desk.mail()
    customer = (await _all(desk, select(customers.c.id)))[0].id
    ana = await desk.actor("ana")
    started = [
        await desk.runtime.db.write(
            start_conversation,
            ana,
            desk.inboxes["email"],
            customer,
            "News",
            Reply("It is back in stock.", "key-0001"),
        )
        for _ in range(2)
    ]
    assert started[0] == started[1]
    assert len(await _all(desk, select(outbox))) == 1
