"""How many people a day needs, quarter of an hour by quarter of an hour, and what those who are
there can do.

Each interval is taken as a steady state of its own (SIPP: Green, Kolesar, Soares, OR 49:549, 2001).
That holds while nobody is left over from the interval before, so what is carried over is reckoned
as a flow and said.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import ceil, inf

from routing.erlang import (
    average_speed_of_answer,
    erlang_a,
    service_level,
)

MOST_AGENTS = 100_000
LEAST_ABANDONED = 5  # fewer people who gave up say nothing about patience


@dataclass(frozen=True, slots=True)
class Goal:
    """`share` of the contacts answered in `target_s`, nobody busier than `most_occupied`.

    `shrinkage` is the share of paid time away from work; `at_once` how many contacts an agent has
    in hand at the same time (chats).
    """

    share: float = 0.8
    target_s: float = 20.0
    most_occupied: float = 0.85
    shrinkage: float = 0.3
    at_once: int = 1

    def __post_init__(self) -> None:
        _within("the service goal", self.share, 0.01, 0.999)
        _within("the highest occupancy", self.most_occupied, 0.05, 1.0)
        _within("the shrinkage", self.shrinkage, 0.0, 0.95)
        if self.target_s < 0:
            raise ValueError(f"the target is {self.target_s} s; give 0 or more")
        if self.at_once < 1:
            raise ValueError(f"{self.at_once} contacts at once; give at least 1")


@dataclass(frozen=True, slots=True)
class Work:
    """What comes in one interval: contacts, and how long each takes and would wait (seconds).

    Without `patience_s` nobody gives up, which is Erlang C; with it Erlang A.
    """

    arrivals: float
    interval_s: float
    handling_s: float
    patience_s: float | None = None

    @property
    def load(self) -> float:
        """Erlangs: contacts in hand on average."""
        return self.arrivals * self.handling_s / self.interval_s


@dataclass(frozen=True, slots=True)
class Achieved:
    """What so many agents achieve. `occupancy` is of their places for contacts; `abandoned` the
    share who give up, 0 where nobody does; `asa_s` is infinite where the line only grows."""

    agents: int
    service_level: float
    asa_s: float
    occupancy: float
    abandoned: float


@dataclass(frozen=True, slots=True)
class Need:
    """The fewest agents who reach the goal, and the positions to plan so that they are there."""

    agents: int
    positions: int
    achieved: Achieved


@dataclass(frozen=True, slots=True)
class Interval:
    """An interval with the agents present: what they achieve, and how many contacts are left over
    for the next one. `overloaded`: the formulas do not hold, the line grows or is worked off."""

    present: int
    achieved: Achieved
    carried_over: float
    overloaded: bool


def achieved(agents: int, work: Work, goal: Goal) -> Achieved:
    """What `agents` achieve in a steady state; who has n chats at once counts as n servers."""
    servers, load = agents * goal.at_once, work.load
    if work.arrivals <= 0:
        return Achieved(agents, 1.0, 0.0, 0.0, 0.0)
    if servers < 1:
        return Achieved(agents, 0.0, inf, 1.0, 0.0 if work.patience_s is None else 1.0)
    if work.patience_s is None:
        return Achieved(
            agents,
            service_level(servers, load, work.handling_s, goal.target_s),
            average_speed_of_answer(servers, load, work.handling_s),
            min(1.0, load / servers),
            0.0,
        )
    found = erlang_a(servers, load, work.handling_s, work.patience_s, goal.target_s)
    return Achieved(
        agents, found.answered_in_target, found.mean_wait_s, found.utilisation, found.abandoned
    )


def need(work: Work, goal: Goal) -> Need:
    """The fewest agents who reach the goal without being busier than allowed; none for no work."""
    if work.arrivals <= 0:
        return Need(0, 0, achieved(0, work, goal))

    def enough(agents: int) -> bool:
        reached = achieved(agents, work, goal)
        return (
            reached.service_level >= goal.share and reached.occupancy <= goal.most_occupied + 1e-9
        )

    # Where people give up, fewer than the load may do; else nothing below it can.
    least = 1 if work.patience_s is not None else ceil(work.load / goal.at_once)
    agents = _fewest(enough, max(1, least))
    positions = ceil(agents / (1 - goal.shrinkage) - 1e-9)
    return Need(agents, positions, achieved(agents, work, goal))


def day(works: Sequence[Work], present: Sequence[int], goal: Goal) -> list[Interval]:
    """What the agents present achieve in each interval, what is left over going into the next.

    The left-over flows: in come the arrivals, out go those the agents can handle and, where people
    give up, those whose patience ends. While there is any, the interval counts as overloaded.
    """
    intervals, left = [], 0.0
    for work, agents in zip(works, present, strict=True):
        before = left
        places = agents * goal.at_once
        left = max(0.0, before + work.arrivals - places * work.interval_s / work.handling_s)
        if work.patience_s is not None:
            left /= 1 + work.interval_s / work.patience_s
        reached = achieved(agents, work, goal)
        over = work.arrivals > 0 and work.load >= places
        intervals.append(Interval(agents, reached, left, over or before >= 1 or left >= 1))
    return intervals


def patience_s(abandoned: int, waited_s: float) -> float | None:
    """Mean patience from history: all waiting, of those answered too, ÷ those who gave up.

    The maximum likelihood estimate for exponential patience that an answer cuts short (Garnett,
    Mandelbaum, Reiman 2002). None when hardly anybody gave up.
    """
    if abandoned < LEAST_ABANDONED or waited_s <= 0:
        return None
    return waited_s / abandoned


def _fewest(enough: Callable[[int], bool], low: int) -> int:
    """The smallest number from `low` on that is enough; more is never worse."""
    if enough(low):
        return low
    step = 1
    while not enough(low + step):
        low += step
        step *= 2
        if low > MOST_AGENTS:
            raise ValueError("no number of agents reaches this goal; lower it or allow more time")
    high = low + step
    while high - low > 1:
        middle = (low + high) // 2
        if enough(middle):
            high = middle
        else:
            low = middle
    return high


def _within(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{what} is {value}; give a share from {least} to {most}")
