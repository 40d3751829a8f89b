"""What a supervisor may change about a day before it is played again, as plain values."""

from collections.abc import Mapping
from dataclasses import dataclass

from routing.boost import Priority
from routing.day import Span
from routing.overflow import OverflowRule
from routing.state import AgentRule, Occupancy, Step


@dataclass(frozen=True, slots=True)
class AddAgents:
    """`count` more agents, with `seats` (queue: delay in ms) and `skills` (skill: level).

    They are present during `span` (None: all day). Capacity and maxima default to those of the
    agent `like`, or of the first agent; so do seats and skills that are not given.
    """

    count: int
    seats: Mapping[int, int] | None = None
    skills: Mapping[int, int] | None = None
    span: Span | None = None
    like: int | None = None


@dataclass(frozen=True, slots=True)
class RemoveAgents:
    """These agents are not there, all day or during `span`. What they refused nobody refuses."""

    agents: tuple[int, ...]
    span: Span | None = None


@dataclass(frozen=True, slots=True)
class SetSkill:
    """These agents (None: all) have `skill` at `level`; 0 takes it from them."""

    skill: int
    level: int
    agents: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SetSeat:
    """These agents (None: all) sit in `queue` with a delay of `delay_ms`; None takes the seat."""

    queue: int
    delay_ms: int | None
    agents: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SetQueue:
    """The rules of `queue` (None: of all queues) that are not None replace what was."""

    queue: int | None = None
    agent_rule: AgentRule | None = None
    occupancy: Occupancy | None = None
    parallel_offers: int | None = None
    keep_free: int | None = None
    drain_after_ms: int | None = None
    drain_for_ms: int | None = None
    overflow: tuple[OverflowRule, ...] | None = None


@dataclass(frozen=True, slots=True)
class SetPriority:
    """All contacts that enter `queue` (of `channel`, if given) have this priority."""

    queue: int
    priority: Priority
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class SetSteps:
    """The contacts that enter `queue` relax their skills by these steps."""

    queue: int
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class SetCapacity:
    """These agents (None: all) have `capacity` units; maxima that are given replace theirs."""

    capacity: int
    max_by_channel: Mapping[str, int] | None = None
    agents: tuple[int, ...] | None = None


@dataclass(frozen=True, slots=True)
class SetCost:
    """Contacts of `channel` cost `units`."""

    channel: str
    units: int


@dataclass(frozen=True, slots=True)
class SetWrapUp:
    """After a contact of `queue` and `channel` (None: any) its units are held for `wrap_up_ms`."""

    wrap_up_ms: int
    queue: int | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleArrivals:
    """`factor` times as many contacts of `queue` and `channel` (None: any).

    More are copies of those that came, shifted by up to a quarter of an hour; fewer are an even
    thinning. Which ones depends on the contact alone, so the same factor gives the same day.
    """

    factor: float
    queue: int | None = None
    channel: str | None = None


@dataclass(frozen=True, slots=True)
class ScaleHandling:
    """Handling the contacts of `queue` and `channel` (None: any) takes `factor` times as long."""

    factor: float
    queue: int | None = None
    channel: str | None = None


Adjustment = (
    AddAgents
    | RemoveAgents
    | SetSkill
    | SetSeat
    | SetQueue
    | SetPriority
    | SetSteps
    | SetCapacity
    | SetCost
    | SetWrapUp
    | ScaleArrivals
    | ScaleHandling
)
