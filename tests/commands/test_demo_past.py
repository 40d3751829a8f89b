"""The demo's past hangs together: its rows say of the last days what its conversations say."""

from collections.abc import Iterable
from datetime import date, timedelta

import pytest
from sqlalchemy import Connection, func, select

from app import clock
from app.actions.customer import find_or_create_customer
from app.db import Tx
from app.demo.company import QUEUES, fill
from app.demo.pages import signed
from app.demo.past import MEMBERS, make_past
from app.demo.regulars import regulars
from app.demo.weeks import ZONE, Episode, play
from app.models.agent import agents
from app.models.contact import contacts
from app.models.customer import customers
from app.models.history import agent_intervals, queue_intervals
from app.queries.due_list import due_list
from app.queries.first_card import first_card
from app.runtime import Runtime
from app.security.permissions import Actor, load_actor
from app.web.widget.identify import verify
from app.workers.rollup import roll_up
from routing.intervals import quarter_of
from routing.periods import days

DAY_MS = 86_400_000


async def test_the_rows_of_the_demo_are_those_of_its_contacts_and_go_back_for_weeks(
    runtime: Runtime,
) -> None:
    await fill(runtime.db)
    await make_past(runtime.db)
    offered = func.sum(queue_intervals.c.offered)
    async with runtime.db.read() as conn:
        count, first, last = (
            await conn.execute(
                select(
                    func.count(), func.min(contacts.c.enqueued_at), func.max(contacts.c.enqueued_at)
                )
            )
        ).one()
        lately = queue_intervals.c.starts_at >= quarter_of(first)
        assert (await conn.execute(select(offered).where(lately))).scalar_one() == count
        for table in (queue_intervals, agent_intervals):
            oldest = (await conn.execute(select(func.min(table.c.starts_at)))).scalar_one()
            assert last - oldest > 50 * 86_400_000
        whole = (await conn.execute(select(offered))).scalar_one()
    await roll_up(runtime.db, deep=True)
    async with runtime.db.read() as conn:
        assert (await conn.execute(select(offered))).scalar_one() == whole


@pytest.mark.parametrize("weekday", range(7))
def test_the_shop_of_the_demo_is_decently_run_whatever_day_it_is(weekday: int) -> None:
    today = date(2026, 11, 16) + timedelta(days=weekday)
    began = days(today, 1, ZONE)[0]
    played = play(today, 57, MEMBERS, seed=7).episodes
    whole, lately = _figures(played), _figures(one for one in played if one.came >= began - DAY_MS)
    assert 0.8 <= whole[0] <= 0.95
    assert 0.03 <= whole[1] <= 0.06
    assert lately[0] >= 0.75
    assert lately[1] <= 0.08


def test_nobody_chats_with_the_demo_while_nobody_is_there() -> None:
    played = play(date(2026, 11, 22), 14, MEMBERS, seed=7)
    shifts = [span for _, state, _, span in played.presence if state == "available"]
    for one in played.episodes:
        if one.channel == "chat":
            # A lunch is no end of the day: some shift lies within the hour.
            assert any(
                began <= one.came + 3_600_000 and one.came - 3_600_000 < ended
                for began, ended in shifts
            )


def _figures(episodes: Iterable[Episode]) -> tuple[float, float]:
    """Service level and abandonment."""
    answered = in_target = abandoned = 0
    for one in episodes:
        at = one.taken if one.channel == "chat" else one.replied
        if one.outcome == "abandoned":
            abandoned += one.ended - one.came >= 5_000
        elif at is not None:
            target_s = QUEUES[one.queue][1] if one.channel == "chat" else 14_400
            answered += 1
            in_target += at - one.came <= target_s * 1000
    return in_target / (answered + abandoned), abandoned / (answered + abandoned)


async def test_whoever_signs_in_to_the_shop_is_a_regular_whose_card_is_full(
    runtime: Runtime,
) -> None:
    made = await fill(runtime.db)
    await make_past(runtime.db)
    person, now = regulars()[0], clock.now()
    token = signed(person, made.chat_key, made.identity_secret, now)
    claims = verify(token, [made.identity_secret], made.chat_key, now)
    assert claims is not None
    assert (claims.user, claims.email) == (person["user"], person["email"])

    def known(tx: Tx) -> tuple[int, int]:
        customer = find_or_create_customer(tx, claims.identities("lantern"))
        return customer, tx.execute(select(func.count()).select_from(customers)).scalar_one()

    before = await runtime.db.query(
        lambda conn: conn.execute(select(func.count()).select_from(customers)).scalar_one()
    )
    customer, after = await runtime.db.write(known)
    assert before == after  # nobody new
    card = await runtime.db.query(
        lambda conn: first_card(conn, _agent(conn, "ben"), customer, clock.now())
    )
    shown = [fact.kind for fact in card.facts.first]
    assert shown[0] == "promise_overdue"
    assert {"problem", "preference", "no_contact"} <= set(shown)
    page = await runtime.db.query(
        lambda conn: due_list(conn, _agent(conn, "ana"), until=clock.now())
    )
    assert [item.text for item in page if item.kind == "promise"] == [person["promise"]]


def _agent(conn: Connection, name: str) -> Actor:
    address = agents.c.email == f"{name}@lantern.example"
    found = load_actor(conn, conn.execute(select(agents.c.id).where(address)).scalar_one())
    assert found is not None
    return found
