"""A day as it came from outside: who arrived, who was there, and what they would do.

It holds nothing that routing decides, so that the same day can be played under other rules
(`routing.replay`). Plain values throughout: instants are ms since the epoch, durations ms.
"""

from dataclasses import dataclass
from typing import Literal

from routing.boost import Priority
from routing.overflow import OverflowRule
from routing.state import Agent, Contact, Queue

TurnedDown = Literal["declined", "timed_out"]


@dataclass(frozen=True, slots=True)
class Span:
    """From `start` up to but not including `end`."""

    start: int
    end: int

    def __post_init__(self) -> None:
        if self.end < self.start:
            raise ValueError(f"a span ends at {self.end}, before its start at {self.start}")


@dataclass(frozen=True, slots=True)
class Reply:
    """An agent turned an offer of this contact down, `after_ms` after it was made.

    If the same agent is offered the same contact again in a replay, they do the same; their n-th
    offer of it meets their n-th reply. Who did not answer at all (`timed_out`) was taken for absent
    and came back `away_ms` later.
    """

    agent: int
    way: TurnedDown
    after_ms: int
    away_ms: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """An agent passed the contact on by hand: to `queue`, where handling takes `handling_ms`."""

    queue: int
    handling_ms: int


@dataclass(frozen=True, slots=True)
class Coming:
    """One contact: as it enters the line, and what is its own under whatever rules.

    `contact.enqueued_at` is when it comes; before the day's start means it waits from the start on
    (or is with the agent `held_by`; then `handling_ms` is what remains). It takes `handling_ms`,
    None if nobody ever handled it, and holds its units for `wrap_up_ms` more. An agent who takes
    the offer does so after `answer_ms`. `gives_up_at` is when the customer left; None if that was
    never seen, and then `stayed_until` is the last instant at which they are known to have waited
    (when they were answered; 0: they wait for ever). The service level asks for an answer within
    `target_ms` of entering, the time out of hours counted in. `priority` is the tier it is
    reported under; the head start is in `contact.boost`.
    """

    contact: Contact
    handling_ms: int | None
    wrap_up_ms: int = 0
    answer_ms: int = 0
    gives_up_at: int | None = None
    stayed_until: int = 0
    target_ms: int = 60_000
    priority: Priority = "normal"
    replies: tuple[Reply, ...] = ()
    moves: tuple[Move, ...] = ()
    held_by: int | None = None


@dataclass(frozen=True, slots=True)
class DayAgent:
    """An agent and when they were there to take contacts.

    Of `agent` the skills, seats, capacity and maxima count. Availability comes from `present`,
    where absences brought about by a time-out do not interrupt a span (they are in
    `Reply.away_ms`); load comes from the contacts.
    """

    agent: Agent
    present: tuple[Span, ...]


@dataclass(frozen=True, slots=True)
class DayQueue:
    """A queue's rules, where its contacts overflow to, and when it is out of hours."""

    queue: Queue
    overflow: tuple[OverflowRule, ...] = ()
    closed: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Day:
    """From `start` to `end`: all that comes from outside, in any order."""

    start: int
    end: int
    queues: tuple[DayQueue, ...]
    agents: tuple[DayAgent, ...]
    coming: tuple[Coming, ...]
    policy_version: int = 0

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ValueError("a day ends after it starts; give an `end` later than `start`")
        for what, ids in (
            ("contact", [coming.contact.id for coming in self.coming]),
            ("agent", [worker.agent.id for worker in self.agents]),
            ("queue", [row.queue.id for row in self.queues]),
        ):
            if len(set(ids)) < len(ids):
                raise ValueError(f"a {what} is in the day twice; give each id once")
