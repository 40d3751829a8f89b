"""What became of a day: each contact's outcome, and the figures made of them."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Literal, TypeVar

from routing.boost import Priority
from routing.settle import Decision

QUARTER_MS = 15 * 60_000

K = TypeVar("K")
Way = Literal["answered", "abandoned", "overflowed", "waiting"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one contact.

    `queue` is where it entered. `waited_ms` runs from its entry to the answer, to giving up, to
    leaving the line by an overflow, or to the end of the day (`waiting`). `agent` was the first to
    answer it, `offers` how often it was offered.
    """

    contact: int
    queue: int
    channel: str
    priority: Priority
    enqueued_at: int
    way: Way
    waited_ms: int
    target_ms: int
    agent: int | None = None
    offers: int = 0


@dataclass(frozen=True, slots=True)
class AgentDay:
    """An agent's day: time there or busy (`signed_in_ms`), time busy, units in use × time."""

    agent: int
    signed_in_ms: int
    busy_ms: int
    unit_ms: int
    capacity: int
    handled: int
    offered: int
    declined: int
    timed_out: int
    occupancy: float | None
    capacity_used: float | None


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures of some contacts; None where a figure is undefined. Formulas: `routing.metrics`.

    `offered` counts all of them; `abandoned` leaves out the short ones, which are in
    `short_abandoned`. Waits are those of the answered.
    """

    offered: int
    answered: int
    abandoned: int
    short_abandoned: int
    overflowed: int
    waiting: int
    service_level: float | None
    abandonment: float | None
    asa_ms: float | None
    wait_p50_ms: int | None
    wait_p95_ms: int | None


@dataclass(frozen=True, slots=True)
class Quarter:
    """The contacts that came within one quarter of an hour, by the clock in UTC.

    `occupancy` is that of all agents in it.
    """

    starts_at: int
    figures: Figures
    occupancy: float | None


@dataclass(frozen=True, slots=True)
class Summary:
    """All figures of a day. `quarters` by queue; None as a queue means all of them together.

    `fairness` is the p95 wait of the lowest priority ÷ that of the highest.
    """

    total: Figures
    by_queue: Mapping[int, Figures]
    by_channel: Mapping[str, Figures]
    by_priority: Mapping[Priority, Figures]
    agents: Mapping[int, AgentDay]
    occupancy: float | None
    fairness: float | None
    quarters: Mapping[int | None, tuple[Quarter, ...]]


@dataclass(frozen=True, slots=True)
class Result:
    """A day that was played: the decisions as taken, the outcomes by contact id, the figures."""

    decisions: tuple[Decision, ...]
    outcomes: tuple[Outcome, ...]
    summary: Summary


@dataclass(frozen=True, slots=True)
class Difference:
    """Figures before and after, and after − before of each figure that both have."""

    before: Figures
    after: Figures
    change: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two results side by side. A queue, channel or priority that only one has is left out."""

    total: Difference
    by_queue: Mapping[int, Difference]
    by_channel: Mapping[str, Difference]
    by_priority: Mapping[Priority, Difference]
    occupancy: float | None
    fairness: float | None


_COUNTED = tuple(field.name for field in fields(Figures))


def compare(before: Summary, after: Summary) -> Comparison:
    """What `after` changed against `before`."""
    return Comparison(
        total=_difference(before.total, after.total),
        by_queue=_differences(before.by_queue, after.by_queue),
        by_channel=_differences(before.by_channel, after.by_channel),
        by_priority=_differences(before.by_priority, after.by_priority),
        occupancy=_change(before.occupancy, after.occupancy),
        fairness=_change(before.fairness, after.fairness),
    )


def _differences(before: Mapping[K, Figures], after: Mapping[K, Figures]) -> dict[K, Difference]:
    return {part: _difference(before[part], after[part]) for part in before if part in after}


def _difference(before: Figures, after: Figures) -> Difference:
    changes = {name: _change(getattr(before, name), getattr(after, name)) for name in _COUNTED}
    return Difference(
        before, after, {name: value for name, value in changes.items() if value is not None}
    )


def _change(before: float | None, after: float | None) -> float | None:
    return None if before is None or after is None else after - before
