"""What is promised, from the first message until it is done, case by case."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.offer import accept_offer
from app.actions.send_message import Reply, send_message
from app.actions.set_status import end_by_customer, mark_spam, reopen, resolve, snooze, wake_snoozed
from app.actions.sla import stamp_breaches
from app.actions.transfer import assign, transfer_to_queue
from app.actions.visitor import answer_by_mail
from app.db import Tx
from app.events import ClockChanged, Event
from app.models.contact import sla_clocks
from app.models.customer import visitor_sessions
from app.models.organisation import business_hours, queues
from app.queries.due import due
from app.queries.inbox import View, inbox_page
from app.queries.records import get_conversation
from app.queries.thread import thread_head
from tests.desk import Desk
from tests.fixtures.product import Ticking

HOUR_S = 3_600
HOUR_MS = HOUR_S * 1000

pytestmark = pytest.mark.engine


async def promise(desk: Desk, name: str = "general", **values: Any) -> None:
    """A queue's targets."""

    def change(tx: Tx) -> None:
        tx.execute(update(queues).where(queues.c.id == desk.queues[name]).values(**values))

    await desk.runtime.db.write(change)


async def clocks(desk: Desk, kind: str = "") -> list[Any]:
    async with desk.runtime.db.read() as conn:
        query = select(sla_clocks).order_by(sla_clocks.c.id)
        if kind:
            query = query.where(sla_clocks.c.kind == kind)
        return list((await conn.execute(query)).all())


async def reply(desk: Desk, conversation_id: int, key: str = "reply-01") -> None:
    sam = await desk.actor("sam")
    await desk.runtime.db.write(send_message, sam, conversation_id, Reply("Yes.", key))


async def test_a_mail_is_promised_its_first_answer_and_the_reply_keeps_it(
    desk: Desk, ticking: Ticking
) -> None:
    mail = await desk.mail()
    (clock,) = await clocks(desk)
    assert (clock.kind, clock.due_at) == ("first", ticking.at + 14_400_000)
    ticking.forward(s=HOUR_S)
    await reply(desk, mail.conversation_id)
    (clock,) = await clocks(desk)
    assert (clock.met_at, clock.breached_at, clock.ended_at) == (ticking.at, None, ticking.at)


async def test_an_answer_that_comes_too_late_breaks_the_promise_at_the_moment_it_was_due(
    desk: Desk, ticking: Ticking
) -> None:
    mail = await desk.mail()
    due_at = ticking.at + 14_400_000
    ticking.forward(s=5 * HOUR_S)
    await reply(desk, mail.conversation_id)
    (clock,) = await clocks(desk)
    assert (clock.met_at, clock.breached_at, clock.ended_at) == (None, due_at, ticking.at)


async def test_a_chat_is_answered_by_accepting_it(desk: Desk, ticking: Ticking) -> None:
    await desk.available("ana")
    await desk.chat()
    ticking.forward(s=20)
    await desk.accept("ana")
    (clock,) = await clocks(desk)
    assert (clock.kind, clock.met_at) == ("first", ticking.at)


async def test_each_further_message_is_promised_an_answer_once(
    desk: Desk, ticking: Ticking
) -> None:
    await promise(desk, next_target_s=120)
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    await desk.chat("Are you there?", conversation_id=chat.conversation_id)
    ticking.forward(s=30)
    await desk.chat("Hello?", conversation_id=chat.conversation_id)
    (clock,) = await clocks(desk, "next")
    assert clock.due_at == ticking.at + 90_000
    await reply(desk, chat.conversation_id)
    await desk.chat("Thanks!", conversation_id=chat.conversation_id)
    first, second = await clocks(desk, "next")
    assert (first.met_at, second.ended_at) == (ticking.at, None)


async def test_without_a_target_for_it_nothing_is_promised(desk: Desk) -> None:
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    await desk.chat("Are you there?", conversation_id=chat.conversation_id)
    assert [clock.kind for clock in await clocks(desk)] == ["first"]


async def test_a_snooze_stops_the_clocks_and_they_go_on_with_what_was_left(
    desk: Desk, ticking: Ticking
) -> None:
    await promise(desk, mail_resolve_target_s=10 * HOUR_S)
    ana = await desk.actor("ana")
    mail = await desk.mail()
    ticking.forward(s=HOUR_S)
    until = ticking.at + 48 * HOUR_MS
    await desk.runtime.db.write(snooze, ana, mail.conversation_id, until)
    paused = {clock.kind: clock for clock in await clocks(desk)}
    assert (paused["first"].left_ms, paused["resolve"].left_ms) == (3 * HOUR_MS, 9 * HOUR_MS)
    assert paused["first"].due_at is None
    ticking.forward(s=48 * HOUR_S)
    await desk.runtime.db.write(wake_snoozed)
    running = {clock.kind: clock for clock in await clocks(desk)}
    assert running["first"].due_at == ticking.at + 3 * HOUR_MS
    assert running["resolve"].due_at == ticking.at + 9 * HOUR_MS
    assert len(await clocks(desk)) == 2


async def test_another_queue_counts_the_time_that_was_used(desk: Desk, ticking: Ticking) -> None:
    await promise(desk, "billing", mail_target_s=2 * HOUR_S, mail_resolve_target_s=5 * HOUR_S)
    sam = await desk.actor("sam")
    mail = await desk.mail()
    ticking.forward(s=HOUR_S)
    billing = desk.queues["billing"]
    await desk.runtime.db.write(transfer_to_queue, sam, mail.conversation_id, billing)
    (first,) = await clocks(desk, "first")
    assert (first.queue_id, first.target_ms) == (billing, 2 * HOUR_MS)
    assert first.due_at == ticking.at + HOUR_MS
    (resolution,) = await clocks(desk, "resolve")
    assert resolution.due_at == ticking.at + 5 * HOUR_MS


async def test_business_hours_stop_the_clock_over_night(desk: Desk, ticking: Ticking) -> None:
    def open_hours(tx: Tx) -> int:
        spans = {str(day): [["09:00", "17:00"]] for day in range(5)}
        values = {"name": "Office", "time_zone": "UTC", "spans": spans, "holidays": ["2027-01-18"]}
        return int(
            tx.execute(
                insert(business_hours).values(**values).returning(business_hours.c.id)
            ).scalar_one()
        )

    await promise(desk, hours_id=await desk.runtime.db.write(open_hours))
    assert ticking.at == 1_800_000_000_000  # Friday, 15 January 2027, 8:00
    await desk.mail()
    ticking.forward(s=7 * HOUR_S)  # 15:00
    await desk.mail(email="eve@example.com")
    first, second = await clocks(desk, "first")
    assert first.due_at == 1_800_000_000_000 + 5 * HOUR_MS
    # Two hours on Friday, none on Monday, which is closed, two on Tuesday.
    assert second.due_at == 1_800_000_000_000 + (4 * 24 + 3) * HOUR_MS


async def test_done_keeps_the_resolution_and_opening_again_promises_anew(
    desk: Desk, ticking: Ticking
) -> None:
    await promise(desk, mail_resolve_target_s=10 * HOUR_S)
    mail = await desk.mail()
    await reply(desk, mail.conversation_id)
    await desk.runtime.db.write(resolve, await desk.actor("sam"), mail.conversation_id)
    (resolution,) = await clocks(desk, "resolve")
    assert (resolution.met_at, resolution.ended_at) == (ticking.at, ticking.at)
    ticking.forward(s=HOUR_S)
    await desk.runtime.db.write(reopen, await desk.actor("sam"), mail.conversation_id)
    _, renewed = await clocks(desk, "resolve")
    assert renewed.due_at == ticking.at + 10 * HOUR_MS


async def test_done_that_is_taken_back_at_once_was_never_done(desk: Desk, ticking: Ticking) -> None:
    await promise(desk, mail_resolve_target_s=10 * HOUR_S)
    sam = await desk.actor("sam")
    mail = await desk.mail()
    await desk.runtime.db.write(assign, sam, mail.conversation_id, sam.agent_id)
    await reply(desk, mail.conversation_id)
    (before,) = await clocks(desk, "resolve")
    ticking.forward(s=10)
    await desk.runtime.db.write(resolve, sam, mail.conversation_id)
    ticking.forward(s=10)
    await desk.runtime.db.write(reopen, sam, mail.conversation_id)
    assert await clocks(desk, "resolve") == [before]


async def test_spam_and_giving_up_end_promises_without_keeping_them(
    desk: Desk, ticking: Ticking
) -> None:
    await promise(desk, resolve_target_s=HOUR_S, mail_resolve_target_s=HOUR_S)
    mail, chat = await desk.mail(), await desk.chat()
    await desk.runtime.db.write(mark_spam, await desk.actor("ana"), mail.conversation_id)
    await desk.runtime.db.write(end_by_customer, chat.conversation_id)
    for clock in await clocks(desk):
        assert (clock.met_at, clock.breached_at, clock.ended_at) == (None, None, ticking.at)


async def test_a_chat_that_becomes_a_letter_is_promised_what_letters_are(
    desk: Desk, ticking: Ticking
) -> None:
    chat = await desk.chat()

    def sit(tx: Tx) -> int:
        done = tx.execute(
            insert(visitor_sessions)
            .values(hash="x" * 64, inbox_id=desk.inboxes["chat"], visitor="visitor-1", suggested=[])
            .values(conversation_id=chat.conversation_id, created_at=tx.now, seen_at=tx.now)
            .returning(visitor_sessions.c.id)
        )
        return int(done.scalar_one())

    session = await desk.runtime.db.write(sit)
    ticking.forward(s=30)
    await desk.runtime.db.write(answer_by_mail, session, "kim@example.com")
    (clock,) = await clocks(desk)
    assert (clock.kind, clock.target_ms) == ("first", 14_400_000)
    assert clock.due_at == ticking.at + 14_400_000 - 30_000


async def test_a_clock_that_runs_out_is_said_once(desk: Desk, ticking: Ticking) -> None:
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    mail = await desk.mail()
    ttl_ms = 60_000
    assert not (await desk.runtime.db.query(due, ticking.at, ttl_ms)).promises
    due_at = ticking.at + 14_400_000
    ticking.forward(s=4 * HOUR_S + 1)
    assert (await desk.runtime.db.query(due, ticking.at, ttl_ms)).promises
    assert await desk.runtime.db.write(stamp_breaches) == 1
    (clock,) = await clocks(desk)
    assert (clock.breached_at, clock.ended_at) == (due_at, None)
    assert ClockChanged(mail.conversation_id, clock.id, "first", "breached") in heard
    assert await desk.runtime.db.write(stamp_breaches) == 0
    assert not (await desk.runtime.db.query(due, ticking.at, ttl_ms)).promises


async def test_list_thread_and_api_show_the_promise_that_is_due_first(
    desk: Desk, ticking: Ticking
) -> None:
    await promise(desk, mail_resolve_target_s=2 * HOUR_S)
    ana = await desk.actor("ana")
    mail = await desk.mail()
    page = await desk.runtime.db.query(inbox_page, ana, View("all"))
    head = await desk.runtime.db.query(thread_head, ana, mail.conversation_id)
    record = await desk.runtime.db.query(get_conversation, ana, mail.conversation_id)
    clock = page.rows[0].clock
    assert clock is not None
    assert (clock.kind, clock.due_at, clock.paused) == ("resolve", ticking.at + 2 * HOUR_MS, False)
    assert clock.warn_at == ticking.at + 2 * HOUR_MS * 4 // 5
    assert head.clock == clock == record["sla"]
    await desk.runtime.db.write(snooze, ana, mail.conversation_id, ticking.at + HOUR_MS)
    head = await desk.runtime.db.query(thread_head, ana, mail.conversation_id)
    assert head.clock is not None
    assert (head.clock.paused, head.clock.due_at) == (True, None)


async def test_accepting_twice_keeps_the_promise_once(desk: Desk, ticking: Ticking) -> None:
    await desk.available("ana")
    await desk.chat()
    await desk.route()
    offer = await desk.pending_offer("ana")
    assert offer is not None
    ana = await desk.actor("ana")
    await desk.runtime.db.write(accept_offer, ana, offer)
    ticking.forward(s=5)
    await desk.runtime.db.write(accept_offer, ana, offer)
    (clock,) = await clocks(desk)
    assert clock.met_at == ticking.at - 5_000


async def test_a_snooze_after_the_hour_breaks_the_promise_all_the_same(
    desk: Desk, ticking: Ticking
) -> None:
    mail = await desk.mail()
    due_at = ticking.at + 14_400_000
    ticking.forward(s=5 * HOUR_S)
    ana = await desk.actor("ana")
    await desk.runtime.db.write(snooze, ana, mail.conversation_id, ticking.at + HOUR_MS)
    (clock,) = await clocks(desk)
    assert (clock.breached_at, clock.left_ms, clock.due_at) == (due_at, -HOUR_MS, None)
    ticking.forward(s=HOUR_S)
    await desk.runtime.db.write(wake_snoozed)
    (clock,) = await clocks(desk)
    assert (clock.breached_at, clock.due_at) == (due_at, ticking.at - HOUR_MS)
