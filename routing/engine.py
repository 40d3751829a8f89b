"""The incremental face of `settle`: the same decisions, without looking at everything each time.

After each settlement nobody waits whom somebody could take. So the next change can only let in
pairs with a contact or an agent that it touched, or that time has touched; only those are asked.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Self

from routing.board import Board
from routing.changes import (
    AgentGone,
    AgentIs,
    Change,
    ContactGone,
    ContactTaken,
    ContactWaits,
    DrainsAre,
    OfferOver,
    QueueIs,
    Tick,
)
from routing.choice import Choice
from routing.eligible import Request
from routing.settle import Decision, settle
from routing.state import Queue, State
from routing.watches import Watches

Taken = tuple[Request, int]  # a contact, and the agents who can take it
Found = tuple[int, Taken]  # an agent, and the first contact they can take


class Engine:
    """Holds the waiting contacts, the agents and what they have, and decides after each change.

    A decision is taken as carried out: the contact stops waiting and its units are reserved until
    the caller says what became of it. Agents are held for big contacts by the queues' own rules.
    `now` must not go back.
    """

    def __init__(self, queues: Iterable[Queue] = (), policy_version: int = 0) -> None:
        self._board = Board(policy_version)
        self._watches = Watches(self._board)
        self._choice = Choice(self._board)
        self._request = self._watches.request
        for queue in queues:
            self._board.put_queue(queue)

    @classmethod
    def of(cls, state: State, now: int) -> Self:
        """An engine that goes on from `state`. It decides nothing until the first `decide`.

        It knows how loaded the agents are, not by what: changes of that load come as
        `AgentIs(agent, with_load=True)`.
        """
        engine = cls(state.queues.values(), state.policy_version)
        for agent in state.agents.values():
            engine._board.put_agent(agent, now)
        for contact in state.contacts.values():
            engine._board.wait(contact)
        engine.note(DrainsAre(state.drains), now)
        return engine

    def state(self) -> State:
        """A copy of the state, as `settle` takes it."""
        live = self._board.state()
        return replace(
            live,
            contacts=dict(live.contacts),
            agents=dict(live.agents),
            queues=dict(live.queues),
        )

    def apply(self, change: Change, now: int) -> list[Decision]:
        """Note a change at `now` and decide what it and the time passed allow."""
        self.note(change, now)
        return self.decide(now)

    def note(self, change: Change, now: int) -> None:
        """Note a change without deciding; several may be noted before one `decide`."""
        board = self._board
        match change:
            case ContactWaits():
                board.wait(change.contact)
            case ContactGone():
                board.go(change.contact)
            case ContactTaken():
                board.take(change.contact, change.agent, now)
            case OfferOver():
                board.end_offer(change.contact, change.agent)
            case AgentIs():
                board.put_agent(change.agent, now, change.with_load)
            case AgentGone():
                board.remove_agent(change.agent)
            case QueueIs():
                board.put_queue(change.queue)
            case DrainsAre():
                board.stir_all()  # those held until now, and those held from now on
                board.put_drains(change.drains)
                board.stir_all()
            case Tick():
                pass

    def decide(self, now: int) -> list[Decision]:
        """What `settle` would decide at `now`, carried out."""
        board = self._board
        if board.timers and board.timers[0][0] <= now:
            board.pass_time(now)
        if not board.contacts:
            board.touched.clear()
            board.touched_agents.clear()
            if board.stirred:
                self._watches.update(now)
            return []
        if board.stirred:
            self._watches.look(now)
        decisions = self._settle(now)
        if board.touched:
            board.line_up(now)
            board.touched.clear()
        board.touched_agents.clear()
        if board.stirred:
            self._watches.update(now)
        return decisions

    def next_change_at(self) -> int | None:
        """When to `apply(Tick(), ...)` if nothing else happens before; None if never."""
        return self._board.next_timer_at()

    def _settle(self, now: int) -> list[Decision]:
        board = self._board
        contacts: list[Taken] = []
        for contact_id in board.touched:
            asked = self._request(board.contacts[contact_id], now)
            takers = board.bits.takers(asked)
            if takers:
                contacts.append((asked, takers))
        agents: list[Found] = []
        if len(board.touched) < len(board.contacts):  # else every pair has been looked at
            for agent_id in board.touched_agents:
                first = self._first_for(agent_id, now)
                if first is not None:
                    agents.append((agent_id, first))
        if not contacts and not agents:
            return []
        if len(contacts) + len(agents) > 1 or self._frees_others(contacts, agents, now):
            return self._settle_those(now)
        return self._place(*contacts[0]) if contacts else self._fill(*agents[0])

    def _frees_others(self, contacts: list[Taken], agents: list[Found], now: int) -> bool:
        """Whether somebody may be placed now for whom an agent is held: then others get them."""
        if not self._watches.drained:
            return False
        board, holders = self._board, set(self._watches.contacts())
        if any(asked.contact.id in holders for asked, _ in contacts):
            return True
        waiting = (board.contacts[contact_id] for contact_id in holders if agents)
        return any(board.bits.takers(self._request(contact, now)) for contact in waiting)

    def _place(self, asked: Request, takers: int) -> list[Decision]:
        """Give the contact to the best of those who can take it; where so asked, to several."""
        board, contact = self._board, asked.contact
        decision = self._choice.decide(asked, takers)
        decisions = [decision]
        board.give(contact.id, decision.agent, asked.now)
        before = 0
        for number in range(2, board.queues[contact.queue].parallel_offers + 1):
            before |= board.bits.bit(decision.agent)
            if not takers & ~before:
                break
            decision = self._choice.decide(asked, takers & ~before, before, number)
            decisions.append(decision)
            board.give(contact.id, decision.agent, asked.now)
        return decisions

    def _fill(self, agent_id: int, first: Taken) -> list[Decision]:
        """Only this agent can take anything, and `first` is what they take first."""
        decisions = []
        taken: Taken | None = first
        while taken is not None:
            decisions += self._place(*taken)
            taken = self._first_for(agent_id, taken[0].now)
        return decisions

    def _settle_those(self, now: int) -> list[Decision]:
        """Several could take several: settle those contacts whom anybody could take.

        Agents held for a contact that is placed become free, so what they could take counts too.
        """
        board = self._board
        concerned = set(self._watches.contacts())
        for contact_id in board.touched:
            asked = self._request(board.contacts[contact_id], now)._replace(drained={})
            if board.bits.takers(asked):
                concerned.add(contact_id)
        for agent_id in board.touched_agents | self._watches.drained.keys():
            desk = board.desks.get(agent_id)
            if desk is None or not desk.can_take_anything(now):
                continue
            for key in board.lanes.for_agent(desk):
                if key.contact in concerned:  # by somebody else: a crowd signs in
                    continue
                asked = self._request(board.contacts[key.contact], now)._replace(drained={})
                if board.bits.takers(asked) & desk.bit:
                    concerned.add(key.contact)
        decisions = settle(
            replace(board.state(), contacts={id: board.contacts[id] for id in concerned}), now
        )
        for decision in decisions:
            board.give(decision.contact, decision.agent, now)
        return decisions

    def _first_for(self, agent_id: int, now: int) -> Taken | None:
        """The waiting contact with the smallest key whom the agent can take."""
        board = self._board
        desk = board.desks.get(agent_id)
        if desk is None or not desk.can_take_anything(now):
            return None
        first = board.lanes.first_for(desk)
        if first is None:
            return None
        asked = self._request(board.contacts[first.contact], now)
        takers = board.bits.takers(asked)
        if takers & desk.bit:  # almost always
            return asked, takers
        for key in board.lanes.for_agent(desk):
            asked = self._request(board.contacts[key.contact], now)
            takers = board.bits.takers(asked)
            if takers & desk.bit:
                return asked, takers
        return None
