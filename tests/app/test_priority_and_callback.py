"""A priority that changes re-keys the line; a callback keeps its key until the customer answers."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app import clock
from app.actions.callback import callback_not_reached
from app.actions.set_priority import set_priority
from app.db import Conflict, Invalid, Tx
from app.models.contact import contacts
from app.models.conversation import messages
from app.models.organisation import business_hours, queue_rules, queues
from app.queries.explanation import explanation
from app.queries.routing_state import routing_state
from routing.boost import LARGEST_BOOST_MS, MINUTE_MS
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds

pytestmark = pytest.mark.engine


async def _contact(desk: Desk, conversation_id: int) -> Any:
    async with desk.runtime.db.read() as conn:
        query = select(contacts).where(contacts.c.conversation_id == conversation_id)
        return (await conn.execute(query.order_by(contacts.c.id.desc()).limit(1))).one()


async def test_a_higher_priority_goes_first_and_says_who_gave_it(
    desk: Desk, ticking: Ticking
) -> None:
    await desk.mail(email="one@example.com")
    ticking.forward(s=60)
    second = await desk.mail(email="two@example.com")
    sam = await desk.actor("sam")
    await desk.runtime.db.write(set_priority, sam, second.conversation_id, "urgent")
    row = await _contact(desk, second.conversation_id)
    assert (row.priority, row.boost_ms) == ("urgent", 15 * MINUTE_MS)
    state = await desk.runtime.db.query(routing_state, ticking.at)
    assert min(state.contacts.values(), key=lambda one: one.key).id == row.id
    async with desk.runtime.db.read() as conn:
        line = (await conn.execute(select(messages).where(messages.c.text == "priority"))).one()
    assert (line.agent_id, line.details["was"]) == (sam.agent_id, "normal")


async def test_a_priority_that_does_not_exist_is_refused(desk: Desk) -> None:
    received = await desk.mail()
    sam = await desk.actor("sam")
    with pytest.raises(Invalid):
        await desk.runtime.db.write(set_priority, sam, received.conversation_id, "now!")


async def test_a_nearer_deadline_is_a_head_start_within_the_largest_there_is(desk: Desk) -> None:
    def promise(tx: Tx) -> None:
        ours = queues.c.id == desk.queues["general"]
        tx.execute(update(queues).where(ours).values(target_s=30, priority="urgent"))
        other = queues.c.id == desk.queues["billing"]
        tx.execute(update(queues).where(other).values(target_s=120))

    await desk.runtime.db.write(promise)
    row = await _contact(desk, (await desk.chat()).conversation_id)
    assert row.boosts == [["priority", 15 * MINUTE_MS], ["deadline", 90_000]]
    assert row.boost_ms == 15 * MINUTE_MS  # the most there is above the lowest priority
    assert row.boost_ms <= LARGEST_BOOST_MS


async def test_a_deadline_in_business_hours_is_reckoned_through_the_calendar(
    desk: Desk, ticking: Ticking
) -> None:
    def never(tx: Tx) -> None:
        made = business_hours.insert().values(name="Never", spans={}, holidays=[])
        hours_id = tx.execute(made.returning(business_hours.c.id)).scalar_one()
        tx.execute(update(queues).values(hours_id=hours_id, target_s=1))

    await desk.runtime.db.write(never)
    row = await _contact(desk, (await desk.chat()).conversation_id)
    assert row.boosts == []


async def test_the_rule_that_chose_the_queue_is_kept(desk: Desk) -> None:
    def rule(tx: Tx) -> int:
        values = {"position": 1, "topic": "invoice", "queue_id": desk.queues["billing"]}
        made = queue_rules.insert().values(**values).returning(queue_rules.c.id)
        return int(tx.execute(made).scalar_one())

    rule_id = await desk.runtime.db.write(rule)
    row = await _contact(desk, (await desk.mail("Where is my invoice?")).conversation_id)
    assert (row.queue_id, row.rule_id) == (desk.queues["billing"], rule_id)


async def _called_back(desk: Desk, rounds: Rounds) -> int:
    received = await desk.chat()

    def wants(tx: Tx) -> None:
        to = {"to": "+85212345678", "tries": 0, "next_at": tx.now}
        tx.execute(update(contacts).values(callback=to, version=contacts.c.version + 1))

    await desk.runtime.db.write(wants)
    await desk.available("ana")
    await rounds.settle()
    await desk.accept("ana")
    return received.conversation_id


async def test_who_is_not_reached_is_called_again_later_at_the_same_place(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    came = ticking.at
    conversation_id = await _called_back(desk, rounds)
    ana = await desk.actor("ana")
    await desk.runtime.db.write(callback_not_reached, ana, conversation_id)
    await rounds.settle()
    assert await desk.pending_offer("ana") is None
    ticking.forward(s=599)
    await rounds.settle()
    assert await desk.pending_offer("ana") is None
    ticking.forward(s=2)
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None
    row = await _contact(desk, conversation_id)
    assert (row.enqueued_at, row.callback["tries"]) == (came, 1)


async def test_after_the_last_try_nobody_calls_any_more(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    conversation_id = await _called_back(desk, rounds)
    ana = await desk.actor("ana")
    for _ in range(2):
        await desk.runtime.db.write(callback_not_reached, ana, conversation_id)
        ticking.forward(s=3_601)
        await desk.available("ana")
        await rounds.settle()
        await desk.accept("ana")
    await desk.runtime.db.write(callback_not_reached, ana, conversation_id)
    row = await _contact(desk, conversation_id)
    assert (row.status, row.outcome) == ("ended", "left")
    with pytest.raises(Conflict):
        await desk.runtime.db.write(callback_not_reached, ana, conversation_id)


async def test_one_may_ask_about_one_agent_only_also_of_another_queue(desk: Desk) -> None:
    received = await desk.mail()
    await desk.available("ana", "sam")
    row = await _contact(desk, received.conversation_id)
    sam = await desk.actor("sam")
    for name, code in (("sam", "not_member"), ("ana", "chosen")):
        found = await desk.runtime.db.query(explanation, sam, row.id, desk.agents[name])
        assert [(one.agent_id, one.code) for one in found.agents] == [(desk.agents[name], code)]
    assert clock.now() >= row.enqueued_at
