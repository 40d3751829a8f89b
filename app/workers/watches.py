"""What a supervisor began and time ends: watches whose page is gone, capacity for some hours,
words to everybody."""

from sqlalchemy import Connection, or_, select

from app import clock
from app.actions.agent_capacity import restore_capacities
from app.actions.step_in import end_broadcasts
from app.actions.watch import expire_watches
from app.models.agent import agents
from app.models.supervision import broadcasts, watches
from app.workers.supervisor import Shift, Worker

EVERY_S = 3.0


async def end_what_is_over(shift: Shift) -> None:
    """The worker's loop."""
    db = shift.runtime.db
    while not shift.stopping:
        if await db.query(_anything, clock.now()):
            await db.write(expire_watches)
            await db.write(restore_capacities)
            await db.write(end_broadcasts)
        await shift.rest(EVERY_S)


def _anything(conn: Connection, now: int) -> bool:
    """Whether there is anything to look after at all: nothing is written for nothing."""
    listening = select(watches.c.id).where(watches.c.ended_at.is_(None)).exists()
    changed = select(agents.c.id).where(agents.c.capacity_until <= now).exists()
    said = select(broadcasts.c.id).where(broadcasts.c.until_at <= now).exists()
    return bool(conn.execute(select(or_(listening, changed, said))).scalar())


WORKER = Worker("watches", end_what_is_over)
