"""The agents as bit sets, one bit an agent: a rule is asked of all of them by one `&`.

Python's integers are the sets; with 5,000 agents a rule still costs a fraction of a microsecond.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator
from typing import NamedTuple

from routing.desk import Desk
from routing.eligible import Request, below_maximum, could_fit, fits, meets
from routing.reasons import ReasonCode
from routing.state import Contact, SkillNeed, Step

_CAPACITY, _CHANNEL_MAXIMUM = ReasonCode.CAPACITY, ReasonCode.CHANNEL_MAXIMUM  # looked up once

Stage = tuple[ReasonCode, int]  # a rule, and the agents left after it
Shape = tuple[int, tuple[SkillNeed, ...], tuple[Step, ...], int, int]


class Reach(NamedTuple):
    """Whom contacts of one queue with the same needs reach; the same until an agent changes."""

    stages: list[Stage]
    in_reach: int
    present: int  # of those, who is available and out of wrap-up
    missing: dict[ReasonCode, int]  # how many each rule up to presence kept out


class AgentBits:
    """Bit sets for every rule, kept up to date agent by agent. `whole`: who has nothing to do."""

    def __init__(self) -> None:
        self.everybody = 0
        self.whole = 0
        self._bits: dict[int, int] = {}
        self._free: list[int] = []
        self._desks: list[Desk | None] = []  # by the number of their bit
        self._available = 0
        self._ready = 0
        self._member: defaultdict[int, dict[int, int]] = defaultdict(dict)  # queue, delay
        self._delayed: set[int] = set()  # the queues with any delay
        # These appear when a contact first asks for them.
        self._reach: dict[Shape, Reach] = {}
        self._skilled: dict[tuple[SkillNeed, ...], int] = {}
        self._room: dict[tuple[str, int], int] = {}
        self._below: dict[str, int] = {}
        self._could_fit: dict[tuple[str, int], int] = {}

    def next_bit(self) -> int:
        """A bit for a new agent: one of somebody who left, if there is any."""
        if self._free:
            return self._free.pop()
        self._desks.append(None)
        return 1 << (len(self._desks) - 1)

    def only(self, agent: int) -> Desk:
        """The agent of a set of one."""
        desk = self._desks[agent.bit_length() - 1]
        assert desk is not None
        return desk

    def desks(self, agents: int) -> Iterator[Desk]:
        """The agents of a set."""
        while agents:
            lowest = agents & -agents
            yield self.only(lowest)
            agents ^= lowest

    def put(self, desk: Desk, now: int) -> None:
        """Add an agent or note all that changed."""
        bit = desk.bit
        self._bits[desk.id] = bit
        self._desks[bit.bit_length() - 1] = desk
        self._reach.clear()
        known = self.everybody & bit
        self.everybody |= bit
        self._available = _with(self._available, bit, desk.available)
        self._ready = _with(self._ready, bit, desk.wrap_up_until <= now)
        if known:  # else they have no seats yet
            for queue, by_delay in self._member.items():
                for delay in by_delay:
                    if queue not in desk.queues or desk.queues[queue].delay_ms != delay:
                        by_delay[delay] &= ~bit
        for queue, seat in desk.queues.items():
            by_delay = self._member[queue]
            by_delay[seat.delay_ms] = by_delay.get(seat.delay_ms, 0) | bit
            if seat.delay_ms:
                self._delayed.add(queue)
        for needs in self._skilled:
            self._skilled[needs] = _with(self._skilled[needs], bit, meets(desk, needs))
        for (channel, cost), agents in self._could_fit.items():
            could = could_fit(desk, channel, cost)
            self._could_fit[channel, cost] = _with(agents, bit, could)
        self.put_load(desk)

    def put_load(self, desk: Desk) -> None:
        """Note that the agent's load changed in any way, and nothing else."""
        bit = desk.bit
        self.whole = _with(self.whole, bit, not desk.used)
        for (channel, cost), agents in self._room.items():
            self._room[channel, cost] = _with(agents, bit, fits(desk, channel, cost))
        for channel, agents in self._below.items():
            self._below[channel] = _with(agents, bit, below_maximum(desk, channel))

    def put_one(self, desk: Desk, contact: Contact, before: int) -> None:
        """Note this contact more or less, with `before` units used until then."""
        if desk.interruptible or contact.interrupted_by:
            self.put_load(desk)
            return
        bit, used, channel = desk.bit, desk.used, contact.channel
        if not used or not before:
            self.whole = _with(self.whole, bit, not used)
        # Only what fits into the larger room and not into the smaller has changed.
        larger, smaller = desk.capacity - before, desk.capacity - used
        if larger < smaller:
            larger, smaller = smaller, larger
        for kind in self._room:
            if smaller < kind[1] <= larger:
                self._room[kind] ^= bit
        if channel in desk.max_by_channel and channel in self._below:
            self._below[channel] = _with(self._below[channel], bit, below_maximum(desk, channel))

    def put_ready(self, desk: Desk) -> None:
        """Note that the agent's wrap-up is over."""
        self._reach.clear()
        self._ready |= desk.bit

    def remove(self, desk: Desk) -> None:
        """Forget an agent. `put` sets every rule anew for the next one with this bit."""
        bit = desk.bit
        del self._bits[desk.id]
        self._desks[bit.bit_length() - 1] = None
        self._free.append(bit)
        self._reach.clear()
        self.everybody &= ~bit
        for by_delay in self._member.values():
            for delay in by_delay:
                by_delay[delay] &= ~bit

    def takers(self, asked: Request) -> int:
        """Who can take the contact now."""
        if asked.paused:
            return 0
        contact = asked.contact
        agents = self._reach_of(contact, asked.now).present
        if asked.held_for is not None:
            agents &= self.bit(asked.held_for)
        for agent_id in asked.excluded:
            agents &= ~self.bit(agent_id)
        agents &= self._has_room(contact)
        if agents:
            agents &= self._is_below(contact.channel)
            if asked.drained:
                agents &= ~self._kept(asked)
        return agents

    def those_who_could(self, asked: Request) -> int:
        """Who could have the contact if they had nothing else to do."""
        if asked.paused:
            return 0
        contact = asked.contact
        agents = self.present_in_reach(contact, asked.now)
        if asked.held_for is not None:
            agents &= self.bit(asked.held_for)
        for agent_id in asked.excluded:
            agents &= ~self.bit(agent_id)
        kind = contact.channel, contact.cost
        could = self._could_fit.get(kind)
        if could is None:
            could = self._could_fit[kind] = self._those(lambda desk: could_fit(desk, *kind))
        return agents & could

    def present_in_reach(self, contact: Contact, now: int) -> int:
        """Who is there and serves the contact at its age, whoever has declined it."""
        return self._reach_of(contact, now).in_reach & self._available

    def whole_in(self, queue_id: int) -> int:
        """The agents of a queue who are here with nothing to do."""
        members = 0
        for agents in self._member[queue_id].values():
            members |= agents
        return members & self._available & self._ready & self.whole

    def refused(self, asked: Request, takers: int, besides: int) -> dict[ReasonCode, int]:
        """How many agents each rule kept out, in the order of the rules; `besides` do not count.

        `takers` is how many nothing keeps out.
        """
        contact = asked.contact
        reach = self._reach_of(contact, asked.now)
        if besides or asked.drained or asked.excluded or asked.held_for is not None:
            return self._counted(self._stages(asked, reach), besides)
        counts, room = reach.missing.copy(), self._has_room(contact)
        present, fitting = reach.present.bit_count(), (reach.present & room).bit_count()
        if fitting < present:
            counts[_CAPACITY] = present - fitting
        if takers < fitting:
            counts[_CHANNEL_MAXIMUM] = fitting - takers
        return counts

    def _counted(self, stages: list[Stage], besides: int) -> dict[ReasonCode, int]:
        counts, before = {}, (self.everybody & ~besides).bit_count()
        for code, agents in stages:
            left = (agents & ~besides).bit_count()
            if left < before:
                counts[code] = before - left
                before = left
        return counts

    def bit(self, agent_id: int) -> int:
        """The agent's own bit; 0 if unknown."""
        return self._bits.get(agent_id, 0)

    def _reach_of(self, contact: Contact, now: int) -> Reach:
        queue, steps, opened, passed = contact.queue, contact.steps, 0, 0
        if steps:
            age = contact.age(now)
            opened = sum([step.after_ms <= age for step in steps])
        if queue in self._delayed:
            age = contact.age(now)
            passed = sum([delay <= age for delay in self._member[queue]])
        shape = queue, contact.skills, steps, opened, passed
        reach = self._reach.get(shape)
        if reach is None:
            reach = self._reach[shape] = self._new_reach(contact, contact.age(now))
        return reach

    def _new_reach(self, contact: Contact, age: int) -> Reach:
        member = served = 0
        for delay, agents in self._member[contact.queue].items():
            member |= agents
            if delay <= age:
                served |= agents
        stages = [(ReasonCode.NOT_MEMBER, member), (ReasonCode.QUEUE_DELAY, served)]
        if contact.skills:
            skilled = self._meeting(contact.skills)
            for step in contact.steps:
                if step.after_ms <= age:
                    skilled |= self._meeting(step.skills)
            served &= skilled
            stages.append((ReasonCode.SKILL, served))
        presence = self._presence(served)
        missing = self._counted(stages + presence, besides=0)
        return Reach(stages, served, presence[-1][1], missing)

    def _presence(self, agents: int) -> list[Stage]:
        agents &= self._available
        return [(ReasonCode.NOT_AVAILABLE, agents), (ReasonCode.WRAP_UP, agents & self._ready)]

    def _stages(self, asked: Request, reach: Reach) -> list[Stage]:
        """Each rule that concerns the contact, in order, with the agents left after it."""
        contact, left, stages = asked.contact, reach.in_reach, [*reach.stages]
        if asked.held_for is not None:
            left &= self.bit(asked.held_for)
            stages.append((ReasonCode.HELD_FOR_PREFERRED, left))
        stages += self._presence(left)
        left = stages[-1][1]
        for agent_id in asked.excluded:
            left &= ~self.bit(agent_id)
        stages.append((ReasonCode.EXCLUDED, left))
        left &= self._has_room(contact)
        stages.append((ReasonCode.CAPACITY, left))
        left &= self._is_below(contact.channel)
        stages.append((ReasonCode.CHANNEL_MAXIMUM, left))
        stages.append((ReasonCode.DRAINING, left & ~self._kept(asked)))
        return stages

    def _kept(self, asked: Request) -> int:
        """The agents kept free for somebody before the contact."""
        kept, own = 0, asked.contact.key
        for agent_id, key in asked.drained.items():
            if key < own:
                kept |= self.bit(agent_id)
        return kept

    def _meeting(self, needs: tuple[SkillNeed, ...]) -> int:
        agents = self._skilled.get(needs)
        if agents is None:
            are_in = [desk is not None and meets(desk, needs) for desk in self._desks]
            agents = self._skilled[needs] = _set_of(are_in)
        return agents

    def _has_room(self, contact: Contact) -> int:
        kind = contact.channel, contact.cost
        agents = self._room.get(kind)
        if agents is None:
            agents = self._room[kind] = self._those(lambda desk: fits(desk, *kind))
        return agents

    def _is_below(self, channel: str) -> int:
        agents = self._below.get(channel)
        if agents is None:
            agents = self._below[channel] = self._those(lambda desk: below_maximum(desk, channel))
        return agents

    def _those(self, rule: Callable[[Desk], bool]) -> int:
        return _set_of([desk is not None and rule(desk) for desk in self._desks])


_DIGITS = bytes.maketrans(b"\0\1", b"01")


def _set_of(are_in: list[bool]) -> int:
    """Who is in, by the number of their bit. Adding bits up would copy the set for each."""
    return int(bytes(reversed(are_in)).translate(_DIGITS) or b"0", 2)


def _with(agents: int, bit: int, is_in: bool) -> int:
    return agents | bit if is_in else agents & ~bit
