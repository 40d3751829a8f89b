"""The one routing writer: settles the floor when something has changed, and once a second.

The lease's fence is checked in the same write as the offers are made, so that two processes never
route at once; every offer is conditional besides (see `actions.offer`).
"""

import asyncio

from app import clock
from app.actions.lease import hold_lease
from app.actions.offer import route
from app.db import Tx
from app.events import (
    AccessChanged,
    ContactChanged,
    Event,
    OfferChanged,
    PresenceChanged,
    SetupChanged,
)
from app.queries.due import line
from app.workers.supervisor import Shift, Worker

NAME = "routing"
TICK_S = 1.0  # what no event tells: helpers who may help from now on, another process's writes
DEBOUNCE_S = 0.01  # a burst of messages is settled once


async def route_waiting(shift: Shift) -> None:
    """Make offers until stopped."""
    shift.listen(changes_the_floor)
    db = shift.runtime.db
    while not shift.stopping:
        rest_s = TICK_S
        state = await db.query(line, clock.now())
        if state.somebody_waits:
            await db.write(route_as, shift.leases.owner, shift.fence)
        if state.next_hold_ends_at is not None:
            rest_s = min(rest_s, max(0.0, (state.next_hold_ends_at - clock.now()) / 1000))
        await shift.rest(rest_s)
        await asyncio.sleep(DEBOUNCE_S)


def route_as(tx: Tx, owner: str, fence: int) -> int:
    """Route, if the lease is still ours in this very write; returns how many offers were made."""
    hold_lease(tx, NAME, owner, fence)
    return route(tx)


def changes_the_floor(fact: Event) -> bool:
    """Whether a fact can make an offer possible; what routing itself causes does not."""
    match fact:
        case ContactChanged():
            return fact.status != "offered"
        case OfferChanged():
            return fact.status not in ("pending", "accepted")
        case PresenceChanged():
            return fact.state == "available"
        case SetupChanged() | AccessChanged():
            return True
        case _:
            return False


WORKER = Worker(NAME, route_waiting)
