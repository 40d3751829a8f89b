"""What can happen to a routing engine, as values. Any of them may arrive twice without harm."""

from dataclasses import dataclass

from routing.state import Agent, Contact, Drain, Queue


@dataclass(frozen=True, slots=True)
class ContactWaits:
    """A contact came, or came back after an offer, or changed while waiting.

    Coming back frees what it held of its agent. It must then have a higher `version` than when it
    was offered; one that has not is late and changes nothing.
    """

    contact: Contact


@dataclass(frozen=True, slots=True)
class ContactTaken:
    """An agent took a waiting contact by hand, or accepted it where several had been asked.

    Whoever else was offered it has it no more, and what it held of them is free.
    """

    contact: int
    agent: int


@dataclass(frozen=True, slots=True)
class OfferOver:
    """One of several agents who were asked at once declined or let it time out.

    What the contact held of them is free; the others still have their offers. Where nobody is left,
    `ContactWaits` says it instead.
    """

    contact: int
    agent: int


@dataclass(frozen=True, slots=True)
class ContactGone:
    """A contact was abandoned, handled or moved away; what it held of its agent is free again."""

    contact: int


@dataclass(frozen=True, slots=True)
class AgentIs:
    """An agent joined or changed. The engine keeps the load and idle time of one it knows.

    `with_load`: the caller's books are right, so the agent has the load and idle time given here.
    Then no `ContactGone` frees anything more of what the engine had given them until now.
    """

    agent: Agent
    with_load: bool = False


@dataclass(frozen=True, slots=True)
class AgentGone:
    """An agent left for good. Contacts still with them stay known until they are gone."""

    agent: int


@dataclass(frozen=True, slots=True)
class QueueIs:
    """A queue was made or changed."""

    queue: Queue


@dataclass(frozen=True, slots=True)
class DrainsAre:
    """The watches and holds of the engine are to be these, as after a restart."""

    drains: tuple[Drain, ...]


@dataclass(frozen=True, slots=True)
class Tick:
    """Time passed."""


Change = (
    ContactWaits
    | ContactTaken
    | OfferOver
    | ContactGone
    | AgentIs
    | AgentGone
    | QueueIs
    | DrainsAre
    | Tick
)
