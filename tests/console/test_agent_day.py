"""An agent's own day: what is counted, from when, and for whom."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.actions.end_overdue import end_overdue_wrap_ups
from app.actions.offer import decline_offer, expire_offers
from app.actions.set_presence import set_presence
from app.actions.set_status import resolve
from app.actions.wrap_up import finish_wrap_up
from app.models.agent import agents
from app.models.contact import contacts
from app.models.history import agent_intervals
from app.models.organisation import dispositions, pause_reasons, queues
from app.queries.agent_day import AgentDay, agent_day
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking

MINUTE = 60_000
NOON = 1_800_014_400_000  # 12:00 UTC


async def day_of(desk: Desk, ticking: Ticking, name: str = "ana") -> AgentDay:
    """The day as it is now."""
    return await desk.runtime.db.query(agent_day, await desk.actor(name), ticking.at)


async def test_a_day_is_counted_by_the_formulas(desk: Desk, ticking: Ticking) -> None:
    ticking.at = NOON
    write = desk.runtime.db.write
    await write(lambda tx: tx.execute(insert(pause_reasons).values(name="Lunch", created_at=1)))
    await desk.available("ana")
    ticking.forward(s=600)  # ten minutes idle
    chat = await desk.chat()
    await desk.accept("ana")
    ticking.forward(s=300)  # five with the chat
    ana = await desk.actor("ana")
    await write(resolve, ana, chat.conversation_id)
    ticking.forward(s=20)
    contact_id = await desk.runtime.db.query(lambda c: c.scalars(select(contacts.c.id)).one())
    await write(finish_wrap_up, ana, contact_id)
    ticking.forward(s=280)
    await write(set_presence, ana.agent_id, "away", "", 1)
    ticking.forward(s=1_800)
    day = await day_of(desk, ticking)
    today = day.today
    assert (today.handled, today.handling_ms, today.wrap_up_ms) == (1, 300_000, 20_000)
    assert today.aht_ms == 320_000
    assert (today.available_ms, today.away_ms) == (20 * MINUTE, 30 * MINUTE)
    assert today.occupancy == pytest.approx(320 / 1200)
    assert [(s.state, s.pause, s.ms, s.going_on) for s in day.stretches] == [
        ("available", "", 20 * MINUTE, False),
        ("away", "Lunch", 30 * MINUTE, True),
    ]
    assert [(c.channel, c.handled, c.wrap_up_ms) for c in day.channels] == [("chat", 1, 20_000)]
    assert day.signed_in_at == NOON


async def test_offers_are_counted_by_their_answers(desk: Desk, ticking: Ticking) -> None:
    ticking.at = NOON
    await desk.available("ana")
    await desk.mail("One", email="one@example.com")
    await desk.accept("ana")
    ticking.forward(s=60)
    await desk.mail("Two", email="two@example.com")
    await desk.route()
    offer = await desk.pending_offer("ana")
    assert offer is not None
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer)
    await desk.chat()
    await desk.route()
    ticking.forward(s=61)
    await desk.runtime.db.write(expire_offers)
    today = (await day_of(desk, ticking)).today
    assert (today.accepted, today.declined, today.missed) == (1, 1, 1)
    assert today.acceptance == pytest.approx(1 / 3)


async def test_yesterday_is_not_today_where_the_agent_is(desk: Desk, ticking: Ticking) -> None:
    ticking.at = NOON
    zone = update(agents).values(time_zone="Asia/Hong_Kong")
    await desk.runtime.db.write(lambda tx: tx.execute(zone))
    await desk.available("ana")
    ticking.forward(s=5 * 3600)  # midnight in Hong Kong is 16:00 UTC
    day = await day_of(desk, ticking)
    assert day.began_at == NOON + 4 * 3_600_000
    assert day.today.available_ms == 3_600_000
    assert day.signed_in_at == day.began_at


async def test_an_empty_day_shows_no_figures(desk: Desk, ticking: Ticking) -> None:
    day = await day_of(desk, ticking)
    assert (day.today.aht_ms, day.today.occupancy, day.today.acceptance) == (None, None, None)
    assert (day.stretches, day.channels, day.before.days) == ((), (), 0)


async def test_the_week_before_comes_from_the_rows_of_quarters(
    desk: Desk, ticking: Ticking
) -> None:
    ticking.at = NOON
    figures = {
        "available_ms": 600_000, "away_ms": 0, "not_ready_ms": 0, "busy_ms": 300_000,
        "unit_ms": 0, "offered": 3, "accepted": 2, "declined": 1, "timed_out": 0, "handled": 2,
        "handling_ms": 200_000, "wrap_up_ms": 40_000,
    }  # fmt: skip

    def fill(tx: Any) -> None:
        for days, name in ((1, "ana"), (2, "ana"), (9, "ana"), (0, "ana"), (1, "ben")):
            at = NOON - days * 86_400_000
            row = {"agent_id": desk.agents[name], "starts_at": at, **figures}
            tx.execute(insert(agent_intervals).values(**row))

    await desk.runtime.db.write(fill)
    before = (await day_of(desk, ticking)).before
    assert (before.days, before.handled, before.aht_ms) == (2, 4, 120_000)
    assert before.occupancy == 0.5


async def test_contacts_without_the_outcome_their_queue_wants_are_named(
    desk: Desk, ticking: Ticking
) -> None:
    def demand(tx: Any) -> None:
        tx.execute(insert(dispositions).values(name="Solved", created_at=1))
        tx.execute(update(queues).values(disposition_required=True, wrap_up_s=1))

    await desk.runtime.db.write(demand)
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    await desk.runtime.db.write(resolve, await desk.actor("ana"), chat.conversation_id)
    ticking.forward(s=2)
    await desk.runtime.db.write(end_overdue_wrap_ups)
    assert (await day_of(desk, ticking)).without_outcome == (chat.conversation_id,)


async def test_the_page_shows_ones_own_day_only(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana", "ben")
    await desk.mail()
    await desk.accept("ana")
    ana, ben = await browser_of("ana"), await browser_of("ben")
    page = (await ana.get("/day")).text
    assert "Your day" in page
    assert '1<span class="quiet"> / 1</span>' in page
    assert '0<span class="quiet"> / 0</span>' in (await ben.get("/day?agent=1")).text
