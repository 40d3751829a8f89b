"""The routing worker: offers come by themselves, and only from who holds the lease."""

import pytest

from app import clock
from app.actions.lease import take_lease
from app.actions.route_pass import route_pass
from app.db import Conflict
from app.queries.routing_state import routing_state
from app.workers.route_waiting import WORKER
from routing.settle import settle
from tests.desk import Desk
from tests.fixtures.workers import Start, until

pytestmark = pytest.mark.engine


async def test_a_message_is_offered_without_anybody_asking(desk: Desk, work: Start) -> None:
    await work(WORKER)
    await desk.available("ana")
    await desk.mail()

    async def offered() -> bool:
        return await desk.pending_offer("ana") is not None

    await until(offered)


async def test_who_waits_is_offered_as_soon_as_somebody_comes(desk: Desk, work: Start) -> None:
    await desk.mail()
    await work(WORKER)
    await desk.available("ben")

    async def offered() -> bool:
        return await desk.pending_offer("ben") is not None

    await until(offered)


async def test_an_owner_that_lost_the_lease_makes_no_offers(desk: Desk) -> None:
    await desk.available("ana")
    await desk.mail()
    await desk.runtime.db.write(take_lease, "routing", "one", -1)
    await desk.runtime.db.write(take_lease, "routing", "two", 10_000)
    now = clock.now()
    decisions = settle(await desk.runtime.db.query(routing_state, now), now)
    assert decisions
    with pytest.raises(Conflict, match="lease_lost"):
        await desk.runtime.db.write(route_pass, "one", 1, decisions, [])
    assert await desk.pending_offer("ana") is None
