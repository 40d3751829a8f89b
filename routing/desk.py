"""An agent as the engine keeps them: everything an `Agent` says, with a load that changes."""

from collections.abc import Mapping

from routing.eligible import pushed_aside
from routing.state import Agent, Contact, Membership


class Desk:
    """Has the fields of `Agent`, the agent's `bit`, and the `page` of the caller's books it is on.

    What was given to the agent on an earlier page is part of a load the caller has told since.
    """

    __slots__ = (
        "available",
        "bit",
        "capacity",
        "epoch",
        "id",
        "interruptible",
        "last_assigned_at",
        "live_by_channel",
        "max_by_channel",
        "page",
        "queues",
        "skills",
        "used",
        "wrap_up_until",
    )

    def __init__(self, agent: Agent, bit: int, page: int) -> None:
        self.bit = bit
        self.put_load(agent, page)
        self.put_rest(agent)

    def put_load(self, agent: Agent, page: int) -> None:
        """Take over the agent's load and idle time."""
        self.id: int = agent.id
        self.page = page
        self.used: int = agent.used
        self.live_by_channel: dict[str, int] = dict(agent.live_by_channel)
        self.last_assigned_at: int = agent.last_assigned_at
        self.interruptible: Mapping[str, int] = agent.interruptible

    def put_rest(self, agent: Agent) -> None:
        """Take over everything else."""
        self.available: bool = agent.available
        self.capacity: int = agent.capacity
        self.max_by_channel: Mapping[str, int] = agent.max_by_channel
        self.skills: Mapping[int, int] = agent.skills
        self.queues: Mapping[int, Membership] = agent.queues
        self.epoch: int = agent.epoch
        self.wrap_up_until: int = agent.wrap_up_until

    def differs(self, agent: Agent) -> bool:
        """Whether the agent is another in anything that decides, their load apart."""
        return (
            self.available != agent.available
            or self.wrap_up_until != agent.wrap_up_until
            or self.capacity != agent.capacity
            or self.queues != agent.queues
            or self.skills != agent.skills
            or self.max_by_channel != agent.max_by_channel
        )

    def has_load_of(self, agent: Agent) -> bool:
        """Whether the agent is loaded and idle as said."""
        return (
            self.used == agent.used
            and self.last_assigned_at == agent.last_assigned_at
            and self.live_by_channel == agent.live_by_channel
            and self.interruptible == agent.interruptible
        )

    def is_full(self) -> bool:
        """Whether there is no room for anything at all."""
        return self.used >= self.capacity and not self.interruptible

    def can_take_anything(self, now: int) -> bool:
        """Whether they are here, out of wrap-up, with some room."""
        return self.available and self.wrap_up_until <= now and not self.is_full()

    def take(self, contact: Contact, now: int) -> None:
        """One contact more."""
        self.used += contact.cost
        live = self.live_by_channel
        live[contact.channel] = live.get(contact.channel, 0) + 1
        self.last_assigned_at = now
        if contact.interrupted_by:
            self.interruptible = pushed_aside(self.interruptible, contact, 1)

    def release(self, contact: Contact) -> None:
        """One contact less."""
        self.used -= contact.cost
        self.live_by_channel[contact.channel] -= 1
        if contact.interrupted_by:
            self.interruptible = pushed_aside(self.interruptible, contact, -1)

    def agent(self) -> Agent:
        """As a value."""
        return Agent(
            self.id,
            self.available,
            self.capacity,
            self.used,
            self.max_by_channel,
            dict(self.live_by_channel),
            self.skills,
            self.queues,
            self.last_assigned_at,
            self.epoch,
            self.wrap_up_until,
            self.interruptible,
        )
