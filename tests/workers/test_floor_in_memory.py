"""What the worker keeps in memory is what the rows say, also when a message about them was lost."""

import random
import threading

import pytest
from sqlalchemy import func, select, update

from app.actions.route_pass import route_pass
from app.actions.set_presence import set_presence
from app.db import Tx
from app.events import SetupChanged
from app.models.agent import agent_queues, agents
from app.models.contact import offers
from app.models.organisation import queues
from app.queries.routing_state import floor_pulse, routing_state
from app.workers.floor import RECONCILE_MS
from routing.settle import Decision, settle
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds

pytestmark = pytest.mark.engine


class _Deaf:
    """Nothing is heard while this lasts: another process without a bus, or a bus that failed."""

    def __init__(self, desk: Desk, rounds: Rounds) -> None:
        self._listeners = desk.runtime.listeners
        self._hear = rounds.router.floor.hear

    def __enter__(self) -> None:
        self._listeners.remove(self._hear)

    def __exit__(self, *exc: object) -> None:
        self._listeners.append(self._hear)


async def test_an_arrival_nobody_told_of_is_noticed_within_a_second(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.available("ana")
    await rounds.settle()
    with _Deaf(desk, rounds):
        await desk.mail()
    ticking.forward(ms=1_001)
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None


async def test_an_agent_nobody_told_of_is_noticed_within_a_second(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.mail()
    await rounds.settle()
    with _Deaf(desk, rounds):
        await desk.available("ben")
    ticking.forward(ms=1_001)
    await rounds.settle()
    assert await desk.pending_offer("ben") is not None


async def test_a_seat_nobody_told_of_is_noticed_within_a_minute(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    def stand_up(tx: Tx) -> None:
        tx.execute(agent_queues.delete().where(agent_queues.c.agent_id == desk.agents["ana"]))

    await desk.available("ana")
    await rounds.settle()
    await desk.runtime.db.write(stand_up)
    ticking.forward(ms=RECONCILE_MS)
    await rounds.settle()
    await desk.mail()
    await rounds.settle()
    assert await desk.pending_offer("ana") is None


async def test_new_rules_of_a_queue_hold_at_once(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    def close(tx: Tx, closed: bool) -> None:
        tx.execute(update(queues).values(closed=closed))
        tx.emit(SetupChanged("queue", desk.queues["general"]))

    await desk.available("ana")
    await rounds.settle()
    await desk.runtime.db.write(close, True)
    await desk.mail()
    await rounds.settle()
    assert await desk.pending_offer("ana") is None
    await desk.runtime.db.write(close, False)
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None


async def test_two_contacts_for_the_last_place_in_one_pass_are_never_both_given(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(capacity=1)))
    await desk.mail(email="one@example.com")
    await desk.mail(email="two@example.com")
    await desk.available("ana")
    await rounds.settle()
    state = await desk.runtime.db.query(routing_state, ticking.at)
    assert state.agents[desk.agents["ana"]].used == 1
    assert len(state.contacts) == 1


async def test_an_agent_who_was_given_something_by_hand_meanwhile_is_asked_again_later(
    desk: Desk, rounds: Rounds, ticking: Ticking
) -> None:
    await desk.available("ana")
    await rounds.settle()
    await desk.mail()
    floor = rounds.router.floor
    await floor.refresh(ticking.at)
    decisions = floor.decide()
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(capacity=0)))
    owner, fence = rounds.shift.leases.owner, rounds.shift.fence
    claims = await desk.runtime.db.write(route_pass, owner, fence, decisions, [])
    assert claims.lost == tuple(decisions)
    floor.lost(claims.lost)
    await rounds.settle()
    assert await desk.pending_offer("ana") is None
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(capacity=6)))
    ticking.forward(ms=RECONCILE_MS)
    await rounds.settle()
    assert await desk.pending_offer("ana") is not None


@pytest.mark.parametrize("seed", [4, 5])
async def test_memory_and_rows_say_the_same_after_every_round(
    desk: Desk, rounds: Rounds, ticking: Ticking, seed: int
) -> None:
    draw = random.Random(seed)
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(queues).values(parallel_offers=2, drain_after_s=0))
    )
    for number in range(60):
        what = draw.randrange(5)
        if what < 2:
            await desk.chat(visitor=f"visitor-{number}")
        elif what == 2:
            name = draw.choice(("ana", "ben"))
            state = draw.choice(("available", "available", "away", "offline"))
            await desk.runtime.db.write(set_presence, desk.agents[name], state)
        else:
            name = draw.choice(("ana", "ben"))
            if await desk.pending_offer(name) is not None:
                await desk.accept(name)
        ticking.forward(ms=draw.choice((1, 700)))
        await rounds.settle()
        state_now = await desk.runtime.db.query(routing_state, ticking.at)
        assert settle(state_now, ticking.at) == []
        assert rounds.router.floor.pulse() == await desk.runtime.db.query(floor_pulse)


async def test_a_crowd_is_settled_beside_the_loop_with_the_same_decisions(
    desk: Desk, rounds: Rounds, ticking: Ticking, monkeypatch: pytest.MonkeyPatch
) -> None:
    await rounds.settle()
    ticking.forward(ms=5_000)
    for number in range(8):
        await desk.mail(email=f"kim{number}@example.com")
    await rounds.settle()
    ticking.forward(ms=100)
    await desk.available("ana", "ben")
    expected = settle(await desk.runtime.db.query(routing_state, ticking.at), ticking.at)
    floor, threads = rounds.router.floor, []
    decide = floor.decide

    def noted() -> list[Decision]:
        threads.append(threading.get_ident())
        decisions = decide()
        if decisions:
            assert decisions == expected
        return decisions

    monkeypatch.setattr(floor, "decide", noted)
    monkeypatch.setattr("app.workers.floor.CROWD", 10)
    await rounds.settle()
    assert threads[0] != threading.get_ident()  # two agents, eight mails
    assert threads[-1] == threading.get_ident()  # and what is left is little
    count = select(func.count()).select_from(offers)
    assert await desk.runtime.db.query(lambda conn: conn.execute(count).scalar()) == len(expected)
