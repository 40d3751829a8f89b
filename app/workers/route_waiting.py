"""The one routing writer: keeps the engine, and carries out what it decides.

The lease's fence is checked in the same write as the offers are made, so that two processes never
route at once; every offer is conditional besides (see `actions.make_offers`).
"""

import asyncio
from collections.abc import Sequence
from typing import Self

from app import clock
from app.actions.overflow import overflow_contact
from app.actions.route_pass import NAME, route_pass
from app.db import Conflict
from app.queries.overflow_rules import Leaving
from app.queries.routing_state import floor_pulse
from app.workers.floor import Floor
from app.workers.supervisor import Shift, Worker
from routing.settle import Decision

TICK_MS = 1_000  # what no event tells: another process's writes where no bus joins them
CALM_MS = 5_000  # where much happens the pulse is often odd: everything is read this seldom for it
DEBOUNCE_S = 0.004  # a burst of messages is settled once
OVERFLOW_MS = 1_000  # how often it is asked who leaves their line
OVERFLOWS = 100  # at a time: offers go on meanwhile


class Router:
    """Passes, one after the other, for as long as the lease is ours."""

    def __init__(self, shift: Shift) -> None:
        self._shift = shift
        self._db = shift.runtime.db
        self.floor = Floor(shift.runtime.db)
        self._overflow_at = 0
        self._pulse_at = 0
        self._was_odd = False

    def __enter__(self) -> Self:
        self._shift.runtime.listeners.append(self.floor.hear)
        self._shift.runtime.gaps.append(self.floor.missed)
        return self

    def __exit__(self, *exc: object) -> None:
        self._shift.runtime.listeners.remove(self.floor.hear)
        self._shift.runtime.gaps.remove(self.floor.missed)

    async def round(self) -> None:
        """Look at what has changed, decide, and make the offers."""
        now = clock.now()
        await self._feel_pulse(now)
        await self.floor.refresh(now)
        decisions = await self._decide()
        log = self.floor.take_log(at_once=bool(decisions))
        owner, fence = self._shift.leases.owner, self._shift.fence
        if decisions or log:
            claims = await self._db.write(route_pass, owner, fence, decisions, log)
            self.floor.lost(claims.lost)
        if now >= self._overflow_at:
            self._overflow_at = now + OVERFLOW_MS
            await self._let_go(self.floor.overflowing()[:OVERFLOWS])

    async def _decide(self) -> list[Decision]:
        """A pass. That of a crowd is made in a thread, lest everything else stand still for it;
        what is heard meanwhile is only noted, and belongs to the next."""
        if self.floor.is_crowded():
            return await asyncio.to_thread(self.floor.decide)
        return self.floor.decide()

    async def _let_go(self, leaving: Sequence[Leaving]) -> None:
        """Each goes on its own: one that cannot is noted, and does not keep the others."""
        owner, fence = self._shift.leases.owner, self._shift.fence
        outcomes = await asyncio.gather(
            *(self._db.write(overflow_contact, owner, fence, one) for one in leaving),
            return_exceptions=True,
        )
        for one, outcome in zip(leaving, outcomes, strict=True):
            if isinstance(outcome, Conflict) and outcome.code == "lease_lost":
                raise outcome
            if isinstance(outcome, Exception):
                await self._shift.note(outcome, f"{NAME}.overflow")
            if outcome is not True:
                self.floor.stay([one.contact])

    async def _feel_pulse(self, now: int) -> None:
        """Once a second: is the floor still what the engine takes it for?

        What is on its way makes a difference for a moment; one that stays was never heard of.
        """
        if now < self._pulse_at:
            return
        self._pulse_at = now + TICK_MS
        odd = await self._db.query(floor_pulse) != self.floor.pulse()
        if odd and (self._was_odd or not self.floor.has_heard):
            self.floor.missed()
            self._pulse_at = now + CALM_MS
        self._was_odd = odd

    def rest_s(self) -> float:
        """How long nothing will change unless something is heard."""
        if self.floor.has_heard:
            return 0.0
        return min(TICK_MS, max(0, self.floor.next_change_at() - clock.now())) / 1000


async def route_waiting(shift: Shift) -> None:
    """Make offers until stopped, or until another process has the lease."""
    with Router(shift) as router:
        shift.listen(lambda _: router.floor.has_heard)
        while not shift.stopping:
            try:
                await router.round()
            except Conflict as error:
                if error.code == "lease_lost":
                    return
                raise
            await shift.rest(router.rest_s())
            await asyncio.sleep(DEBOUNCE_S)


WORKER = Worker(NAME, route_waiting)
