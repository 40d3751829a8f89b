"""A supervisor steps in: takes back, gives, sets capacity and state, tells everybody; all of it in
the audit log, none of it for an agent."""

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select

from app.actions.agent_capacity import change_capacity, restore_capacities
from app.actions.ask_help import ask_help
from app.actions.step_in import (
    KEPT_MS,
    broadcast,
    dismiss_broadcast,
    end_broadcasts,
    set_state_of,
    withdraw_broadcast,
)
from app.db import Invalid, NotFound, Tx
from app.models.agent import agent_brands, agent_queues, agents, audit, presence
from app.models.contact import contacts
from app.models.organisation import brands
from app.queries.notices import notices
from app.queries.wallboard import wallboard
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def _one(desk: Desk, query):
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).one()


async def _do(desk: Desk, action, name: str, *args: object):
    return await desk.runtime.db.write(action, await desk.actor(name), *args)


async def _said_to(desk: Desk, name: str) -> list[str]:
    found = await desk.runtime.db.query(notices, await desk.actor(name))
    return [one.text for one in found.broadcasts]


async def test_what_is_taken_back_waits_with_its_age(
    ticking, supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.available("ana")
    came = ticking.at
    received = await desk.chat()
    await desk.accept("ana")
    ticking.forward(s=100)
    form = {"conversation_id": received.conversation_id}
    assert (await supervisor.post("/supervise/take-back", data=form)).status_code == 204
    contact = await _one(desk, select(contacts))
    assert (contact.status, contact.agent_id, contact.enqueued_at) == ("waiting", None, came)


async def test_capacity_for_now_is_as_it_was_when_its_time_is_over(desk: Desk, ticking) -> None:
    await _do(desk, change_capacity, "sam", desk.agents["ana"], 2, 1, "new colleague")
    await _do(desk, change_capacity, "sam", desk.agents["ana"], 3, 1)
    query = select(agents.c.capacity, agents.c.usual_capacity).where(
        agents.c.id == desk.agents["ana"]
    )
    assert tuple(await _one(desk, query)) == (3, 6)
    ticking.forward(s=3599)
    assert await desk.runtime.db.write(restore_capacities) == 0
    ticking.forward(s=1)
    assert await desk.runtime.db.write(restore_capacities) == 1
    assert tuple(await _one(desk, query)) == (6, None)


async def test_the_usual_capacity_again_has_no_end(desk: Desk, ticking) -> None:
    await _do(desk, change_capacity, "sam", desk.agents["ana"], 2, 1)
    await _do(desk, change_capacity, "sam", desk.agents["ana"], 6, 1)
    query = select(agents.c.capacity, agents.c.usual_capacity, agents.c.capacity_until)
    ana = query.where(agents.c.id == desk.agents["ana"])
    assert tuple(await _one(desk, ana)) == (6, None, None)
    ticking.forward(s=7200)
    assert await desk.runtime.db.write(restore_capacities) == 0


async def test_a_change_of_capacity_says_who_and_why_in_the_audit_log(desk: Desk) -> None:
    await _do(desk, change_capacity, "sam", desk.agents["ana"], 2, 4, "new colleague")
    row = await _one(desk, select(audit).where(audit.c.action == "agent.capacity"))
    assert (row.agent_id, row.subject) == (desk.agents["sam"], f"agent {desk.agents['ana']}")
    assert row.detail == {"units": 2, "usual": 6, "hours": 4, "note": "new colleague"}


async def test_a_capacity_beyond_reason_is_refused(desk: Desk) -> None:
    for units, hours in ((-1, 4), (101, 4), (3, 0), (3, 25)):
        with pytest.raises(Invalid):
            await _do(desk, change_capacity, "sam", desk.agents["ana"], units, hours)


async def test_a_supervisor_sets_an_agents_state(desk: Desk) -> None:
    await _do(desk, set_state_of, "sam", desk.agents["ana"], "away")
    query = select(presence).where(presence.c.agent_id == desk.agents["ana"])
    row = await _one(desk, query)
    assert (row.state, row.reason) == ("away", "by_supervisor")


async def test_a_call_for_help_stands_first_on_the_board_until_somebody_comes(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.available("ana", "ben")
    await _do(desk, ask_help, "ben")
    board = await desk.runtime.db.query(wallboard, None)
    assert (board.agents[0].name, board.help_wanted) == ("Ben", 1)
    assert "Wants help" in (await supervisor.get("/supervise")).text
    done = await supervisor.post(f"/supervise/agents/{desk.agents['ben']}/helped")
    assert done.status_code == 204
    assert (await desk.runtime.db.query(wallboard, None)).help_wanted == 0


async def test_an_agent_steps_into_nothing(desk: Desk) -> None:
    for action, args in (
        (change_capacity, (desk.agents["ben"], 2, 1)),
        (set_state_of, (desk.agents["ben"], "away")),
        (broadcast, ("Hello",)),
        (withdraw_broadcast, (1,)),
    ):
        with pytest.raises(NotFound):
            await _do(desk, action, "ana", *args)


async def test_a_word_to_everybody_is_heard_until_dismissed_or_over(desk: Desk, ticking) -> None:
    said = await _do(desk, broadcast, "sam", "  Lunch is\nserved ")
    assert await _said_to(desk, "ana") == await _said_to(desk, "ben") == ["Lunch is served"]
    await _do(desk, dismiss_broadcast, "ana", said)
    await _do(desk, dismiss_broadcast, "ana", said)
    assert (await _said_to(desk, "ana"), await _said_to(desk, "ben")) == ([], ["Lunch is served"])
    ticking.forward(ms=KEPT_MS)
    assert await _said_to(desk, "ben") == []
    assert await desk.runtime.db.write(end_broadcasts) == 1


async def test_a_word_that_was_taken_down_is_heard_no_more(desk: Desk) -> None:
    said = await _do(desk, broadcast, "sam", "Wrong channel")
    await _do(desk, withdraw_broadcast, "sam", said)
    assert await _said_to(desk, "ana") == []


async def test_a_word_to_a_queue_is_heard_by_its_agents(desk: Desk) -> None:
    def only_ben_in_billing(tx: Tx) -> None:
        tx.execute(
            agent_queues.delete().where(
                agent_queues.c.agent_id == desk.agents["ana"],
                agent_queues.c.queue_id == desk.queues["billing"],
            )
        )

    await desk.runtime.db.write(only_ben_in_billing)
    await _do(desk, broadcast, "sam", "Refunds are slow", desk.queues["billing"])
    assert (await _said_to(desk, "ana"), await _said_to(desk, "ben")) == ([], ["Refunds are slow"])


async def test_a_word_stays_within_the_supervisors_brands(desk: Desk) -> None:
    def divide(tx: Tx) -> None:
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=tx.now)
            .returning(brands.c.id)
        ).scalar_one()  # fmt: skip
        for name, brand in (("sam", desk.brand), ("ana", desk.brand), ("ben", other)):
            tx.execute(insert(agent_brands).values(agent_id=desk.agents[name], brand_id=brand))

    await desk.runtime.db.write(divide)
    await _do(desk, broadcast, "sam", "Only ours")
    assert (await _said_to(desk, "ana"), await _said_to(desk, "ben")) == (["Only ours"], [])


async def test_nothing_and_far_too_much_is_not_said(desk: Desk) -> None:
    for text in (" \n", "x" * 501):
        with pytest.raises(Invalid):
            await _do(desk, broadcast, "sam", text)


async def test_the_sheet_offers_what_can_be_done_about_an_agent(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    await desk.available("ana")
    await desk.chat()
    await desk.accept("ana")
    sheet = (await supervisor.get(f"/supervise/agents/{desk.agents['ana']}")).text
    for words in ("Monitor", "Take back", "Set capacity", "Not ready"):
        assert words in sheet
    assert (await supervisor.get("/supervise/agents/4711")).status_code == 404
