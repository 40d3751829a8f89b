"""The incremental face of `settle`: the same decisions, without looking at everything each time.

After each settlement nobody waits whom somebody could take. So the next change can only let in
pairs with a contact or an agent that it touched, or that time has touched; only those are asked.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple, Self

from routing.bits import Stage
from routing.board import Board
from routing.changes import (
    AgentGone,
    AgentIs,
    Change,
    ContactGone,
    ContactTaken,
    ContactWaits,
    DrainsAre,
    QueueIs,
    Tick,
)
from routing.eligible import Request, drained_agents, met_step, refusal, request
from routing.rank import Rank, rank
from routing.settle import Decision, settle
from routing.standing import Place
from routing.state import Contact, Key, Queue, State


class _Look(NamedTuple):
    """A contact as the agents stand to it."""

    contact: Contact
    asked: Request
    stages: list[Stage]
    takers: int


class Engine:
    """Holds the waiting contacts, the agents and what they have, and decides after each change.

    A decision is taken as carried out: the contact stops waiting and its units are reserved until
    the caller says what became of it. `now` must not go back.
    """

    def __init__(self, queues: Iterable[Queue] = (), policy_version: int = 0) -> None:
        self._board = Board(policy_version)
        self._drained: dict[int, Key] = {}
        for queue in queues:
            self._board.put_queue(queue)

    @classmethod
    def of(cls, state: State, now: int) -> Self:
        """An engine that goes on from `state`. It decides nothing until the first change.

        It knows how loaded the agents are, not by what: changes of that load come as
        `AgentIs(agent, with_load=True)`.
        """
        engine = cls(state.queues.values(), state.policy_version)
        for agent in state.agents.values():
            engine.note(AgentIs(agent), now)
        for contact in state.contacts.values():
            engine.note(ContactWaits(contact), now)
        engine.note(DrainsAre(state.drains), now)
        return engine

    def state(self) -> State:
        """A copy of the state, as `settle` takes it."""
        live = self._board.live
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
            case ContactWaits(contact):
                board.wait(contact, now)
            case ContactTaken(contact_id, agent_id):
                board.give(contact_id, agent_id, now)
            case ContactGone(contact_id):
                board.go(contact_id)
            case AgentIs(agent, with_load):
                board.put_agent(agent, now, with_load)
            case AgentGone(agent_id):
                board.remove_agent(agent_id)
            case QueueIs(queue):
                board.put_queue(queue)
            case DrainsAre(drains):
                board.put_drains(drains)
            case Tick():
                pass

    def decide(self, now: int) -> list[Decision]:
        """What `settle` would decide at `now`, carried out."""
        board = self._board
        board.pass_time(now)
        if not board.contacts:
            board.forget_touched()
            return []
        self._drained = drained_agents(board.live, now) if board.live.drains else {}
        contacts = [look for id in board.touched if (look := self._look(id, now)).takers]
        agents = [
            (id, first)
            for id in board.touched_agents
            if (first := self._first_for(id, now)) is not None
        ]
        board.forget_touched()
        if not contacts and not agents:
            return []
        if len(contacts) == 1 and not agents:
            return [self._place(contacts[0])]
        if len(agents) == 1 and not contacts:
            return self._fill(*agents[0], now)
        return self._settle_those(
            [look.contact.id for look in contacts], [id for id, _ in agents], now
        )

    def next_change_at(self) -> int | None:
        """When to `apply(Tick(), ...)` if nothing else happens before; None if never."""
        return self._board.next_timer_at()

    def _fill(self, agent_id: int, first: Contact, now: int) -> list[Decision]:
        """Only this agent can take anything, and `first` is what they take first."""
        decisions = []
        contact: Contact | None = first
        while contact is not None:
            decisions.append(self._place(self._look(contact.id, now)))
            contact = self._first_for(agent_id, now)
        return decisions

    def _settle_those(self, contacts: list[int], agents: list[int], now: int) -> list[Decision]:
        """Several could take several: settle those contacts whom anybody could take."""
        board = self._board
        concerned = set(contacts)
        for agent_id in agents:
            concerned.update(contact.id for contact in self._all_for(agent_id, now))
        concerned.update(key.contact for key in self._drained.values())
        decisions = settle(
            replace(board.live, contacts={id: board.contacts[id] for id in concerned}), now
        )
        for decision in decisions:
            board.give(decision.contact, decision.agent, now)
        return decisions

    def _request(self, contact: Contact, now: int) -> Request:
        return request(self._board.live, contact, now, self._drained)

    def _look(self, contact_id: int, now: int) -> _Look:
        asked = self._request(self._board.contacts[contact_id], now)
        stages = self._board.bits.stages(asked)
        return _Look(asked.contact, asked, stages, stages[-1][1])

    def _first_for(self, agent_id: int, now: int) -> Contact | None:
        return next(iter(self._all_for(agent_id, now)), None)

    def _all_for(self, agent_id: int, now: int) -> Iterable[Contact]:
        """The waiting contacts whom the agent can take, smallest key first."""
        board = self._board
        agent = board.agents.get(agent_id)
        if agent is None or not agent.available or agent.wrap_up_until > now:
            return
        for contact_id in board.lanes.for_agent(agent):
            contact = board.contacts[contact_id]
            if refusal(self._request(contact, now), agent) is None:
                yield contact

    def _place(self, look: _Look) -> Decision:
        """Give the contact to the best of those who can take it."""
        board, contact, now = self._board, look.contact, look.asked.now
        best, runner_up = self._two_best(contact, look.takers)
        agent = board.agents[best.agent]
        decision = Decision(
            contact=contact.id,
            agent=agent.id,
            key=contact.key,
            rank=best,
            step=(met_step(contact, agent, contact.age(now)) or 0) if contact.steps else 0,
            takers=look.takers.bit_count(),
            refused=board.bits.refused(look.stages),
            runner_up=runner_up,
            gave_way=False,
            clears_exclusion=look.asked.clears_exclusion,
            contact_version=contact.version,
            agent_epoch=agent.epoch,
            policy_version=board.live.policy_version,
            decided_at=now,
            expires_at=now + contact.offer_ms,
        )
        board.give(contact.id, agent.id, now)
        return decision

    def _two_best(self, contact: Contact, takers: int) -> tuple[Rank, Rank | None]:
        """The ranks of the winner and of the runner-up among the takers."""
        board = self._board
        queue, count = board.queues[contact.queue], takers.bit_count()
        order = board.standing[queue.occupancy].order
        # Walking down the order meets a taker every len / count agents, and a step costs less
        # than a rank.
        if queue.agent_rule == "best_skilled" or count * count * 8 <= len(order):
            found = list(board.bits.ids(takers))
        else:
            found = self._walk(order, takers, contact.preferred)
        ranks = sorted([rank(contact, queue, board.agents[id]) for id in found])
        return ranks[0], ranks[1] if len(ranks) > 1 else None

    def _walk(self, order: list[Place], takers: int, preferred: int | None) -> list[int]:
        """The first two takers in the order, the preferred agent before all others."""
        found, places = [], self._board.bits.places
        if preferred is not None and self._board.bits.bit(preferred) & takers:
            found.append(preferred)
            takers &= ~self._board.bits.bit(preferred)
        for _, _, agent_id in order:
            if takers >> places[agent_id] & 1:
                found.append(agent_id)
                if len(found) >= 2:
                    break
        return found
