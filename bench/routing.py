"""How many decisions a second the routing engine takes, beside one that looks at everything.

The world: agents with 3 of 20 skills in 5 of 10 queues and 4 slots each; every contact handled
makes room for another. Both engines play the same changes and must decide the same. Times are of
the CPU, less what the playing itself costs, and garbage is collected before each world.
"""

import gc
import random
from collections.abc import Callable, Iterable
from statistics import median
from time import process_time
from typing import Any

from bench.harness import Report, percentile
from bench.naive_routing import NaiveEngine
from routing.changes import ContactGone, ContactWaits
from routing.engine import Engine
from routing.settle import settle
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State

_QUEUES, _SKILLS, _SLOTS = 10, 20, 4
_ROUNDS, _PAIRS = 7, 2_000
_NAIVE_BUDGET_S = 3.0

Apply = Callable[[Any, int], Iterable[Any]]  # a change, an instant: what begins with a contact


class Centre:
    """A centre in full swing, and the changes that come next."""

    def __init__(self, agents: int, waiting: int) -> None:
        self.draw = random.Random(7)
        self.now = self.contacts = 0
        self.active: list[int] = []
        self.engine = Engine([Queue(id) for id in range(_QUEUES)])
        staff = [self._agent(id) for id in range(agents)]
        self.engine = Engine.of(State.of([], staff, [Queue(id) for id in range(_QUEUES)]), 0)
        full = agents * _SLOTS if waiting else round(agents * _SLOTS * 0.7)
        while len(self.active) < full - agents // 20 or self._waiting() < waiting:
            self.now += 1
            decisions = self.engine.apply(ContactWaits(self._contact()), self.now)
            self.active += [decision.contact for decision in decisions]

    def naive(self) -> NaiveEngine:
        """The other engine, in the same state."""
        state = self.engine.state()
        other = NaiveEngine(state)
        for contact_id, (contact, holders) in self.engine._board.held.items():
            other.held[contact_id] = contact, holders[0][0].id
        return other

    def coming(self, pairs: int) -> list[tuple[float, Contact]]:
        """For each pair of changes: who of the active ends (0 to 1), and who comes."""
        return [(self.draw.random(), self._contact()) for _ in range(pairs)]

    def play(self, apply: Apply, coming: list[tuple[float, Contact]]) -> int:
        """Each handled contact makes room for another; returns the decisions taken."""
        active, now, taken = self.active, self.now, 0
        for share, contact in coming:
            now += 1
            place = int(share * len(active))
            active[place], active[-1] = active[-1], active[place]
            for change in (ContactGone(active.pop()), ContactWaits(contact)):
                for decision in apply(change, now):
                    active.append(decision[0])
                    taken += 1
        self.now = now
        return taken

    def _waiting(self) -> int:
        return self.contacts - len(self.active)

    def _contact(self) -> Contact:
        self.contacts += 1
        queue, skill = self.draw.randrange(_QUEUES), self.draw.randrange(_SKILLS)
        needs = (SkillNeed(skill),)
        return Contact(self.contacts, queue, "chat", 1, enqueued_at=self.now, skills=needs)

    def _agent(self, id: int) -> Agent:
        return Agent(
            id,
            available=True,
            capacity=_SLOTS,
            skills=dict.fromkeys(self.draw.sample(range(_SKILLS), 3), 1),
            queues=dict.fromkeys(self.draw.sample(range(_QUEUES), 5), Membership()),
        )


def run(report: Report) -> None:
    """Measure and report; takes two to four minutes."""
    for agents, goal in ((500, 50_000), (5_000, 30_000)):
        costs = {}
        for waiting in (0, 10, 10_000):
            costs[waiting] = _flow(report, agents, waiting, goal)
        report(
            f"cost with 10,000 waiting to that with 10, {agents:,} agents",
            round(costs[10_000] * 1e6, 1),
            "us",
            beside=round(costs[10] * 1e6, 1),
            ratio=costs[10_000] / costs[10],
            goal="<= 3",
        )
        _rebuild(report, agents)
    _from_scratch(report)
    _crowd(report)


def _flow(report: Report, agents: int, waiting: int, goal: int) -> float:
    """Rates and the slowest changes in one world; returns the CPU seconds of a decision."""
    centre = Centre(agents, waiting)
    naive = _naive_rate(Centre(agents, waiting))
    _settle_garbage()
    rounds = [_decision_s(centre) for _ in range(_ROUNDS + 1)][1:]
    name, rate = f"{agents:,} agents, {waiting:,} waiting", 1 / median(rounds)
    report(
        f"engine, {name}",
        round(rate),
        "decisions/s",
        beside=round(naive, 3),
        ratio=rate / naive,
        goal=f">= {goal}",
        met=rate >= goal,
    )
    p99 = median(percentile(_each_us(centre), 0.99) for _ in range(_ROUNDS))
    report(f"one change p99, {name}", round(p99, 1), "us CPU", goal="<= 100 us")
    return median(rounds)


def _decision_s(centre: Centre) -> float:
    """CPU seconds of a decision: the played changes less the same play without an engine."""
    coming = centre.coming(_PAIRS)
    began = process_time()
    taken = centre.play(centre.engine.apply, coming)
    used = process_time() - began
    answers = iter([(id, 0)] for id in range(2 * _PAIRS))
    idle = Centre.__new__(Centre)
    idle.active, idle.now = list(range(len(centre.active))), 0
    began = process_time()
    idle.play(lambda change, now: next(answers) if type(change) is ContactGone else [], coming)
    return (used - (process_time() - began)) / taken


def _each_us(centre: Centre) -> list[float]:
    """The CPU time of every single change."""
    each = []

    def apply(change: Any, now: int) -> Any:
        began = process_time()
        decisions = centre.engine.apply(change, now)
        each.append((process_time() - began) * 1e6)
        return decisions

    centre.play(apply, centre.coming(_PAIRS))
    return each


def _naive_rate(centre: Centre) -> float:
    """Decisions a second of the engine that looks at everything; both must decide the same."""
    naive, taken, used = centre.naive(), 0, 0.0

    def apply(change: Any, now: int) -> list[tuple[int, int]]:
        nonlocal used
        began = process_time()
        pairs = naive.apply(change, now)
        used += process_time() - began
        decisions = centre.engine.apply(change, now)
        assert pairs == [(decision.contact, decision.agent) for decision in decisions]
        return pairs

    while used < _NAIVE_BUDGET_S and taken < _PAIRS:
        taken += centre.play(apply, centre.coming(1))
    return taken / used


def _rebuild(report: Report, agents: int) -> None:
    """A restart: a new engine from the state of the old one, up to its first decision."""
    state = Centre(agents, 10_000).engine.state()
    _settle_garbage()
    times = []
    for _ in range(_ROUNDS):
        began = process_time()
        Engine.of(state, 0).decide(0)
        times.append((process_time() - began) * 1e3)
    report(
        f"cold rebuild, {agents:,} agents, 10,000 waiting",
        round(median(times)),
        "ms CPU",
        goal="<= 100 ms",
    )


def _from_scratch(report: Report) -> None:
    """`settle` as tests and tools call it: one agent has come free."""
    for waiting in (10, 1_000, 10_000):
        centre = Centre(500, waiting)
        state = _with_one_free(centre.engine.state())
        times = []
        for _ in range(_ROUNDS + 1):
            began = process_time()
            decisions = settle(state, centre.now)
            times.append((process_time() - began) * 1e3)
        report(
            f"settle from scratch, 500 agents, {waiting:,} waiting",
            round(median(times[1:]), 2),
            "ms CPU",
            beside=f"{len(decisions)} decided",
        )


def _crowd(report: Report) -> None:
    """Everybody signs in at once in front of a line: matched by augmenting paths."""
    for crowd in (500, 2_000):
        centre = Centre(1, 0)
        staff = [centre._agent(id) for id in range(crowd)]
        line = [centre._contact() for _ in range(crowd)]
        state = State.of(line, staff, [Queue(id) for id in range(_QUEUES)])
        began = process_time()
        decisions = settle(state, centre.now)
        report(
            f"a crowd of {crowd:,} signs in, {crowd:,} waiting",
            round((process_time() - began) * 1e3, 1),
            "ms CPU",
            beside=f"{len(decisions)} decided",
        )


def _with_one_free(state: State) -> State:
    """The state with an agent who has just come free for the first in line."""
    contact = min(state.contacts.values(), key=lambda contact: contact.key)
    skills = {need.skill: need.level for need in contact.skills}
    free = Agent(10**9, True, 1, skills=skills, queues={contact.queue: Membership()})
    return State(state.contacts, {**state.agents, free.id: free}, state.queues)


def _settle_garbage() -> None:
    """What lives from now on is not looked through again and again, as after a server's start."""
    gc.collect()
    gc.freeze()
