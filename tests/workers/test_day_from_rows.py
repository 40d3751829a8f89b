"""The day that a replay plays is read from the tables: who came, who was there, who did what."""

import pytest
from sqlalchemy import update

from app.actions.offer import accept_offer, decline_offer, expire_offers
from app.actions.set_presence import set_presence
from app.actions.set_status import end_by_customer, resolve
from app.actions.transfer import transfer_to_queue
from app.models.organisation import queues
from app.queries.day import day
from routing.day import Day, Span
from routing.replay import replay
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def _take(desk: Desk, name: str) -> None:
    offer_id = await desk.pending_offer(name)
    assert offer_id is not None
    await desk.runtime.db.write(accept_offer, await desk.actor(name), offer_id)


async def _read(desk: Desk, start: int, end: int) -> Day:
    return await desk.runtime.db.query(day, start, end)


async def test_a_served_chat_keeps_its_own_times(desk: Desk, ticking: Ticking) -> None:
    start = ticking.at
    await desk.available("ana")
    ticking.forward(s=10)
    received = await desk.chat()
    ticking.forward(s=5)
    await desk.route()
    ticking.forward(s=3)
    await _take(desk, "ana")
    ticking.forward(s=120)
    await desk.runtime.db.write(resolve, await desk.actor("ana"), received.conversation_id)
    ticking.forward(s=60)
    found = await _read(desk, start, ticking.at)
    [one] = found.coming
    assert (one.answer_ms, one.handling_ms) == (3_000, 120_000)
    assert one.gives_up_at is None
    assert one.stayed_until == start + 18_000
    [ana] = found.agents
    assert ana.present == (Span(start, ticking.at),)


async def test_who_gave_up_gives_up_again_and_who_declined_declines(
    desk: Desk, ticking: Ticking
) -> None:
    start = ticking.at
    await desk.available("ana")
    received = await desk.chat()
    await desk.route()
    ticking.forward(s=4)
    offer_id = await desk.pending_offer("ana")
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "busy")
    ticking.forward(s=6)
    await desk.runtime.db.write(end_by_customer, received.conversation_id)
    [one] = (await _read(desk, start, ticking.at + 1)).coming
    assert one.gives_up_at == start + 10_000
    assert one.handling_ms is None
    [reply] = one.replies
    assert (reply.agent, reply.way, reply.after_ms) == (desk.agents["ana"], "declined", 4_000)


async def test_a_time_out_is_the_contacts_and_not_an_absence_of_the_agent(
    desk: Desk, ticking: Ticking
) -> None:
    start = ticking.at
    await desk.available("ana")
    await desk.chat()
    await desk.route()
    ticking.forward(s=21)
    await desk.runtime.db.write(expire_offers)
    ticking.forward(s=30)
    await desk.available("ana")
    ticking.forward(s=9)
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "away")
    ticking.forward(s=100)
    found = await _read(desk, start, ticking.at)
    [reply] = found.coming[0].replies
    assert (reply.way, reply.after_ms, reply.away_ms) == ("timed_out", 21_000, 30_000)
    assert found.agents[0].present == (Span(start, start + 60_000),)


async def test_a_transfer_is_a_move_with_the_time_it_took_there(
    desk: Desk, ticking: Ticking
) -> None:
    start = ticking.at
    await desk.available("ana")
    received = await desk.mail()
    await desk.route()
    await _take(desk, "ana")
    ticking.forward(s=20)
    ana, billing = await desk.actor("ana"), desk.queues["billing"]
    await desk.runtime.db.write(transfer_to_queue, ana, received.conversation_id, billing)
    await desk.route()
    ticking.forward(s=5)
    await _take(desk, "ana")
    ticking.forward(s=40)
    await desk.runtime.db.write(resolve, ana, received.conversation_id)
    [one] = (await _read(desk, start, ticking.at + 1)).coming
    assert one.contact.queue == desk.queues["general"]
    assert one.handling_ms == 20_000
    assert [(move.queue, move.handling_ms) for move in one.moves] == [(billing, 40_000)]


async def test_what_was_in_hand_at_the_start_goes_on(desk: Desk, ticking: Ticking) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.route()
    await _take(desk, "ana")
    ticking.forward(s=50)
    start = ticking.at
    ticking.forward(s=30)
    await desk.runtime.db.write(resolve, await desk.actor("ana"), received.conversation_id)
    [one] = (await _read(desk, start, ticking.at + 1)).coming
    assert (one.held_by, one.handling_ms) == (desk.agents["ana"], 30_000)


async def test_a_day_from_rows_can_be_played(desk: Desk, ticking: Ticking) -> None:
    start = ticking.at
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(queues).values(
                overflow=[{"when": "too_long", "limit": 900, "way": "message", "text": ""}]
            )
        )
    )
    await desk.available("ana", "ben")
    for number in range(8):
        received = await desk.chat(visitor=f"visitor-{number}")
        await desk.route()
        ticking.forward(s=2)
        for name in ("ana", "ben"):
            if await desk.pending_offer(name) is not None:
                await _take(desk, name)
                ticking.forward(s=30)
                actor = await desk.actor(name)
                await desk.runtime.db.write(resolve, actor, received.conversation_id)
    result = replay(await _read(desk, start, ticking.at))
    assert len(result.outcomes) == 8
    assert {one.way for one in result.outcomes} == {"answered"}
