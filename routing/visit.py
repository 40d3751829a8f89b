"""What is going on with each contact and each agent while a day is played."""

from dataclasses import dataclass, field

from routing.day import Coming, DayAgent, Reply
from routing.figures import Way
from routing.state import Contact


@dataclass(slots=True, eq=False)
class Visit:
    """A contact on its way: as the engine knows it now, who has it, and what became of it.

    `pending` are the agents who have an offer of it, each with its number and how they turn it
    down (None: they take it). `turn` counts the handlings.
    """

    coming: Coming
    contact: Contact
    way: Way = "waiting"
    waited_ms: int = 0
    first_agent: int | None = None
    with_agent: int | None = None
    offers: int = 0
    turn: int = 0
    is_over: bool = False
    may_give_up: bool = True
    asks_several: bool = False
    pending: dict[int, tuple[int, Reply | None]] = field(default_factory=dict)
    met: dict[int, int] = field(default_factory=dict)

    def next_reply(self, agent: int) -> Reply | None:
        """The agent's next refusal of this contact, if there is one left."""
        if not self.coming.replies:
            return None
        number = self.met.get(agent, 0)
        self.met[agent] = number + 1
        mine = [reply for reply in self.coming.replies if reply.agent == agent]
        return mine[number] if number < len(mine) else None


@dataclass(slots=True, eq=False)
class Desk:
    """An agent on the day: there or not, taken for absent until, and what they did."""

    worker: DayAgent
    spans_open: int = 0
    absent_until: int = 0
    available: bool = False
    epoch: int = 0
    handled: int = 0
    offered: int = 0
    declined: int = 0
    timed_out: int = 0
    offers: dict[int, None] = field(default_factory=dict)  # contacts offered to them now
