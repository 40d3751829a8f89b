"""Play a day again, as it was or under other rules: the "what if" of a supervisor.

Nothing is drawn anew. Played with nothing changed, a day that was made by the same loop gives the
same decisions, one for one.
"""

from collections.abc import Callable, Iterable
from dataclasses import replace

from routing import metrics
from routing.adjust import adjust
from routing.adjustments import Adjustment
from routing.closed_loop import ClosedLoop
from routing.day import Day
from routing.figures import AgentDay, Outcome, Result
from routing.summary import Stretch, summarise
from routing.unseen import complete


def replay(
    day: Day,
    *,
    adjustments: Iterable[Adjustment] = (),
    progress: Callable[[float], None] | None = None,
) -> Result:
    """Play the day through the real engine, in closed loop, with the adjustments made.

    Each offer is answered after the contact's own delay, or turned down as its agent did; each
    contact is handled for its own time and gives up at its own patience. `progress` is called about
    a hundred times with the share done; it may raise to stop. Raises ValueError for an adjustment
    that cannot be meant.
    """
    known = replace(day, coming=complete(day.coming))
    changed = adjust(known, adjustments)
    loop = ClosedLoop(changed)
    loop.play(progress)
    outcomes = tuple(outcomes_of(loop))
    worked = loop.sheet.worked
    return Result(
        tuple(loop.decisions), outcomes, summarise(outcomes, _agent_days(loop, worked), worked)
    )


def outcomes_of(loop: ClosedLoop) -> Iterable[Outcome]:
    """What became of each contact that came that day; those in hand before are not counted."""
    for contact_id in sorted(loop.visits):
        visit = loop.visits[contact_id]
        coming = visit.coming
        if coming.held_by is None and coming.contact.enqueued_at < loop.day.end:
            yield Outcome(
                contact=contact_id,
                queue=coming.contact.queue,
                channel=coming.contact.channel,
                priority=coming.priority,
                enqueued_at=coming.contact.enqueued_at,
                way=visit.way,
                waited_ms=visit.waited_ms,
                target_ms=coming.target_ms,
                agent=visit.first_agent,
                offers=visit.offers,
            )


def _agent_days(loop: ClosedLoop, worked: Iterable[Stretch]) -> list[AgentDay]:
    signed_in = dict.fromkeys(loop.desks, 0)
    busy = dict.fromkeys(loop.desks, 0)
    units = dict.fromkeys(loop.desks, 0)
    for stretch in worked:
        ms = stretch.end - stretch.start
        signed_in[stretch.agent] += ms
        busy[stretch.agent] += ms * stretch.busy
        units[stretch.agent] += ms * stretch.units
    return [
        AgentDay(
            agent=id,
            signed_in_ms=signed_in[id],
            busy_ms=busy[id],
            unit_ms=units[id],
            capacity=desk.worker.agent.capacity,
            handled=desk.handled,
            offered=desk.offered,
            declined=desk.declined,
            timed_out=desk.timed_out,
            occupancy=metrics.occupancy(busy[id], signed_in[id]),
            capacity_used=metrics.capacity_used(
                units[id], signed_in[id] * desk.worker.agent.capacity
            ),
        )
        for id, desk in loop.desks.items()
    ]
