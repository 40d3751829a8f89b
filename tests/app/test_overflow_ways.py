"""A line that cannot serve its people lets them go somewhere else, and nobody is forgotten."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.offer import decline_offer
from app.actions.transfer import transfer_to_queue
from app.db import Tx
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers
from app.models.history import contact_moves
from app.models.organisation import business_hours, queues
from app.queries.visitor_thread import thread
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds

pytestmark = pytest.mark.engine


async def _rules(desk: Desk, *rules: dict[str, Any], queue: str = "general", **more: Any) -> None:
    def save(tx: Tx) -> None:
        which = queues.c.id == desk.queues[queue]
        tx.execute(update(queues).where(which).values(overflow=list(rules), **more))

    await desk.runtime.db.write(save)


async def _all(desk: Desk, query: Any) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(query)).all())


async def _later(rounds: Rounds, ticking: Ticking, seconds: float) -> None:
    ticking.forward(s=seconds)
    await rounds.settle()
    await rounds.settle()


async def test_who_waits_too_long_goes_on_in_another_queue_with_their_age(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    billing = desk.queues["billing"]
    rule = {"when": "too_long", "limit": 60, "way": "queue", "queue_id": billing, "text": "Moment!"}
    await _rules(desk, rule)
    received = await desk.chat()
    came = ticking.at
    await _later(rounds, ticking, 59)
    assert (await _all(desk, select(contacts.c.queue_id)))[0].queue_id == desk.queues["general"]
    await _later(rounds, ticking, 3)
    [row] = await _all(desk, select(contacts))
    assert (row.queue_id, row.enqueued_at, row.status) == (billing, came, "waiting")
    assert row.been_in == [desk.queues["general"]]
    [move] = await _all(desk, select(contact_moves))
    assert (move.why, move.agent_id, move.to_queue_id) == ("too_long", None, billing)
    said = await _all(
        desk,
        select(messages.c.kind, messages.c.text, messages.c.agent_id)
        .where(messages.c.conversation_id == received.conversation_id)
        .order_by(messages.c.seq),
    )
    assert ("system", "overflowed", None) in said
    assert ("outbound", "Moment!", None) in said
    [conversation] = await _all(desk, select(conversations))
    assert conversation.queue_id == billing
    assert conversation.waiting_since == came  # nobody has answered yet


async def test_two_queues_do_not_pass_a_contact_to_and_fro(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    for name, other in (("general", "billing"), ("billing", "general")):
        rule = {"when": "too_long", "limit": 5, "way": "queue", "queue_id": desk.queues[other]}
        await _rules(desk, rule, queue=name)
    await desk.mail()
    for _ in range(5):
        await _later(rounds, ticking, 10)
    assert len(await _all(desk, select(contact_moves))) == 1


async def test_a_chat_whose_customer_left_an_address_becomes_a_message(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await _rules(desk, {"when": "nobody_staffed", "way": "message", "text": "We write to you."})
    await desk.chat()
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(customers).values(email="k@x.example"))
    )
    await _later(rounds, ticking, 2)
    first, second = await _all(desk, select(contacts).order_by(contacts.c.id))
    assert (first.status, first.outcome) == ("ended", "left")
    assert (second.status, second.channel) == ("waiting", "form")
    await _later(rounds, ticking, 5)
    assert len(await _all(desk, select(contacts))) == 2  # a letter waits: it is told nothing


async def test_who_cannot_be_reached_is_told_once_and_keeps_their_place(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await _rules(desk, {"when": "nobody_staffed", "way": "message", "text": "Leave an address."})
    await desk.chat()
    for _ in range(4):
        await _later(rounds, ticking, 2)
    told = select(messages).where(messages.c.kind == "outbound")
    assert [row.text for row in await _all(desk, told)] == ["Leave an address."]
    [row] = await _all(desk, select(contacts))
    assert row.status == "waiting"
    seen = await desk.runtime.db.query(thread, row.conversation_id)
    assert [(one.agent, one.mine) for one in seen] == [("", True), ("Tea & Things", False)]
    await desk.available("ana")
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None


async def test_those_beyond_the_longest_line_go_elsewhere(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    billing = desk.queues["billing"]
    await _rules(desk, {"when": "too_many", "limit": 2, "way": "queue", "queue_id": billing})
    for number in range(3):
        await desk.chat(visitor=f"visitor-{number}")
        ticking.forward(s=1)
    await _later(rounds, ticking, 2)
    rows = await _all(desk, select(contacts.c.queue_id).order_by(contacts.c.enqueued_at))
    assert [row.queue_id == billing for row in rows] == [False, False, True]


async def test_out_of_hours_a_queue_lets_go(desk: Desk, rounds: Rounds, ticking: Ticking) -> None:
    def never_open(tx: Tx) -> None:
        made = insert(business_hours).values(name="Never", spans={}, holidays=[])
        hours_id = tx.execute(made.returning(business_hours.c.id)).scalar_one()
        tx.execute(update(queues).where(queues.c.name == "General").values(hours_id=hours_id))

    billing = desk.queues["billing"]
    await _rules(desk, {"when": "closed", "way": "queue", "queue_id": billing})
    await desk.runtime.db.write(never_open)
    await desk.mail()
    await _later(rounds, ticking, 2)
    assert [row.why for row in await _all(desk, select(contact_moves))] == ["closed"]


async def test_what_everybody_declined_twice_goes_elsewhere(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    billing = desk.queues["billing"]
    await _rules(desk, {"when": "declined_by_all", "way": "queue", "queue_id": billing})
    await desk.available("ana")
    await desk.mail()
    for seconds in (0, 31):
        await _later(rounds, ticking, seconds)
        offer_id = await desk.pending_offer("ana")
        assert offer_id is not None
        assert await _all(desk, select(contact_moves)) == []
        await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "not mine")
    await _later(rounds, ticking, 1.5)
    assert [row.why for row in await _all(desk, select(contact_moves))] == ["declined_by_all"]


async def test_without_a_way_out_those_who_declined_are_asked_again(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.available("ana")
    await desk.mail()
    for _ in range(4):
        await _later(rounds, ticking, 31)
        offer_id = await desk.pending_offer("ana")
        assert offer_id is not None
        await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "not mine")


async def test_a_callback_keeps_its_place_without_the_customer(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await _rules(desk, {"when": "too_long", "limit": 5, "way": "callback"})
    await desk.chat()
    came = ticking.at
    await desk.runtime.db.write(lambda tx: tx.execute(update(customers).values(phone="+8521234")))
    for _ in range(3):
        await _later(rounds, ticking, 6)
    [row] = await _all(desk, select(contacts))
    assert (row.status, row.enqueued_at) == ("waiting", came)
    assert row.callback["to"] == "+8521234"
    said = [row.text for row in await _all(desk, select(messages).order_by(messages.c.seq))]
    assert said.count("to_callback") == 1


async def test_a_transfer_by_hand_is_a_move_with_its_agent(desk: Desk) -> None:
    received = await desk.mail()
    sam = await desk.actor("sam")
    billing = desk.queues["billing"]
    await desk.runtime.db.write(transfer_to_queue, sam, received.conversation_id, billing)
    [move] = await _all(desk, select(contact_moves))
    assert (move.why, move.agent_id) == ("transfer", sam.agent_id)


async def test_a_rule_that_makes_no_sense_stops_nobody(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await _rules(desk, {"when": "too_long", "way": "queue"}, {"when": "never", "way": "nowhere"})
    await desk.available("ana")
    await desk.mail()
    await _later(rounds, ticking, 2)
    assert await desk.pending_offer("ana") is not None
