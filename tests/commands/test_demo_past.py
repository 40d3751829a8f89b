"""The demo's past hangs together: its rows say of the last days what its conversations say."""

from sqlalchemy import func, select

from app.demo.company import fill
from app.demo.past import make_past
from app.models.contact import contacts
from app.models.history import agent_intervals, queue_intervals
from app.runtime import Runtime
from app.workers.rollup import roll_up
from routing.intervals import quarter_of


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
