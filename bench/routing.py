"""How many decisions a second the routing engine takes, and what from-scratch settling costs."""

import random
from statistics import median
from time import perf_counter, process_time

from bench.harness import Report, percentile
from routing.changes import AgentIs, ContactGone, ContactWaits
from routing.engine import Engine
from routing.settle import settle
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State

_QUEUES, _SKILLS, _SLOTS = 10, 20, 4
_ROUNDS = 5
_CHANGES = 4_000


class _Centre:
    """Agents with 3 of 20 skills in 5 of 10 queues; each contact handled makes room for another."""

    def __init__(self, agents: int, waiting: int) -> None:
        self.draw = random.Random(7)
        self.now = 0
        self.contacts = 0
        self.engine = Engine([Queue(id) for id in range(_QUEUES)])
        self.active: list[int] = []
        for id in range(agents):
            self.engine.apply(AgentIs(self._agent(id)), 0)
        full = agents * _SLOTS if waiting else round(agents * _SLOTS * 0.7)
        while len(self.active) < full - agents // 20 or self._waiting() < waiting:
            self._come()

    def play(self) -> tuple[int, float, list[float]]:
        """Decisions taken, CPU seconds for them, and the µs of each change on the clock."""
        taken, used, each = 0, 0.0, []
        for _ in range(_CHANGES // 2):
            self.now += 1
            place = self.draw.randrange(len(self.active))
            self.active[place], self.active[-1] = self.active[-1], self.active[place]
            for change in (ContactGone(self.active.pop()), ContactWaits(self._contact())):
                began, cpu = perf_counter(), process_time()
                decisions = self.engine.apply(change, self.now)
                used += process_time() - cpu
                each.append((perf_counter() - began) * 1e6)
                taken += len(decisions)
                self.active += [decision.contact for decision in decisions]
        return taken, used, each

    def _come(self) -> None:
        self.now += 1
        decisions = self.engine.apply(ContactWaits(self._contact()), self.now)
        self.active += [decision.contact for decision in decisions]

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
    """Measure and report; takes about a minute."""
    for agents, goal in ((500, 50_000), (5_000, 30_000)):
        costs = {}
        for waiting in (0, 10, 10_000):
            centre = _Centre(agents, waiting)
            rounds = [centre.play() for _ in range(_ROUNDS + 1)][1:]
            rates = [taken / used for taken, used, _ in rounds]
            name = f"{agents:,} agents, {waiting:,} waiting"
            beside = f"{min(rates):,.0f}-{max(rates):,.0f}"
            costs[waiting] = 1 / median(rates)
            report(
                f"engine, {name}", round(median(rates)), "decisions/s", beside, goal=f">= {goal}"
            )
            p99 = median(percentile(each, 0.99) for _, _, each in rounds)
            report(f"one change p99, {name}", round(p99, 1), "us", goal="<= 100 us")
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


def _rebuild(report: Report, agents: int) -> None:
    """A restart: a new engine from the state of the old one."""
    state = _Centre(agents, 10_000).engine.state()
    times = []
    for _ in range(_ROUNDS):
        engine, began = Engine(state.queues.values()), process_time()
        for agent in state.agents.values():
            engine.note(AgentIs(agent), 0)
        for contact in state.contacts.values():
            engine.note(ContactWaits(contact), 0)
        engine.decide(0)
        times.append((process_time() - began) * 1e3)
    report(
        f"cold rebuild, {agents:,} agents, 10,000 waiting",
        round(median(times)),
        "ms CPU",
        goal="<= 100 ms",
    )


def _from_scratch(report: Report) -> None:
    """`settle` as the product calls it: one agent has come free."""
    for waiting in (10, 1_000, 10_000):
        centre = _Centre(500, waiting)
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


def _with_one_free(state: State) -> State:
    """The state with the first waiting contact already gone, and an agent for the next."""
    agents = dict(state.agents)
    free = 10**9
    contact = min(state.contacts.values(), key=lambda contact: contact.key)
    skills = {need.skill: need.level for need in contact.skills}
    agents[free] = Agent(free, True, 1, skills=skills, queues={contact.queue: Membership()})
    return State(state.contacts, agents, state.queues)
