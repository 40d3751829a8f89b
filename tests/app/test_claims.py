"""A batch of decisions is claimed in one write: what has moved on is left out, the rest is made."""

from typing import Any

import pytest
from sqlalchemy import event, select, update

from app.actions.make_offers import Claims, make_offers
from app.actions.set_presence import set_presence
from app.db import Tx
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.queries.routing_state import routing_state
from routing.settle import Decision, settle
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def _decided(desk: Desk, now: int, mails: int) -> list[Decision]:
    await desk.available("ana", "ben")
    for number in range(mails):
        await desk.mail(email=f"kim{number}@example.com")
    decisions = settle(await desk.runtime.db.query(routing_state, now), now)
    assert len(decisions) == mails
    return decisions


async def _claim(desk: Desk, decisions: list[Decision]) -> Claims:
    return await desk.runtime.db.write(make_offers, decisions)


async def test_a_batch_takes_as_many_statements_as_one_decision(
    desk: Desk, ticking: Ticking
) -> None:
    def counted(tx: Tx, decisions: list[Decision]) -> int:
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        event.listen(tx.conn, "before_cursor_execute", note)
        try:
            assert make_offers(tx, decisions).lost == ()
        finally:
            event.remove(tx.conn, "before_cursor_execute", note)
        return len(seen)

    one = await _decided(desk, ticking.at, 1)
    first = await desk.runtime.db.write(counted, one)
    for number in range(8):
        await desk.mail(email=f"lee{number}@example.com")
    many = settle(await desk.runtime.db.query(routing_state, ticking.at), ticking.at)
    assert len(many) == 8
    assert await desk.runtime.db.write(counted, many) == first


async def test_a_contact_that_moved_loses_and_the_others_are_made(
    desk: Desk, ticking: Ticking
) -> None:
    decisions = await _decided(desk, ticking.at, 3)
    gone = decisions[1].contact

    def move(tx: Tx) -> None:
        this = contacts.c.id == gone
        tx.execute(update(contacts).where(this).values(version=contacts.c.version + 1))

    await desk.runtime.db.write(move)
    claims = await _claim(desk, decisions)
    assert (claims.made, [one.contact for one in claims.lost]) == (2, [gone])


async def test_an_agent_who_went_and_came_back_is_another_agent(
    desk: Desk, ticking: Ticking
) -> None:
    decisions = await _decided(desk, ticking.at, 1)
    agent_id = decisions[0].agent
    await desk.runtime.db.write(set_presence, agent_id, "away")
    await desk.runtime.db.write(set_presence, agent_id, "available")
    claims = await _claim(desk, decisions)
    assert (claims.made, claims.lost) == (0, tuple(decisions))
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(offers.c.id))).all() == []


async def test_a_batch_never_gives_an_agent_more_than_there_is_room_for(
    desk: Desk, ticking: Ticking
) -> None:
    decisions = await _decided(desk, ticking.at, 6)

    def shrink(tx: Tx) -> None:
        tx.execute(update(agents).values(capacity=2))

    await desk.runtime.db.write(shrink)
    claims = await _claim(desk, decisions)
    async with desk.runtime.db.read() as conn:
        used = (await conn.execute(select(presence.c.used))).scalars().all()
    assert max(used) <= 2
    assert claims.made == sum(used)
    assert claims.made + len(claims.lost) == 6
