"""A day played through the real engine: each offer meets its own answer, each contact its own end.

What comes from outside is fixed beforehand (`routing.day`); all else follows from the decisions.
"""

from collections.abc import Callable
from dataclasses import replace
from heapq import heapify, heappop, heappush

from routing.changes import (
    AgentIs,
    Change,
    ContactGone,
    ContactTaken,
    ContactWaits,
    OfferOver,
    Tick,
)
from routing.day import Day, Reply
from routing.engine import Engine
from routing.figures import Way
from routing.overflow import Overflowed, moved, overflows
from routing.settle import Decision
from routing.state import Contact
from routing.timesheet import TimeSheet
from routing.visit import Desk, Visit

# What happens first when several things happen at one instant.
FREE, REPLY, GIVE_UP, PRESENCE, TIMER, ARRIVAL = range(6)
Event = tuple[int, int, int, int, int]  # instant, what, contact or agent, offer or handling, agent


class ClosedLoop:
    """Plays one day.

    `visits`, `desks`, `line` (those who wait), `decisions` and `sheet` tell what happened. What
    happens on arrival, how long work takes and when it ends is open to subclasses.
    """

    def __init__(self, day: Day) -> None:
        self.day = day
        self.engine = Engine([row.queue for row in day.queues], day.policy_version)
        self.visits = {c.contact.id: Visit(c, c.contact) for c in day.coming}
        self.desks = {worker.agent.id: Desk(worker) for worker in day.agents}
        self.decisions: list[Decision] = []
        self.sheet = TimeSheet(day.start, day.end)
        self._rules = {row.queue.id: row.overflow for row in day.queues if row.overflow}
        self.line: set[int] = set()  # contacts that wait
        self._events: list[Event] = []
        self._do: dict[int, Callable[[Event], None]] = {
            FREE: self.free,
            REPLY: self._reply,
            GIVE_UP: self._give_up,
            PRESENCE: self._presence,
            TIMER: self._timer,
            ARRIVAL: self.arrive,
        }

    def play(self, progress: Callable[[float], None] | None = None) -> None:
        """From the start to the end of the day. `progress` hears shares from 0 to 1."""
        self._open()
        events, end = self._events, self.day.end
        step = max(1, len(self.visits) // 100)
        arrived = 0
        while events and events[0][0] < end:
            own = self.engine.next_change_at()
            if own is not None and own < events[0][0]:
                self._happen(Tick(), own)
                continue
            event = heappop(events)
            self._do[event[1]](event)
            if event[1] == ARRIVAL and progress is not None:
                arrived += 1
                if arrived % step == 0:
                    progress(arrived / len(self.visits))
        self.sheet.close(end)
        for visit in self.visits.values():
            if not visit.is_over and visit.way == "waiting":
                visit.waited_ms = max(0, end - visit.coming.contact.enqueued_at)
        if progress is not None:
            progress(1.0)

    def _open(self) -> None:
        """Everything as it is at the start, and all that is known to come."""
        for desk in self.desks.values():
            self.engine.note(AgentIs(replace(desk.worker.agent, available=False)), self.day.start)
            for span in desk.worker.present:
                if span.start < span.end:
                    for at, opens in ((span.start, 1), (span.end, 0)):
                        at = max(at, self.day.start)
                        self._events.append((at, PRESENCE, desk.worker.agent.id, opens, 0))
        for row in self.day.queues:
            for span in row.closed:
                self._events.append((max(span.start, self.day.start), TIMER, 0, 0, 0))
        for visit in self.visits.values():
            at = max(visit.contact.enqueued_at, self.day.start)
            self._events.append((at, ARRIVAL, visit.contact.id, 0, 0))
        heapify(self._events)

    def _happen(self, change: Change, now: int) -> None:
        self._offer(self.engine.apply(change, now))

    # What comes from outside

    def arrive(self, event: Event) -> None:
        now, visit = event[0], self.visits[event[2]]
        if visit.coming.held_by is not None:
            self.engine.note(ContactWaits(visit.contact), now)
            self.engine.note(ContactTaken(visit.contact.id, visit.coming.held_by), now)
            self._begin(visit, visit.coming.held_by, now)
            return
        if visit.coming.gives_up_at is not None:
            self.plan(visit.coming.gives_up_at, GIVE_UP, visit.contact.id)
        self._wait(visit, visit.contact, now)

    def _give_up(self, event: Event) -> None:
        visit = self.visits[event[2]]
        if visit.way == "waiting" and visit.may_give_up and not visit.is_over:
            self._leave(visit, "abandoned", event[0])

    def _presence(self, event: Event) -> None:
        """An agent comes (1), goes (0), or is no longer taken for absent (2)."""
        now, desk = event[0], self.desks[event[2]]
        desk.spans_open += (-1, 1, 0)[event[3]]
        self._show(desk, now)
        self._offer(self.engine.decide(now))
        self._overflow(now)

    def _show(self, desk: Desk, now: int) -> None:
        """Tell the engine whether the agent is available; who goes leaves their offers behind."""
        available = desk.spans_open > 0 and desk.absent_until <= now
        if available == desk.available:
            return
        desk.available = available
        desk.epoch += 1
        agent = desk.worker.agent
        self.sheet.there(agent.id, now, available)
        self.engine.note(AgentIs(replace(agent, available=available, epoch=desk.epoch)), now)
        if not available:
            for contact_id in list(desk.offers):
                self._back(self.visits[contact_id], agent.id, now)

    def _timer(self, event: Event) -> None:
        """A queue closes, or (1) a contact has waited too long."""
        self._overflow(event[0], self.visits[event[2]] if event[3] else None)

    # What follows from decisions

    def _offer(self, decisions: list[Decision]) -> None:
        """Make the offers; those taken at once may leave others something to decide."""
        while decisions:
            self.decisions += decisions
            now, taken = decisions[0].decided_at, False
            for decision in decisions:
                visit = self.visits[decision.contact]
                if visit.with_agent is None:
                    self._make(visit, decision, now)
                taken |= visit.with_agent is not None and visit.asks_several
            decisions = self.engine.decide(now) if taken else []

    def _make(self, visit: Visit, decision: Decision, now: int) -> None:
        desk = self.desks[decision.agent]
        visit.offers += 1
        visit.asks_several = decision.round > 1 or (visit.asks_several and bool(visit.pending))
        desk.offered += 1
        self.line.discard(decision.contact)
        if decision.clears_exclusion:
            visit.contact = replace(visit.contact, excluded=frozenset(), exclusion_cleared=True)
        reply = visit.next_reply(decision.agent)
        visit.pending[decision.agent] = (visit.offers, reply)
        desk.offers[decision.contact] = None
        if reply is None and not visit.coming.answer_ms:
            self._begin(visit, decision.agent, now)
            return
        after = visit.coming.answer_ms if reply is None else reply.after_ms
        self.plan(now + after, REPLY, decision.contact, visit.offers, decision.agent)

    def _reply(self, event: Event) -> None:
        now, _, contact_id, number, agent = event
        visit = self.visits[contact_id]
        pending = visit.pending.get(agent)
        if pending is None or pending[0] != number:
            return  # the offer was taken back meanwhile
        if pending[1] is None:
            self._begin(visit, agent, now)
            if visit.asks_several:
                self._offer(self.engine.decide(now))
        else:
            self._turn_down(visit, self.desks[agent], pending[1], now)

    def _turn_down(self, visit: Visit, desk: Desk, reply: Reply, now: int) -> None:
        agent = desk.worker.agent.id
        visit.contact = replace(visit.contact, excluded=visit.contact.excluded | {agent})
        if reply.way == "declined":
            desk.declined += 1
        else:
            desk.timed_out += 1
            desk.absent_until = max(desk.absent_until, now + reply.away_ms)
            self.plan(desk.absent_until, PRESENCE, agent, 2)
        self._back(visit, agent, now)
        self._show(desk, now)
        self._offer(self.engine.decide(now))
        self._overflow(now, visit)

    def _back(self, visit: Visit, agent: int, now: int) -> None:
        """An offer came to nothing; after the last the contact is in its place in line again."""
        del visit.pending[agent]
        del self.desks[agent].offers[visit.contact.id]
        if visit.pending:
            self.engine.note(OfferOver(visit.contact.id, agent), now)
            return
        visit.contact = replace(visit.contact, version=visit.contact.version + 1)
        self.line.add(visit.contact.id)
        self.engine.note(ContactWaits(visit.contact), now)

    def _begin(self, visit: Visit, agent: int, now: int) -> None:
        """The agent takes the contact and works on it for as long as it takes."""
        visit.with_agent = agent
        self._take_back(visit)
        if visit.asks_several:
            self.engine.note(ContactTaken(visit.contact.id, agent), now)
        if visit.way == "waiting":
            visit.way, visit.first_agent = "answered", agent
            visit.waited_ms = max(0, now - visit.coming.contact.enqueued_at)
        self.sheet.begin(agent, visit.contact.cost, now)
        visit.turn += 1
        self.work(visit, agent, now)

    def _take_back(self, visit: Visit) -> None:
        """Nobody has an offer of it any more."""
        for agent in visit.pending:
            del self.desks[agent].offers[visit.contact.id]
        visit.pending.clear()

    def work(self, visit: Visit, agent: int, now: int) -> None:
        """Plan when the agent comes free of the contact."""
        self.plan(now + self.work_ms(visit), FREE, visit.contact.id, visit.turn, agent)

    def plan(self, at: int, what: int, who: int, number: int = 0, agent: int = 0) -> None:
        """Let something happen at an instant to come."""
        heappush(self._events, (at, what, who, number, agent))

    def work_ms(self, visit: Visit) -> int:
        """How long this handling takes, wrap-up included where it is the last."""
        coming = visit.coming
        times = [coming.handling_ms or 0, *(move.handling_ms for move in coming.moves)]
        return times[visit.turn - 1] + coming.wrap_up_ms * (visit.turn == len(times))

    def free(self, event: Event) -> None:
        """Handling is over: the contact ends, or goes on in another queue."""
        now, _, contact_id, _, agent = event
        visit = self.visits[contact_id]
        visit.with_agent = None
        self.sheet.finish(agent, visit.contact.cost, now)
        self.desks[agent].handled += 1
        if visit.turn > len(visit.coming.moves):
            visit.is_over = True
            self._happen(ContactGone(contact_id), now)
            return
        queue = visit.coming.moves[visit.turn - 1].queue
        contact = replace(visit.contact, queue=queue, preferred=None, excluded=frozenset())
        self._wait(visit, replace(contact, version=contact.version + 1), now)

    def _wait(self, visit: Visit, contact: Contact, now: int) -> None:
        visit.contact = contact
        self.line.add(contact.id)
        for rule in self._rules.get(contact.queue, ()):
            if rule.when == "too_long":
                at = max(now, contact.enqueued_at + rule.limit)
                self.plan(at, TIMER, contact.id, 1)
        self._happen(ContactWaits(contact), now)
        if contact.id in self.line:
            self._overflow(now, visit)

    def _leave(self, visit: Visit, way: Way, now: int) -> None:
        """The contact is in no line any more. One answered before and moved on stays answered."""
        if visit.way == "waiting":
            visit.way = way
            visit.waited_ms = max(0, now - visit.coming.contact.enqueued_at)
        visit.is_over = True
        self._take_back(visit)
        self.line.discard(visit.contact.id)
        self._happen(ContactGone(visit.contact.id), now)

    def _overflow(self, now: int, visit: Visit | None = None) -> None:
        """Those whom a rule sends elsewhere go, until nobody is.

        What happened to one contact (None: to the agents or queues) can only concern that one, and
        in a queue with a greatest length all who wait there.
        """
        while self._rules and self.line:
            state = self.engine.state()
            if visit is not None:
                concerned = self._concerned(visit)
                state = replace(state, contacts={id: state.contacts[id] for id in concerned})
            leaving = [
                one
                for one in overflows(state, self._rules, now, self._closed(now))
                if one.rule.way != "callback" or self.visits[one.contact].may_give_up
            ]
            if not leaving:
                return
            for one in leaving:
                self._send_on(one, now)

    def _concerned(self, visit: Visit) -> list[int]:
        queue = visit.contact.queue
        if any(rule.when == "too_many" for rule in self._rules.get(queue, ())):
            return [id for id in self.line if self.visits[id].contact.queue == queue]
        return [visit.contact.id] if visit.contact.id in self.line else []

    def _closed(self, now: int) -> frozenset[int]:
        return frozenset(
            row.queue.id
            for row in self.day.queues
            if any(span.start <= now < span.end for span in row.closed)
        )

    def _send_on(self, one: Overflowed, now: int) -> None:
        visit = self.visits[one.contact]
        if one.contact not in self.line:
            return  # whoever left before made room for it
        if one.rule.way == "callback":
            visit.may_give_up = False  # the line is kept for them; nobody has to hold it
        elif one.rule.queue is not None:
            self._wait(visit, moved(visit.contact, one.rule.queue), now)
        else:
            self._leave(visit, "overflowed", now)
