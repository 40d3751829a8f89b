"""Drains as the engine keeps them: looked at only where something may have become another."""

from collections.abc import Iterable

from routing.board import Board
from routing.drain import Those, is_holding, next_drain, rules_of
from routing.eligible import Request, has_capacity, is_held
from routing.state import Contact, Drain, Key


class Watches:
    """The watches and holds of a board. `drained`: the agents held, and for what key."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self.drained: dict[int, Key] = {}

    def request(self, contact: Contact, now: int) -> Request:
        """As `routing.eligible.request`, asked of the bit sets."""
        board = self._board
        queue = board.queues.get(contact.queue)
        paused = queue is None or queue.paused
        if contact.preferred is None and not contact.excluded:
            # Not `Request(...)`: the constructor of a named tuple is written in Python.
            return tuple.__new__(
                Request, (contact, now, paused, None, contact.excluded, False, self.drained)
            )
        clears = bool(contact.excluded) and self._all_declined(contact, now)
        return Request(
            contact,
            now,
            paused,
            contact.preferred if is_held(board.live, contact, now) else None,
            frozenset() if clears else contact.excluded,
            clears,
            self.drained,
        )

    def look(self, now: int) -> None:
        """Before a settlement: see who is held, and touch those who no longer are."""
        board = self._board
        if board.stirred and (self.drained or board.live.drains):
            before, self.drained = self.drained, self._held(now)
            board.touched_agents.update(
                agent for agent, key in before.items() if self.drained.get(agent) != key
            )

    def update(self, now: int) -> None:
        """After a settlement: what the rules make of the watches and holds."""
        board = self._board
        if not board.stirred:
            return
        drains, again = self._updated(now)
        if drains != board.live.drains:
            board.put_drains(drains)
        board.stirred = again
        before, self.drained = self.drained, self._held(now) if drains else {}
        board.touched_agents.update(
            agent
            for agent, key in before.items()
            if key.contact in board.contacts and self.drained.get(agent) != key
        )

    def contacts(self) -> Iterable[int]:
        """The contacts for whom agents are held."""
        return [key.contact for key in self.drained.values()]

    def _all_declined(self, contact: Contact, now: int) -> bool:
        """Whether all agents present who serve it at this age have declined."""
        if contact.exclusion_cleared:
            return False
        present = self._board.bits.present_in_reach(contact, now)
        declined = 0
        for agent_id in contact.excluded:
            declined |= self._board.bits.bit(agent_id)
        return bool(present) and not present & ~declined

    def _held(self, now: int) -> dict[int, Key]:
        """As `routing.eligible.drained_agents`."""
        board = self._board
        drained: dict[int, Key] = {}
        for drain in board.live.drains:
            contact = board.contacts.get(drain.contact)
            if drain.agent is None or contact is None or drain.until <= now:
                continue
            if self._who_could(contact, now) & board.bits.bit(drain.agent):
                key = contact.key
                drained[drain.agent] = min(key, drained.get(drain.agent, key))
        return drained

    def _updated(self, now: int) -> tuple[tuple[Drain, ...], set[int]]:
        """As `routing.drain.update_drains`, for the queues that were stirred.

        And the queues to look at again next time: one whose hold has ended has somebody else first.
        """
        board = self._board
        known = {drain.contact: drain for drain in board.live.drains}
        stirred = board.stirred & board.draining
        kept, holding, first = list[Drain](), list[Key](), list[Key]()
        for drain in board.live.drains:
            contact = board.contacts.get(drain.contact)
            if contact is not None and contact.queue not in stirred:
                kept.append(drain)
        for queue in stirred:
            key, holds = self._first_of(queue, known, now)
            if key is None:
                board.first_looked_at.pop(queue, None)
            else:
                board.first_looked_at[queue] = key
                (holding if holds else first).append(key)
        held = {d.agent for d in kept if d.agent is not None and is_holding(d, now)}
        again: set[int] = set()
        for key in sorted(holding) + sorted(first):
            contact = board.contacts[key.contact]
            after = self._next(contact, known.get(key.contact), held, now)
            if key in holding and not is_holding(after, now):
                again.add(contact.queue)
            if after is not None:
                kept.append(after)
                if after.agent is not None:
                    held.add(after.agent)
        return tuple(sorted(kept, key=lambda drain: drain.contact)), again

    def _first_of(self, queue: int, known: dict[int, Drain], now: int) -> tuple[Key | None, bool]:
        """Whom a queue's drain is about: one who has an agent held, else the first in line."""
        board = self._board
        holders = [
            board.keys[contact]
            for contact, drain in known.items()
            if is_holding(drain, now)
            and contact in board.contacts
            and board.contacts[contact].queue == queue
        ]
        if holders:
            return min(holders), True
        return board.lanes.first_in(queue), False

    def _next(
        self, contact: Contact, before: Drain | None, held: set[int], now: int
    ) -> Drain | None:
        board = self._board
        rules = rules_of(board.queues[contact.queue])
        assert rules is not None  # only queues that hold agents are stirred
        could = self._who_could(contact, now)

        def has(agent: int) -> bool:
            return agent not in held and bool(board.bits.bit(agent) & could)

        def least_busy() -> int | None:
            busy = [
                (desk.used, desk.last_assigned_at, desk.id)
                for desk in board.bits.desks(could)
                if desk.id not in held and not has_capacity(desk, contact)
            ]
            return min(busy)[2] if busy else None

        return next_drain(contact, before, Those(bool(could), has, least_busy), now, rules)

    def _who_could(self, contact: Contact, now: int) -> int:
        return self._board.bits.those_who_could(self.request(contact, now))
