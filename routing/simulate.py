"""A day of a contact centre under given rules, played through the real engine.

Randomness and the rules are arguments, so that the same day can be replayed under others.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import heappop, heappush, merge
from random import Random

from routing.changes import AgentIs, Change, ContactGone, ContactWaits, DrainsAre, Tick
from routing.drain import DrainRules, update_drains
from routing.engine import Engine
from routing.settle import Decision
from routing.state import Agent, Contact, Queue, SkillNeed


@dataclass(frozen=True, slots=True)
class Stream:
    """A Poisson stream of contacts alike, with exponential handling times and patience.

    `per_hour` arrivals on average; `patience_ms` is the mean time until people give up, None if
    they never do.
    """

    queue: int
    channel: str
    cost: int
    per_hour: float
    handling_ms: float
    patience_ms: float | None = None
    boost: int = 0
    skills: tuple[SkillNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Arrival:
    """A contact that will come, how long it will take, and when it would give up."""

    contact: Contact
    handling_ms: int
    gives_up_at: int | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a contact: answered by an agent after `waited_ms`, or given up (None)."""

    contact: Contact
    agent: int | None
    waited_ms: int


def arrivals(streams: Sequence[Stream], until_ms: int, random: Random) -> list[Arrival]:
    """Contacts of all streams from 0 to `until_ms`, in order of arrival, numbered from 1.

    Each stream draws from its own generator, so that changing one leaves the others as they were.
    """
    each = [_drawn(stream, until_ms, Random(random.getrandbits(64))) for stream in streams]
    in_order = merge(*each, key=lambda drawn: drawn[0])
    return [
        _arrival(number, stream, at, handling, patience)
        for number, (at, stream, handling, patience) in enumerate(in_order, start=1)
    ]


def simulate(
    queues: Iterable[Queue],
    agents: Iterable[Agent],
    coming: Iterable[Arrival],
    drain_rules: DrainRules | None = None,
) -> list[Outcome]:
    """Play the arrivals through the engine; every offer is accepted at once.

    The outcomes come in the order in which they were decided. Contacts that nobody could ever take
    have none. With `drain_rules` agents are kept free for big contacts.
    """
    return _Day(queues, agents, drain_rules).play(coming)


class _Day:
    def __init__(
        self, queues: Iterable[Queue], agents: Iterable[Agent], drain_rules: DrainRules | None
    ) -> None:
        self.engine = Engine(queues)
        for agent in agents:
            self.engine.apply(AgentIs(agent), 0)
        self.drain_rules = drain_rules
        self.events: list[tuple[int, int, bool]] = []  # instant, contact, do they give up
        self.waiting: dict[int, Arrival] = {}
        self.outcomes: list[Outcome] = []

    def play(self, coming: Iterable[Arrival]) -> list[Outcome]:
        for arrival in coming:
            self._until(arrival.contact.enqueued_at)
            self.waiting[arrival.contact.id] = arrival
            if arrival.gives_up_at is not None:
                heappush(self.events, (arrival.gives_up_at, arrival.contact.id, True))
            self._happen(ContactWaits(arrival.contact), arrival.contact.enqueued_at)
        self._until(None)
        return self.outcomes

    def _until(self, end: int | None) -> None:
        """All that happens before `end`, by schedule or because the engine's time has come."""
        while True:
            scheduled = self.events[0][0] if self.events else None
            own = self.engine.next_change_at()
            instants = [at for at in (scheduled, own) if at is not None]
            if not instants or (end is not None and min(instants) > end):
                return
            if end is None and not self.waiting and scheduled is None:
                return
            now = min(instants)
            if scheduled != now:
                self._happen(Tick(), now)
                continue
            _, contact_id, gives_up = heappop(self.events)
            if not gives_up:
                self._happen(ContactGone(contact_id), now)
            elif contact_id in self.waiting:
                self._give_up(contact_id, now)

    def _give_up(self, contact_id: int, now: int) -> None:
        contact = self.waiting.pop(contact_id).contact
        self.outcomes.append(Outcome(contact, None, now - contact.enqueued_at))
        self._happen(ContactGone(contact_id), now)

    def _happen(self, change: Change, now: int) -> None:
        self._answer(self.engine.apply(change, now), now)
        if self.drain_rules is not None:
            state = self.engine.state()
            drains = update_drains(state, now, self.drain_rules)
            if drains != state.drains:
                self._answer(self.engine.apply(DrainsAre(drains), now), now)

    def _answer(self, decisions: list[Decision], now: int) -> None:
        for decision in decisions:
            arrival = self.waiting.pop(decision.contact)
            waited = now - arrival.contact.enqueued_at
            self.outcomes.append(Outcome(arrival.contact, decision.agent, waited))
            heappush(self.events, (now + arrival.handling_ms, decision.contact, False))


def _drawn(
    stream: Stream, until_ms: int, random: Random
) -> Iterator[tuple[float, Stream, float, float | None]]:
    at = 0.0
    while (at := at + random.expovariate(stream.per_hour / 3_600_000)) < until_ms:
        handling = random.expovariate(1 / stream.handling_ms)
        patience = stream.patience_ms and random.expovariate(1 / stream.patience_ms)
        yield at, stream, handling, patience


def _arrival(
    number: int, stream: Stream, at: float, handling: float, patience: float | None
) -> Arrival:
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
    return Arrival(contact, round(handling), gives_up_at)
