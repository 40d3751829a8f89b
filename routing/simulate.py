"""Days drawn at random and played through the real engine: what queueing theory is tested against.

Randomness and the rules are arguments, so that the same day can be played under others.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from heapq import merge
from random import Random

from routing.boost import Priority
from routing.changes import ContactWaits
from routing.closed_loop import FREE, ClosedLoop, Event
from routing.day import Coming, Day, DayAgent, DayQueue, Span
from routing.figures import Outcome
from routing.replay import outcomes_of
from routing.state import Agent, Contact, Queue, SkillNeed
from routing.visit import Visit

FOR_EVER = 1 << 60


@dataclass(frozen=True, slots=True)
class Stream:
    """A Poisson stream of contacts alike, with exponential handling times and patience.

    `per_hour` arrivals on average; `patience_ms` is the mean time until people give up, None if
    they never do. `priority` only names the stream in the outcomes; the head start is `boost`.
    """

    queue: int
    channel: str
    cost: int
    per_hour: float
    handling_ms: float
    patience_ms: float | None = None
    boost: int = 0
    skills: tuple[SkillNeed, ...] = ()
    priority: Priority = "normal"


def arrivals(streams: Sequence[Stream], until_ms: int, random: Random) -> list[Coming]:
    """Contacts of all streams from 0 to `until_ms`, in order of arrival, numbered from 1.

    Each stream draws from its own generator, so that changing one leaves the others as they were.
    """
    each = [_drawn(stream, until_ms, Random(random.getrandbits(64))) for stream in streams]
    in_order = merge(*each, key=lambda drawn: drawn[0])
    return [
        _coming(number, stream, at, handling, patience)
        for number, (at, stream, handling, patience) in enumerate(in_order, start=1)
    ]


def simulate(
    queues: Iterable[Queue],
    agents: Iterable[Agent],
    coming: Iterable[Coming],
    rekey: Callable[[Coming, int], int] | None = None,
    speed: Callable[[Coming, int], float] | None = None,
    pace: Callable[[int], float] | None = None,
) -> list[Outcome]:
    """Play the contacts through the engine until all that can happen has, agents always there.

    The outcomes come by contact id; those whom nobody could ever take are `waiting`. With `rekey`
    every waiting contact gets the boost it says (for what came, now) whenever an agent comes free.
    `speed` is that of an agent at a contact, `pace` what an agent with k contacts gets done of all
    of them together in the time that one alone would take; both are 1 otherwise, and k.
    """
    day = always_there(queues, agents, coming)
    loop: ClosedLoop
    if rekey is not None:
        loop = _Rekeying(day, rekey)
    elif pace is not None:
        loop = _Sharing(day, pace)
    else:
        loop = ClosedLoop(day) if speed is None else _Unequal(day, speed)
    loop.play()
    return list(outcomes_of(loop))


def always_there(queues: Iterable[Queue], agents: Iterable[Agent], coming: Iterable[Coming]) -> Day:
    """A day without end on which every agent is present all the time."""
    return Day(
        0,
        FOR_EVER,
        tuple(DayQueue(queue) for queue in queues),
        tuple(DayAgent(agent, (Span(0, FOR_EVER),)) for agent in agents),
        tuple(coming),
    )


class _Rekeying(ClosedLoop):
    """Places in line that change with time, as a boost that is changed again and again."""

    def __init__(self, day: Day, rekey: Callable[[Coming, int], int]) -> None:
        super().__init__(day)
        self._rekey = rekey

    def free(self, event: Event) -> None:
        """Before the agent comes free, all who wait are put in the order of this instant."""
        now = event[0]
        for contact_id in self.line:
            visit = self.visits[contact_id]
            contact = visit.contact
            visit.contact = replace(
                contact, boost=self._rekey(visit.coming, now), version=contact.version + 1
            )
            self.engine.note(ContactWaits(visit.contact), now)
        super().free(event)


class _Unequal(ClosedLoop):
    """Agents who work at speeds of their own."""

    def __init__(self, day: Day, speed: Callable[[Coming, int], float]) -> None:
        super().__init__(day)
        self._speed = speed

    def work(self, visit: Visit, agent: int, now: int) -> None:
        """The same work takes longer or shorter."""
        took = round(self.work_ms(visit) / self._speed(visit.coming, agent))
        self.plan(now + took, FREE, visit.contact.id, visit.turn, agent)


class _Sharing(ClosedLoop):
    """Agents who get slower at each contact, the more they have (limited processor sharing)."""

    def __init__(self, day: Day, pace: Callable[[int], float]) -> None:
        super().__init__(day)
        self._pace = pace
        self._left: dict[int, dict[int, float]] = {agent: {} for agent in self.desks}
        self._since = dict.fromkeys(self.desks, 0)
        self._plans = dict.fromkeys(self.desks, 0)

    def work(self, visit: Visit, agent: int, now: int) -> None:
        """One more to share with."""
        self._get_on(agent, now)
        self._left[agent][visit.contact.id] = self.work_ms(visit)
        self._plan_next(agent, now)

    def free(self, event: Event) -> None:
        """One less, unless the plan has changed since."""
        now, _, contact_id, plan, agent = event
        if plan == self._plans[agent]:
            self._get_on(agent, now)
            del self._left[agent][contact_id]
            self._plan_next(agent, now)
            super().free(event)

    def _get_on(self, agent: int, now: int) -> None:
        left = self._left[agent]
        for contact_id in left:
            left[contact_id] -= (now - self._since[agent]) * self._pace(len(left)) / len(left)
        self._since[agent] = now

    def _plan_next(self, agent: int, now: int) -> None:
        self._plans[agent] += 1
        left = self._left[agent]
        if left:
            first = min(left, key=lambda contact_id: (left[contact_id], contact_id))
            takes = max(0, round(left[first] * len(left) / self._pace(len(left))))
            self.plan(now + takes, FREE, first, self._plans[agent], agent)


def _drawn(
    stream: Stream, until_ms: int, random: Random
) -> Iterator[tuple[float, Stream, float, float | None]]:
    at = 0.0
    while (at := at + random.expovariate(stream.per_hour / 3_600_000)) < until_ms:
        handling = random.expovariate(1 / stream.handling_ms)
        patience = stream.patience_ms and random.expovariate(1 / stream.patience_ms)
        yield at, stream, handling, patience


def _coming(
    number: int, stream: Stream, at: float, handling: float, patience: float | None
) -> Coming:
    contact = Contact(
        number,
        stream.queue,
        stream.channel,
        stream.cost,
        enqueued_at=round(at),
        boost=stream.boost,
        skills=stream.skills,
    )
    gives_up_at = None if patience is None else round(at + patience)
    return Coming(contact, round(handling), gives_up_at=gives_up_at, priority=stream.priority)
