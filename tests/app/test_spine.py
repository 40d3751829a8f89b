"""The shortest walk through the product: a message comes in, is offered, accepted, answered."""

import pytest
from sqlalchemy import func, insert, select

from app.actions.offer import decline_offer, expire_offers
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import hand_back_absent, set_presence
from app.actions.set_status import reopen, resolve
from app.actions.transfer import assign, transfer_to_queue
from app.db import Conflict, Invalid, Tx
from app.models.agent import agent_brands, presence
from app.models.contact import contacts
from app.models.conversation import conversations, journal, messages
from app.models.organisation import brands
from app.models.work import outbox
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def _one(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).one()


async def test_a_mail_is_offered_accepted_answered_and_done(desk: Desk) -> None:
    await desk.available("ana")
    received = await desk.mail()
    assert await desk.accept("ana") == received.conversation_id
    ana = await desk.actor("ana")
    reply = Reply("It is on its way.", "key-0001", seen_seq=received.seq)
    sent = await desk.runtime.db.write(send_message, ana, received.conversation_id, reply)
    again = await desk.runtime.db.write(send_message, ana, received.conversation_id, reply)
    assert again.duplicate
    assert again.message_id == sent.message_id
    await desk.runtime.db.write(resolve, ana, received.conversation_id)
    assert (await _one(desk, select(outbox.c.state))).state == "queued"
    contact = await _one(desk, select(contacts))
    assert (contact.status, contact.outcome) == ("ended", "handled")
    assert (
        await _one(desk, select(presence.c.used).where(presence.c.agent_id == ana.agent_id))
    ).used == 0


async def test_the_same_mail_twice_is_one_message(desk: Desk) -> None:
    first = await desk.mail()
    desk.counter -= 1
    second = await desk.mail()
    assert second.duplicate
    assert (await _one(desk, select(func.count()).select_from(messages)))[0] == 1
    assert first.conversation_id == second.conversation_id


async def test_every_event_of_a_conversation_has_its_own_seq(desk: Desk) -> None:
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")
    await desk.chat("still there?", conversation_id=received.conversation_id)
    async with desk.runtime.db.read() as conn:
        seqs = list(
            (
                await conn.execute(
                    select(journal.c.seq)
                    .where(
                        journal.c.conversation_id == received.conversation_id,
                        journal.c.seq.is_not(None),
                    )
                    .order_by(journal.c.id)
                )
            ).scalars()
        )
        last = (await conn.execute(select(conversations.c.last_seq))).scalar_one()
    assert seqs == sorted(set(seqs))
    assert seqs[-1] == last


async def test_a_reply_to_an_outdated_screen_is_refused_with_what_was_missed(desk: Desk) -> None:
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")
    later = await desk.chat("and another thing", conversation_id=received.conversation_id)
    reply = Reply("Sure", "key-0002", seen_seq=received.seq)
    with pytest.raises(Conflict) as refused:
        await desk.runtime.db.write(
            send_message, await desk.actor("ana"), received.conversation_id, reply
        )
    assert refused.value.code == "stale"
    assert refused.value.details["missed"] == [later.message_id]


async def test_a_declined_offer_goes_to_the_next_agent_and_keeps_its_age(desk: Desk) -> None:
    await desk.available("ana", "ben")
    await desk.mail()
    await desk.route()
    asked = "ana" if await desk.pending_offer("ana") else "ben"
    other = "ben" if asked == "ana" else "ana"
    before = (await _one(desk, select(contacts.c.enqueued_at))).enqueued_at
    offer_id = await desk.pending_offer(asked)
    await desk.runtime.db.write(decline_offer, await desk.actor(asked), offer_id, "busy")
    await desk.route()
    assert await desk.pending_offer(other) is not None
    assert (await _one(desk, select(contacts.c.enqueued_at))).enqueued_at == before


async def test_an_agent_who_passed_has_peace_for_a_while_even_when_alone(
    desk: Desk,
    ticking,  # type: ignore[no-untyped-def]
) -> None:
    await desk.available("ana")
    await desk.mail()
    await desk.route()
    offer_id = await desk.pending_offer("ana")
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "busy")
    assert await desk.route() == 0
    ticking.forward(s=31)
    assert await desk.route() == 1


async def test_an_offer_nobody_answers_makes_the_agent_not_ready(desk: Desk, ticking) -> None:  # type: ignore[no-untyped-def]
    await desk.available("ana")
    await desk.chat()
    await desk.route()
    ticking.forward(s=21)
    assert await desk.runtime.db.write(expire_offers) == 1
    row = await _one(desk, select(presence).where(presence.c.agent_id == desk.agents["ana"]))
    assert (row.state, row.used) == ("not_ready", 0)
    assert (await _one(desk, select(contacts.c.status))).status == "waiting"


async def test_to_undo_done_gives_the_contact_back_to_whoever_ended_it(desk: Desk) -> None:
    await desk.available("ana", "ben")
    received = await desk.chat()
    await desk.route()
    name = "ana" if await desk.pending_offer("ana") else "ben"
    await desk.accept(name)
    actor = await desk.actor(name)
    await desk.runtime.db.write(resolve, actor, received.conversation_id)
    await desk.runtime.db.write(reopen, actor, received.conversation_id)
    row = await _one(desk, select(contacts))
    assert (row.status, row.agent_id, row.outcome) == ("active", actor.agent_id, "")
    used = select(presence.c.used).where(presence.c.agent_id == actor.agent_id)
    assert (await _one(desk, used)).used == 2
    assert (await _one(desk, select(conversations.c.assignee_id))).assignee_id == actor.agent_id


async def test_what_is_opened_again_later_waits_in_the_queue_it_was_in(
    desk: Desk,
    ticking,  # type: ignore[no-untyped-def]
) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    ana = await desk.actor("ana")
    billing = desk.queues["billing"]
    await desk.runtime.db.write(transfer_to_queue, ana, received.conversation_id, billing)
    await desk.accept("ana")
    await desk.runtime.db.write(resolve, ana, received.conversation_id)
    ticking.forward(s=3600)
    await desk.runtime.db.write(reopen, ana, received.conversation_id)
    row = await _one(desk, select(contacts).order_by(contacts.c.id.desc()).limit(1))
    assert (row.status, row.queue_id) == ("waiting", billing)


async def test_a_chat_given_to_somebody_who_is_offline_goes_back_into_line(
    desk: Desk,
    ticking,  # type: ignore[no-untyped-def]
) -> None:
    received = await desk.chat()
    sam = await desk.actor("sam")
    await desk.runtime.db.write(assign, sam, received.conversation_id, desk.agents["ben"])
    ticking.forward(s=61)
    assert await desk.runtime.db.write(hand_back_absent, 8 * 3_600_000) == 1
    assert (await _one(desk, select(contacts.c.status))).status == "waiting"


async def test_nothing_is_given_to_a_colleague_who_does_not_serve_the_brand(desk: Desk) -> None:
    def elsewhere(tx: Tx) -> None:
        other = tx.execute(
            insert(brands).values(name="Books", slug="books", created_at=1).returning(brands.c.id)
        ).scalar_one()
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["ben"], brand_id=other))

    received = await desk.mail()
    await desk.runtime.db.write(elsewhere)
    with pytest.raises(Invalid):
        await desk.runtime.db.write(
            assign, await desk.actor("sam"), received.conversation_id, desk.agents["ben"]
        )


async def test_nothing_is_stranded_when_everybody_signs_out_and_back_in(desk: Desk) -> None:
    await desk.available("ana", "ben")
    await desk.chat(visitor="a")
    await desk.accept("ana") if await desk.route() == 0 or await desk.pending_offer(
        "ana"
    ) else await desk.accept("ben")
    for name in ("ana", "ben"):
        await desk.runtime.db.write(set_presence, desk.agents[name], "offline")
    assert (await _one(desk, select(contacts.c.status))).status == "waiting"
    await desk.available("ben")
    assert await desk.accept("ben")
