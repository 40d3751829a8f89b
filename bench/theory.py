"""Long runs of the simulator against queueing theory: each figure beside what is exact."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from math import sqrt
from random import Random
from statistics import mean, stdev

from bench.harness import Report
from routing import erlang
from routing.boost import Priority
from routing.figures import Outcome
from routing.simulate import Stream, arrivals, simulate
from routing.state import Agent, Membership, Queue, SkillNeed

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
SEEDS = range(1, 9)
SLOPES: tuple[tuple[Priority, int, int], ...] = (  # arrivals an hour, head start in s
    ("urgent", 72, 100), ("high", 108, 50), ("low", 144, 0),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Aim:
    """A figure of theory: how it is measured, what is exact, and how near is near enough."""

    name: str
    exact: float
    tolerance: float
    measure: Callable[[list[Outcome]], float]
    unit: str = ""


@dataclass(frozen=True, slots=True)
class _World:
    """What is played, and the figures it must come to."""

    streams: tuple[Stream, ...]
    hours: int
    agents: list[Agent]
    aims: tuple[_Aim, ...]
    pace: Callable[[int], float] | None = None


def staff(count: int, capacity: int = 1) -> list[Agent]:
    """Agents of one queue, alike."""
    return [Agent(id, True, capacity, queues={1: Membership()}) for id in range(count)]


def _in_20_s(outcomes: list[Outcome]) -> float:
    answered = sum(o.way == "answered" and o.waited_ms <= 20 * SECOND for o in outcomes)
    return answered / len(outcomes)


def _abandoned(outcomes: list[Outcome]) -> float:
    return sum(outcome.way == "abandoned" for outcome in outcomes) / len(outcomes)


def _waited(outcomes: list[Outcome]) -> float:
    return sum(outcome.waited_ms > 0 for outcome in outcomes) / len(outcomes)


def _wait_min(outcomes: Iterable[Outcome]) -> float:
    return mean(outcome.waited_ms for outcome in outcomes) / MINUTE


def _wait_of(tier: Priority) -> Callable[[list[Outcome]], float]:
    """The mean wait of a priority in services, scaled by the exact wait of all ÷ that of the run.

    The conservation law says that the order of service leaves the wait of all as it is.
    """

    def measure(outcomes: list[Outcome]) -> float:
        own = _wait_min(o for o in outcomes if o.priority == tier)
        return own / _wait_min(outcomes) * erlang.average_speed_of_answer(10, 9, 1)

    return measure


def _worlds() -> list[_World]:
    rates = (1.0, 1.7, 2.2, 2.5)
    skills = tuple(
        Stream(1, "chat", 1, 84, 10 * MINUTE, skills=(SkillNeed(skill),)) for skill in range(6)
    )
    pairs = [
        Agent(
            id,
            True,
            1,
            skills=dict.fromkeys((id % 6, (id + 1 + id // 6 % 5) % 6), 1),
            queues={1: Membership()},
        )
        for id in range(90)
    ]

    def pace(live: int) -> float:
        return rates[live - 1]

    gave_up = erlang.erlang_a(50, 48, 60, 120, 20)
    return [
        _World(
            (Stream(1, "chat", 1, 200, 180 * SECOND),),
            200,
            staff(14),
            (_Aim("Erlang C, 10 on 14: in 20 s", 0.88835, 0.01, _in_20_s),),
        ),
        _World(
            (Stream(1, "chat", 1, 48 * 60, MINUTE, patience_ms=2 * MINUTE),),
            10,
            staff(50),
            (
                _Aim("Erlang A, 48 on 50: gave up", gave_up.abandoned, 0.004, _abandoned),
                _Aim("Erlang A, 48 on 50: in 20 s", gave_up.answered_in_target, 0.01, _in_20_s),
            ),
        ),
        _World(
            (Stream(1, "chat", 1, 900, 6 * MINUTE),),
            60,
            staff(25, 4),
            (_Aim("25 agents x 4 chats: waited", 0.21694, 0.02, _waited),),
        ),
        _World(
            (Stream(1, "chat", 1, 18, 6 * MINUTE),),
            2_000,
            staff(1, 4),
            (
                _Aim("processor sharing: waited", 0.390245, 0.015, _waited),
                _Aim("processor sharing: mean wait", 3.344960, 0.35, _wait_min, "min"),
            ),
            pace,
        ),
        _World(
            skills,
            40,
            pairs,
            (_Aim("two skills of six: mean wait", 0.886, 0.25, _wait_min, "min"),),
        ),
        _World(
            tuple(
                Stream(1, "chat", 1, rate, 100 * SECOND, boost=boost * SECOND, priority=tier)
                for tier, rate, boost in SLOPES
            ),
            80,
            staff(10),
            (
                _Aim("equal slopes, head start of a service", 0.400, 0.03, _wait_of("urgent")),
                _Aim("equal slopes, head start of a half", 0.594, 0.03, _wait_of("high")),
                _Aim("equal slopes, no head start", 0.844, 0.04, _wait_of("low")),
            ),
        ),
    ]


def theory(report: Report) -> None:
    """Measure and report each figure with its 95 % interval over eight replications."""
    for world in _worlds():
        runs = []
        for seed in SEEDS:
            day = arrivals(world.streams, world.hours * HOUR, Random(seed))
            runs.append(simulate([Queue(1)], world.agents, day, pace=world.pace))
        for aim in world.aims:
            figures = [aim.measure(outcomes) for outcomes in runs]
            error = 2.365 * stdev(figures) / sqrt(len(figures))  # Student's t for 8 replications
            report(
                f"{aim.name} (± {error:.4f})",
                round(mean(figures), 4),
                aim.unit,
                beside=aim.exact,
                goal=f"± {aim.tolerance}",
                met=abs(mean(figures) - aim.exact) <= aim.tolerance,
            )
