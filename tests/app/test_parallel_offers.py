"""Several agents are asked at once: the first to accept has it, and every unit comes back once."""

import asyncio

import pytest
from sqlalchemy import select, update

from app.actions.offer import accept_offer, decline_offer, expire_offers
from app.actions.set_presence import set_presence
from app.actions.set_status import end_by_customer
from app.actions.transfer import claim, transfer_to_queue
from app.db import Conflict, Tx
from app.events import Event, OfferChanged
from app.models.agent import presence
from app.models.contact import contacts, offers
from app.models.organisation import queues
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def _asked_at_once(desk: Desk) -> int:
    """Ana and Ben are both offered one chat; returns its conversation."""

    def both(tx: Tx) -> None:
        tx.execute(update(queues).values(parallel_offers=2, agents_may_pull=True))

    await desk.runtime.db.write(both)
    await desk.available("ana", "ben")
    received = await desk.chat()
    assert await desk.route() == 2
    assert await _used(desk) == {"ana": 2, "ben": 2}
    return received.conversation_id


async def _used(desk: Desk) -> dict[str, int]:
    async with desk.runtime.db.read() as conn:
        rows = (await conn.execute(select(presence.c.agent_id, presence.c.used))).all()
    units = {row.agent_id: row.used for row in rows}
    return {name: units[desk.agents[name]] for name in ("ana", "ben")}


async def _offers(desk: Desk) -> dict[str, str]:
    async with desk.runtime.db.read() as conn:
        rows = (await conn.execute(select(offers.c.agent_id, offers.c.status))).all()
    names = {id: name for name, id in desk.agents.items()}
    return {names[row.agent_id]: row.status for row in rows}


async def _contact(desk: Desk) -> tuple[str, int | None]:
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(contacts.c.status, contacts.c.agent_id))).one()
    return row.status, row.agent_id


async def test_the_first_to_accept_has_it_and_the_other_is_told(desk: Desk) -> None:
    await _asked_at_once(desk)
    heard: list[Event] = []
    desk.runtime.listeners.append(heard.extend)
    offer_id = await desk.pending_offer("ben")
    await desk.runtime.db.write(accept_offer, await desk.actor("ben"), offer_id)
    assert await _contact(desk) == ("active", desk.agents["ben"])
    assert await _offers(desk) == {"ana": "rescinded", "ben": "accepted"}
    assert await _used(desk) == {"ana": 0, "ben": 2}
    told = {(fact.agent_id, fact.status) for fact in heard if isinstance(fact, OfferChanged)}
    assert told == {(desk.agents["ana"], "rescinded"), (desk.agents["ben"], "accepted")}


async def test_two_who_accept_at_the_same_moment_do_not_both_get_it(desk: Desk) -> None:
    await _asked_at_once(desk)
    answers = [
        desk.runtime.db.write(
            accept_offer, await desk.actor(name), await desk.pending_offer(name) or 0
        )
        for name in ("ana", "ben")
    ]
    results = await asyncio.gather(*answers, return_exceptions=True)
    assert sum(isinstance(result, Conflict) for result in results) == 1
    assert sorted((await _offers(desk)).values()) == ["accepted", "rescinded"]
    assert sorted((await _used(desk)).values()) == [0, 2]


async def test_one_who_declines_leaves_it_with_the_other(desk: Desk) -> None:
    await _asked_at_once(desk)
    offer_id = await desk.pending_offer("ana")
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "busy")
    assert await _contact(desk) == ("offered", desk.agents["ben"])
    assert await _used(desk) == {"ana": 0, "ben": 2}
    offer_id = await desk.pending_offer("ben")
    await desk.runtime.db.write(decline_offer, await desk.actor("ben"), offer_id, "busy")
    assert await _contact(desk) == ("waiting", None)
    assert await _used(desk) == {"ana": 0, "ben": 0}


async def test_an_agent_who_leaves_takes_only_their_own_offer_with_them(desk: Desk) -> None:
    await _asked_at_once(desk)
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "away")
    assert await _contact(desk) == ("offered", desk.agents["ben"])
    assert await _used(desk) == {"ana": 0, "ben": 2}


async def test_who_lets_time_pass_loses_both_offers_and_every_unit_comes_back(
    desk: Desk, ticking: Ticking
) -> None:
    await _asked_at_once(desk)
    ticking.forward(s=21)
    assert await desk.runtime.db.write(expire_offers) == 2
    assert await _contact(desk) == ("waiting", None)
    assert await _used(desk) == {"ana": 0, "ben": 0}
    assert set((await _offers(desk)).values()) == {"timed_out"}


async def test_a_customer_who_leaves_frees_everybody_who_was_asked(desk: Desk) -> None:
    conversation_id = await _asked_at_once(desk)
    await desk.runtime.db.write(end_by_customer, conversation_id)
    assert await _contact(desk) == ("ended", None)
    assert await _used(desk) == {"ana": 0, "ben": 0}
    assert set((await _offers(desk)).values()) == {"rescinded"}


async def test_a_transfer_takes_all_offers_back(desk: Desk) -> None:
    conversation_id = await _asked_at_once(desk)
    sam = await desk.actor("sam")
    await desk.runtime.db.write(transfer_to_queue, sam, conversation_id, desk.queues["billing"])
    assert await _contact(desk) == ("waiting", None)
    assert await _used(desk) == {"ana": 0, "ben": 0}


async def test_whoever_takes_it_by_hand_had_it_reserved_already(desk: Desk) -> None:
    conversation_id = await _asked_at_once(desk)
    await desk.runtime.db.write(claim, await desk.actor("ben"), conversation_id)
    assert await _contact(desk) == ("active", desk.agents["ben"])
    assert await _used(desk) == {"ana": 0, "ben": 2}


async def test_who_was_asked_for_nothing_is_still_idle_for_longest(desk: Desk) -> None:
    def since(tx: Tx) -> None:
        tx.execute(update(presence).values(last_assigned_at=7))

    await desk.runtime.db.write(since)
    await _asked_at_once(desk)
    offer_id = await desk.pending_offer("ben")
    await desk.runtime.db.write(accept_offer, await desk.actor("ben"), offer_id)
    async with desk.runtime.db.read() as conn:
        rows = (await conn.execute(select(presence.c.agent_id, presence.c.last_assigned_at))).all()
    idle_since = {row.agent_id: row.last_assigned_at for row in rows}
    assert idle_since[desk.agents["ana"]] == 7
    assert idle_since[desk.agents["ben"]] > 7
