"""The worker keeps the rows up to date while people work, and makes up for what it has missed."""

import pytest
from sqlalchemy import func, select

from app.actions.send_message import Reply, send_message
from app.models.history import queue_intervals
from app.workers.rollup import WORKER, roll_up
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.workers import Start, until

pytestmark = pytest.mark.engine


async def _figures(desk: Desk) -> tuple[int, int]:
    async with desk.runtime.db.read() as conn:
        sums = (func.sum(queue_intervals.c[name]) for name in ("offered", "answered"))
        row = (await conn.execute(select(*sums))).one()
        return row[0] or 0, row[1] or 0


async def test_a_letter_answered_days_later_is_counted_when_the_worker_comes_back(
    desk: Desk, ticking: Ticking
) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    await roll_up(desk.runtime.db)
    assert await _figures(desk) == (1, 0)
    ticking.forward(s=3 * 86_400)
    reply = Reply("Here you are", "key-0001")
    ana = await desk.actor("ana")
    await desk.runtime.db.write(send_message, ana, received.conversation_id, reply)
    ticking.forward(s=9 * 86_400)
    await roll_up(desk.runtime.db)
    assert await _figures(desk) == (1, 1)


async def test_a_round_without_news_writes_nothing(desk: Desk, ticking: Ticking) -> None:
    await desk.chat()
    await roll_up(desk.runtime.db)
    ticking.forward(s=3600)
    assert await roll_up(desk.runtime.db, deep=True) == 0


async def test_nothing_at_all_is_no_trouble(desk: Desk) -> None:
    assert await roll_up(desk.runtime.db) == 0


async def test_the_worker_counts_what_comes(desk: Desk, work: Start) -> None:
    await desk.chat()
    await work(WORKER)

    async def counted() -> bool:
        return await _figures(desk) == (1, 0)

    await until(counted)
