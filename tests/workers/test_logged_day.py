"""What the routing worker logs is enough to replay it: every decision comes out the same."""

import random
from contextlib import suppress

import pytest
from sqlalchemy import Connection, func, select, update

from app.actions.offer import accept_offer, decline_offer, expire_offers
from app.actions.route_pass import route_pass
from app.actions.set_presence import set_presence
from app.actions.set_status import resolve
from app.actions.tidy import remove_outdated
from app.db import Conflict, Tx
from app.models.agent import agent_queues, presence
from app.models.contact import contacts, offers
from app.models.history import routing_log
from app.models.organisation import queues
from app.queries.logged_day import logged_day
from routing.log import first_difference
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds

pytestmark = pytest.mark.engine


def _lively(tx: Tx, desk: Desk) -> None:
    """Two agents are asked at once in one queue; in the other Ben helps out after a while."""
    general, billing = desk.queues["general"], desk.queues["billing"]
    tx.execute(
        update(queues).where(queues.c.id == general).values(parallel_offers=2, drain_after_s=5)
    )
    tx.execute(update(queues).where(queues.c.id == billing).values(occupancy="spread", keep_free=1))
    tx.execute(
        update(agent_queues)
        .where(agent_queues.c.agent_id == desk.agents["ben"], agent_queues.c.queue_id == billing)
        .values(delay_s=30)
    )


async def _something_happens(desk: Desk, draw: random.Random, number: int) -> None:
    db, what = desk.runtime.db, draw.random()
    name = draw.choice(("ana", "ben"))
    if what < 0.4:
        come = desk.chat if draw.random() < 0.6 else desk.mail
        if come == desk.chat:
            await desk.chat(visitor=f"visitor-{number}")
        else:
            await desk.mail(email=f"kim{number}@example.com")
    elif what < 0.7:
        offer_id = await desk.pending_offer(name)
        if offer_id is not None:
            answer = accept_offer if draw.random() < 0.7 else decline_offer
            await db.write(answer, await desk.actor(name), offer_id)
    elif what < 0.82:
        mine = select(contacts.c.conversation_id).where(
            contacts.c.agent_id == desk.agents[name], contacts.c.status == "active"
        )
        async with db.read() as conn:
            found = (await conn.execute(mine.limit(1))).scalar()
        if found is not None:
            await db.write(resolve, await desk.actor(name), found)
    else:
        await db.write(set_presence, desk.agents[name], draw.choice(("available",) * 4 + ("away",)))


async def _live(desk: Desk, rounds: Rounds, ticking: Ticking, steps: int, seed: int) -> None:
    draw = random.Random(seed)
    await desk.runtime.db.write(_lively, desk)
    await desk.available("ana", "ben")
    for number in range(steps):
        with suppress(Conflict):
            await _something_happens(desk, draw, number)
        ticking.forward(ms=draw.choice((3, 400, 2_000, 9_000)))
        await desk.runtime.db.write(expire_offers)
        if draw.random() < 0.8:  # sometimes more than one thing happens before routing looks
            await rounds.settle()
    await rounds.settle()
    await rounds.write_log()


@pytest.mark.parametrize("seed", [1, 2, 3])
async def test_a_lively_day_replays_to_the_letter(
    desk: Desk, rounds: Rounds, ticking: Ticking, seed: int
) -> None:
    began = ticking.at
    await _live(desk, rounds, ticking, 120, seed)
    runs = await desk.runtime.db.query(logged_day, began, ticking.at + 1)
    assert sum(len(one.decisions) for run in runs for one in run.passes) > 20
    for run in runs:
        assert run.whole
        assert first_difference(run.state, run.passes) is None


async def test_claims_that_lost_a_race_are_part_of_the_replay(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.available("ana")
    await rounds.settle()
    began = ticking.at
    await desk.mail()
    floor = rounds.router.floor
    await floor.refresh(ticking.at)
    decisions = floor.decide()
    # Between the decision and the claim Ana leaves and comes back: another epoch.
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "away")
    await desk.available("ana")
    owner, fence = rounds.shift.leases.owner, rounds.shift.fence

    log = floor.take_log(at_once=True)
    claims = await desk.runtime.db.write(route_pass, owner, fence, decisions, log)
    assert (claims.made, len(claims.lost)) == (0, 1)
    floor.lost(claims.lost)
    ticking.forward(ms=5)
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None
    await rounds.write_log()
    [run] = await desk.runtime.db.query(logged_day, began, ticking.at + 1)
    assert [len(one.decisions) for one in run.passes if one.decisions] == [1, 1]
    assert first_difference(run.state, run.passes) is None


async def test_nothing_leaks_and_nobody_is_forgotten_on_a_lively_day(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await _live(desk, rounds, ticking, 80, seed=9)
    used, held = await desk.runtime.db.query(_books)
    assert used == held


def _books(conn: Connection) -> tuple[dict[int, int], dict[int, int]]:
    """Units in use as presence counts them, and as contacts and pending offers add up to."""
    used = {row.agent_id: row.used for row in conn.execute(select(presence))}
    held = dict.fromkeys(used, 0)
    for row in conn.execute(
        select(contacts.c.agent_id, contacts.c.cost).where(
            contacts.c.status.in_(("active", "wrap_up"))
        )
    ):
        held[row.agent_id] += row.cost
    for row in conn.execute(
        select(offers.c.agent_id, contacts.c.cost)
        .join(contacts, contacts.c.id == offers.c.contact_id)
        .where(offers.c.status == "pending")
    ):
        held[row.agent_id] += row.cost
    return used, held


async def test_the_log_is_forgotten_after_five_weeks(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await rounds.settle()
    await rounds.write_log()
    count = select(func.count()).select_from(routing_log)
    ticking.forward(s=34 * 86_400)
    await desk.runtime.db.write(remove_outdated, 1)
    async with desk.runtime.db.read() as conn:
        assert ((await conn.execute(count)).scalar() or 0) > 0
    ticking.forward(s=2 * 86_400)
    await desk.runtime.db.write(remove_outdated, 1)
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(count)).scalar() == 0
