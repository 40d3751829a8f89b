"""Small worlds for the theory tests: agents who are always there, and the means of outcomes."""

from collections.abc import Callable, Iterable
from typing import Any

from routing import metrics
from routing.figures import Outcome
from routing.state import Agent, Membership

SECOND = 1_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE


def staff(count: int, capacity: int = 1, **changes: Any) -> list[Agent]:
    """Agents of one queue, alike."""
    seats = {1: Membership()}
    return [Agent(id, True, capacity, queues=seats, **changes) for id in range(count)]


def skilled(groups: Iterable[tuple[int, tuple[int, ...]]]) -> list[Agent]:
    """Agents of one queue: so many with these skills, so many with those."""
    known = [skills for count, skills in groups for _ in range(count)]
    return [
        Agent(id, True, 1, skills=dict.fromkeys(skills, 1), queues={1: Membership()})
        for id, skills in enumerate(known)
    ]


def mean_wait(
    outcomes: Iterable[Outcome], which: Callable[[Outcome], bool] = lambda _: True
) -> float:
    """The mean wait in ms of those outcomes, the given up included."""
    mean = metrics.average_speed_of_answer_ms(o.waited_ms for o in outcomes if which(o))
    assert mean is not None
    return mean


def share_waiting(outcomes: list[Outcome]) -> float:
    """The share who did not get an agent at once."""
    return sum(outcome.waited_ms > 0 for outcome in outcomes) / len(outcomes)
