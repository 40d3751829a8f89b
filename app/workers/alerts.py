"""Measures the wallboard every few seconds and raises alerts where a rule asks for it."""

from app import clock
from app.actions.alert import take_measures
from app.queries.alerts import alert_readings
from app.runtime import Runtime
from app.workers.supervisor import Shift, Worker
from routing.alerts import step

EVERY_S = 3.0


async def watch_figures(shift: Shift) -> None:
    """The worker's loop."""
    while not shift.stopping:
        await measure_once(shift.runtime)
        await shift.rest(EVERY_S)


async def measure_once(runtime: Runtime) -> None:
    """One look at every rule; something is written only where something happened."""
    readings = await runtime.db.query(alert_readings, runtime.board)
    now = clock.now()
    happened = [
        reading
        for reading in readings
        if step(reading.rule, reading.standing, reading.value, now)[0] != reading.standing
    ]
    if happened:
        await runtime.db.write(take_measures, {one.rule_id: one.value for one in happened})


WORKER = Worker("alerts", watch_figures)
