"""The floor in memory: an engine that is told what events name, and from time to time everything.

Events say which rows have changed; those are read in one trip and told to the engine. What the
engine decides counts as done for it, but the rows have the last word: they are read again once the
claims are committed, so a claim that lost a race undoes itself.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import heapify, heappop, heappush

from app.actions.route_pass import LogRow
from app.db import Database
from app.events import (
    AccessChanged,
    ContactChanged,
    Event,
    OfferChanged,
    PresenceChanged,
    SetupChanged,
)
from app.queries.overflow_rules import Leaving
from app.queries.routing_setup import Setup
from app.queries.routing_state import FloorRows, Pulse, read_changed, read_floor
from app.workers.pass_log import PassLog
from routing.changes import AgentGone, AgentIs, Change, ContactGone, ContactWaits, Tick
from routing.engine import Engine
from routing.log import Pass
from routing.settle import Decision
from routing.state import State

RECONCILE_MS = 60_000  # how long a lost message can go unnoticed
CROWD = 5_000  # changes x waiting contacts: some 20 ms of settling
REBUILD_MS = 6 * 3_600_000  # a replay begins at a state in the log, so there is one now and then


@dataclass(slots=True)
class Heard:
    """What events have named since it was last read."""

    contacts: set[int] = field(default_factory=set)
    agents: set[int] = field(default_factory=set)
    everything: bool = False

    def __bool__(self) -> bool:
        return self.everything or bool(self.contacts or self.agents)


class Floor:
    """Who waits and who works, as the engine knows it.

    A round is: `refresh` reads what was heard, `decide` makes a pass, `take_log` gives what belongs
    into the log with it, `lost` names the claims that failed.
    """

    def __init__(self, db: Database) -> None:
        self._db = db
        self._heard = Heard(everything=True)
        self._engine = Engine()
        self._setup: Setup | None = None
        self._waiting: set[int] = set()
        self._given: set[int] = set()  # decided, and not read again yet
        self._resting: set[int] = set()
        self._called_back: set[int] = set()
        self._stay: set[int] = set()
        self._hidden: dict[int, int] = {}  # wait, but not in line yet, with their versions
        self._later: list[tuple[int, int]] = []
        self._changes: list[Change] = []
        self._log = PassLog()
        self._at = self._built_at = self._read_at = 0

    # -- what happens ---------------------------------------------------------------------------

    def hear(self, events: Sequence[Event]) -> None:
        """A listener of events: note which rows to read."""
        for fact in events:
            match fact:
                case ContactChanged():
                    self._heard.contacts.add(fact.contact_id)
                case OfferChanged():
                    self._heard.contacts.add(fact.contact_id)
                    self._heard.agents.add(fact.agent_id)
                case PresenceChanged():
                    self._heard.agents.add(fact.agent_id)
                case SetupChanged() | AccessChanged():
                    self._heard.everything = True
                case _:
                    pass

    def missed(self) -> None:
        """Events may have been lost: read everything."""
        self._heard.everything = True

    @property
    def has_heard(self) -> bool:
        """Whether there is something to read."""
        return bool(self._heard)

    def lost(self, decisions: Iterable[Decision]) -> None:
        """These were not claimed: somebody was faster. Their rows say what is true."""
        for decision in decisions:
            self._heard.contacts.add(decision.contact)
            self._heard.agents.add(decision.agent)

    # -- a round --------------------------------------------------------------------------------

    async def refresh(self, now: int) -> None:
        """Read what was heard of, or everything when that is due, and tell the engine."""
        self._at = max(self._at, now)  # the engine's time never goes back
        while self._later and self._later[0][0] <= self._at:
            self._heard.contacts.add(heappop(self._later)[1])
        heard, self._heard = self._heard, Heard()
        if heard.everything or self._setup is None or self._at >= self._read_at + RECONCILE_MS:
            self._read_at = self._at
            self._take_all(await self._db.query(read_floor, self._at))
        elif heard:
            self._take(
                heard,
                await self._db.query(
                    read_changed,
                    self._setup,
                    self._at,
                    sorted(heard.contacts),
                    sorted(heard.agents),
                ),
            )

    def is_crowded(self) -> bool:
        """Whether the next pass may take long: many come at once while many wait."""
        many = len(self._changes) if self._at > self._built_at else CROWD
        return many * len(self._waiting) > CROWD

    def decide(self) -> list[Decision]:
        """Make a pass, if anything has changed or time has come."""
        due = self._engine.next_change_at()
        if not self._changes and (due is None or due > self._at):
            return []
        for change in self._changes:
            self._engine.note(change, self._at)
        decisions = self._engine.decide(self._at)
        self._log.add(Pass(self._at, tuple(self._changes), tuple(decisions)))
        self._changes.clear()
        for decision in decisions:
            self._waiting.discard(decision.contact)
            self._given.add(decision.contact)
        return decisions

    def take_log(self, *, at_once: bool) -> list[LogRow]:
        """What belongs into the log now: everything with a decision, else what is old."""
        if at_once or self._log.is_due(self._at):
            return self._log.take()
        return []

    def overflowing(self) -> list[Leaving]:
        """Who leaves their line now; to be asked after a pass."""
        if self._setup is None or not self._setup.overflow.rules:
            return []
        state = self._engine.state()
        self._stay &= state.contacts.keys()
        staying = self._stay | self._called_back
        return self._setup.overflow.leaving(state, self._resting, staying, self._at)

    def stay(self, contact_ids: Iterable[int]) -> None:
        """These cannot leave their line: they are not asked again while they are in it."""
        self._stay.update(contact_ids)

    def pulse(self) -> Pulse:
        """What `floor_pulse` finds if nothing was missed."""
        state = self._engine.state()
        return Pulse(
            len(state.contacts) + len(self._hidden),
            sum(contact.version for contact in state.contacts.values())
            + sum(self._hidden.values()),
            sum(agent.epoch for agent in state.agents.values()),
        )

    def next_change_at(self) -> int:
        """When to look again if nothing is heard (ms)."""
        instants = [self._read_at + RECONCILE_MS]
        if self._later:
            instants.append(self._later[0][0])
        due = self._engine.next_change_at()
        if due is not None:
            instants.append(due)
        if self._log.due_at is not None:
            instants.append(self._log.due_at)
        return min(instants)

    # -- rows into changes ----------------------------------------------------------------------

    def _take(self, heard: Heard, rows: FloorRows) -> None:
        waiting = {contact.id: contact for contact in rows.in_line.contacts}
        for id in sorted(heard.contacts):
            if id in self._given or (id in self._waiting and id not in waiting):
                self._changes.append(ContactGone(id))
            if id in waiting:
                self._changes.append(ContactWaits(waiting[id]))
        self._given -= heard.contacts
        self._waiting = (self._waiting - heard.contacts) | waiting.keys()
        self._resting = (self._resting - heard.contacts) | rows.in_line.resting
        self._called_back = (self._called_back - heard.contacts) | rows.in_line.called_back
        self._hidden = {id: v for id, v in self._hidden.items() if id not in heard.contacts}
        self._hidden |= rows.in_line.hidden
        for moment in rows.in_line.later:
            heappush(self._later, moment)
        at_work = {agent.id: agent for agent in rows.agents}
        for id in sorted(heard.agents):
            if id in at_work:
                self._changes.append(AgentIs(at_work[id], with_load=True))
            else:
                self._changes.append(AgentGone(id))

    def _take_all(self, rows: FloorRows) -> None:
        same_rules = self._setup is not None and self._setup.policy == rows.setup.policy
        self._setup = rows.setup
        if same_rules and self._at < self._built_at + REBUILD_MS:
            self._take(_differing(self._engine.state(), self._given, rows), rows)
        else:
            self._build(rows)
        self._waiting = {contact.id for contact in rows.in_line.contacts}
        self._resting = set(rows.in_line.resting)
        self._called_back = set(rows.in_line.called_back)
        self._hidden = dict(rows.in_line.hidden)
        self._later = list(rows.in_line.later)
        heapify(self._later)

    def _build(self, rows: FloorRows) -> None:
        """A new engine, from the rows as they are; what was not decided yet is in them."""
        state = rows.state()
        self._changes = [Tick()]  # what can be decided at once is decided at once
        self._given.clear()
        self._engine = Engine.of(state, self._at)
        self._built_at = self._at
        self._log.begin(state, self._at)


def _differing(known: State, given: set[int], rows: FloorRows) -> Heard:
    """Where the rows and the engine differ: what was never heard of, or was lost on the way."""
    waiting = {contact.id: contact for contact in rows.in_line.contacts}
    at_work = {agent.id: agent for agent in rows.agents}
    return Heard(
        contacts=given | _unlike(known.contacts, waiting),
        agents=_unlike(known.agents, at_work),
    )


def _unlike(one: Mapping[int, object], other: Mapping[int, object]) -> set[int]:
    return {id for id in one.keys() | other.keys() if one.get(id) != other.get(id)}
