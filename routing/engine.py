"""The incremental face of `settle`: the same decisions, without looking at everything each time.

After each settlement nobody waits whom somebody could take. So the next change can only let in
pairs with a contact or an agent that it touched, or that time has touched; only those are asked.
"""

from collections.abc import Iterable
from dataclasses import replace
from heapq import nsmallest

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
from routing.state import Agent, Contact, Key, Queue, State


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
            case AgentIs(agent):
                board.put_agent(agent, now)
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
        self._drained = drained_agents(board.live, now) if board.live.drains else {}
        contacts = [id for id in board.touched if self._takers(id, now)]
        agents = [id for id in board.touched_agents if self._first_for(id, now) is not None]
        board.touched.clear()
        board.touched_agents.clear()
        if not contacts and not agents:
            return []
        if len(contacts) == 1 and not agents:
            return [self._place(board.contacts[contacts[0]], now)]
        if len(agents) == 1 and not contacts:
            return self._fill(agents[0], now)
        return self._settle_those(contacts, agents, now)

    def next_change_at(self) -> int | None:
        """When to `apply(Tick(), ...)` if nothing else happens before; None if never."""
        return self._board.next_timer_at()

    def _fill(self, agent_id: int, now: int) -> list[Decision]:
        """Only this agent can take anything."""
        decisions = []
        while (contact := self._first_for(agent_id, now)) is not None:
            decisions.append(self._place(contact, now))
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

    def _takers(self, contact_id: int, now: int) -> int:
        contact = self._board.contacts.get(contact_id)
        return 0 if contact is None else self._board.bits.takers(self._request(contact, now))

    def _first_for(self, agent_id: int, now: int) -> Contact | None:
        return next(iter(self._all_for(agent_id, now)), None)

    def _all_for(self, agent_id: int, now: int) -> Iterable[Contact]:
        """The waiting contacts whom the agent can take, smallest key first."""
        board = self._board
        agent = board.agents.get(agent_id)
        if agent is None or not agent.available or agent.wrap_up_until > now:
            return
        room = board.bits.rooms(agent_id)
        for contact_id in board.lanes.for_agent(agent, room):
            contact = board.contacts[contact_id]
            if refusal(self._request(contact, now), agent) is None:
                yield contact

    def _place(self, contact: Contact, now: int) -> Decision:
        """Give the contact to the best of those who can take it."""
        board = self._board
        asked = self._request(contact, now)
        stages = board.bits.stages(asked)
        best, *others = self._two_best(contact, stages[-1][1])
        agent = board.agents[best.agent]
        decision = Decision(
            contact=contact.id,
            agent=agent.id,
            key=contact.key,
            rank=best,
            step=(met_step(contact, agent, contact.age(now)) or 0) if contact.steps else 0,
            takers=stages[-1][1].bit_count(),
            refused=board.bits.refused(stages),
            runner_up=others[0] if others else None,
            gave_way=False,
            clears_exclusion=asked.clears_exclusion,
            contact_version=contact.version,
            agent_epoch=agent.epoch,
            policy_version=board.live.policy_version,
            decided_at=now,
            expires_at=now + contact.offer_ms,
        )
        board.give(contact.id, agent.id, now)
        return decision

    def _two_best(self, contact: Contact, takers: int) -> list[Rank]:
        """The ranks of the winner and of the runner-up among the takers."""
        board = self._board
        queue, bits = board.queues[contact.queue], board.bits
        standing, count = board.standing[queue.occupancy], takers.bit_count()
        # Walking down the order meets a taker every len / count agents; asking all costs count.
        if queue.agent_rule == "best_skilled" or count * count <= 4 * len(standing):
            agents: Iterable[Agent] = (board.agents[id] for id in bits.ids(takers))
            return nsmallest(2, (rank(contact, queue, agent) for agent in agents))
        found = []
        if contact.preferred is not None and bits.bit(contact.preferred) & takers:
            found.append(contact.preferred)
        for agent_id in standing:
            if takers >> bits.place(agent_id) & 1 and agent_id not in found:
                found.append(agent_id)
                if len(found) == 2:
                    break
        return [rank(contact, queue, board.agents[agent_id]) for agent_id in found]
