"""The values that routing decides on: who waits, who works, in which queues.

All are frozen, all times are integers in ms since the epoch, all durations integers in ms. A state
is everything a decision depends on besides `now`, so that any decision can be replayed.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Self

AgentRule = Literal["longest_idle", "best_skilled"]
Occupancy = Literal["spread", "pack"]


class Key(NamedTuple):
    """The place in line, smallest first: aging with equal slopes is a key that never changes."""

    boosted_at: int
    enqueued_at: int
    contact: int


class SkillNeed(NamedTuple):
    """A skill and the least level of it."""

    skill: int
    level: int = 1


class Step(NamedTuple):
    """From `after_ms` of waiting on, these needs are enough as well."""

    after_ms: int
    skills: tuple[SkillNeed, ...] = ()


@dataclass(frozen=True, slots=True)
class Contact:
    """One waiting contact.

    `enqueued_at` is the first entry and is kept through decline, timeout, transfer back and
    callback. `cost` is in capacity units. Until `preferred_until` only `preferred` may have it.
    `excluded` are the agents who declined it or let it time out; `exclusion_cleared` says that its
    one extra round was given, so that the exclusions now stand (leave it False to give a new round
    each time everybody present has declined). `been_in` are the queues it has overflowed from.
    While it is being worked on, contacts of the channels in `interrupted_by` may come on top of it
    (never its own). `version` guards the claim in the database.
    """

    id: int
    queue: int
    channel: str
    cost: int
    enqueued_at: int
    boost: int = 0
    skills: tuple[SkillNeed, ...] = ()
    steps: tuple[Step, ...] = ()
    preferred: int | None = None
    preferred_until: int = 0
    excluded: frozenset[int] = frozenset()
    exclusion_cleared: bool = False
    been_in: frozenset[int] = frozenset()
    offer_ms: int = 60_000
    version: int = 0
    interrupted_by: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if self.cost < 1:
            raise ValueError(f"contact {self.id} costs {self.cost} units; give it at least 1")
        if self.channel in self.interrupted_by:
            raise ValueError(f"contact {self.id} would be interrupted by its own channel")

    @property
    def key(self) -> Key:
        """Its place in line."""
        return Key(self.enqueued_at - self.boost, self.enqueued_at, self.id)

    def age(self, now: int) -> int:
        """How long it has waited, in ms; 0 if the clock that entered it runs ahead of ours."""
        return max(0, now - self.enqueued_at)


@dataclass(frozen=True, slots=True)
class Membership:
    """An agent's seat in a queue; they get a contact once it has waited `delay_ms`."""

    delay_ms: int = 0


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent: presence, capacity in units, what is live now, skills by level, queues.

    A channel missing from `max_by_channel` has no maximum of its own. `interruptible` says, by
    channel, how many of the used units a contact of that channel may push aside: it is part of the
    load, and changes with it. `wrap_up_until` covers any cool-down. `epoch` changes whenever
    presence or capacity does and guards the claim.
    """

    id: int
    available: bool
    capacity: int
    used: int = 0
    max_by_channel: Mapping[str, int] = field(default_factory=dict)
    live_by_channel: Mapping[str, int] = field(default_factory=dict)
    skills: Mapping[int, int] = field(default_factory=dict)
    queues: Mapping[int, Membership] = field(default_factory=dict)
    last_assigned_at: int = 0
    epoch: int = 0
    wrap_up_until: int = 0
    interruptible: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Queue:
    """A queue's rules. A paused (or closed) queue offers nothing.

    `pack` fills busy agents first, which keeps whole agents free for big items; `spread` gives to
    the least occupied. While no more than `keep_free` of the queue's agents present are empty, an
    empty one comes after everybody else who could take a contact, so that as many stay whole for
    big items; a contact that fits nowhere else gets them all the same. `parallel_offers` is how
    many agents are asked at once; the further ones only if nobody else could have used them. When
    the first in line has failed for capacity only for `drain_after_ms`, one agent is kept for it
    for `drain_for_ms` (0: never).
    """

    id: int
    paused: bool = False
    agent_rule: AgentRule = "longest_idle"
    occupancy: Occupancy = "pack"
    parallel_offers: int = 1
    keep_free: int = 0
    drain_after_ms: int = 0
    drain_for_ms: int = 0


@dataclass(frozen=True, slots=True)
class Drain:
    """A contact that has waited for capacity only, since `since`.

    Until `until` it is watched if `agent` is None; else `agent` is kept free for it until then.
    """

    contact: int
    since: int
    agent: int | None = None
    until: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything a settlement depends on. `contacts` holds the waiting ones only."""

    contacts: Mapping[int, Contact]
    agents: Mapping[int, Agent]
    queues: Mapping[int, Queue]
    drains: tuple[Drain, ...] = ()
    policy_version: int = 0

    @classmethod
    def of(
        cls,
        contacts: Iterable[Contact],
        agents: Iterable[Agent],
        queues: Iterable[Queue],
        drains: Iterable[Drain] = (),
        policy_version: int = 0,
    ) -> Self:
        """Index the parts by id. Their order does not matter."""
        return cls(
            {contact.id: contact for contact in contacts},
            {agent.id: agent for agent in agents},
            {queue.id: queue for queue in queues},
            tuple(drains),
            policy_version,
        )
