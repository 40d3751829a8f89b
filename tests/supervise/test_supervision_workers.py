"""The workers of supervision at work: an alert is raised and told to the outside, and what a
supervisor began for some hours is over by itself."""

import asyncio

import pytest
from sqlalchemy import select, update

from app.actions.agent_capacity import change_capacity
from app.actions.alert_rule import RuleForm, save_rule
from app.db import Tx
from app.models.agent import agents
from app.models.supervision import alert_calls
from app.queries.alerts import open_alerts
from app.workers import alerts, watches, webhooks
from app.workers.supervisor import Supervisor
from tests.desk import Desk

LONG_S = 20.0  # no test waits so long unless something is wrong


async def test_a_running_worker_raises_an_alert_and_another_calls_its_webhook(desk: Desk) -> None:
    rule = RuleForm(
        "Somebody waits", "waiting", None, "above", 0, 0, 600, True, False, "http://127.0.0.1:1/x"
    )
    sam = await desk.actor("sam")
    await desk.runtime.db.write(save_rule, sam, rule)
    await desk.mail()
    async with Supervisor(desk.runtime, [alerts.WORKER, webhooks.WORKER]), asyncio.timeout(LONG_S):
        while not await desk.runtime.db.query(open_alerts, sam):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        while not (row := await _call(desk)).error:  # noqa: ASYNC110
            await asyncio.sleep(0.05)
    assert (row.state, row.attempts) == ("queued", 1)


async def test_a_running_worker_gives_an_agent_their_usual_capacity_back(desk: Desk) -> None:
    ana = desk.agents["ana"]
    await desk.runtime.db.write(change_capacity, await desk.actor("sam"), ana, 1, 1)

    def hours_later(tx: Tx) -> None:
        tx.execute(update(agents).where(agents.c.id == ana).values(capacity_until=tx.now - 1))

    await desk.runtime.db.write(hours_later)
    async with Supervisor(desk.runtime, [watches.WORKER]), asyncio.timeout(LONG_S):
        while await _capacity(desk, ana) != 6:  # noqa: ASYNC110
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("worker", [alerts.WORKER, watches.WORKER, webhooks.WORKER])
async def test_one_process_at_a_time_does_this_work(worker) -> None:
    assert worker.singleton


async def _call(desk: Desk):
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(alert_calls))).one()


async def _capacity(desk: Desk, agent_id: int) -> int:
    async with desk.runtime.db.read() as conn:
        query = select(agents.c.capacity).where(agents.c.id == agent_id)
        return int((await conn.execute(query)).scalar_one())
