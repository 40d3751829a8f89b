"""Which of the agents who can take a contact gets it, found without ranking them all."""

from collections.abc import Iterator

from routing.board import Board
from routing.desk import Desk
from routing.eligible import Request, met_step
from routing.rank import Rank, rank
from routing.settle import Decision
from routing.state import Contact, Queue


class Choice:
    """Chooses on a board."""

    def __init__(self, board: Board) -> None:
        self._board = board

    def decide(self, asked: Request, takers: int, before: int = 0, round: int = 1) -> Decision:
        """The decision for a contact whom `takers` can take; `before` were asked in this round's
        predecessors. Nothing is given yet."""
        board, contact, now = self._board, asked.contact, asked.now
        queue = board.queues[contact.queue]
        best, runner_up = self._two_best(contact, queue, takers)
        desk, count = board.desks[best.agent], takers.bit_count()
        values = (
            contact.id,
            desk.id,
            board.keys.get(contact.id) or contact.key,
            best,
            (met_step(contact, desk, contact.age(now)) or 0) if contact.steps else 0,
            count,
            board.bits.refused(asked, count, before),
            runner_up,
            False,
            asked.clears_exclusion,
            contact.version,
            desk.epoch,
            board.live.policy_version,
            now,
            now + contact.offer_ms,
            round,
        )
        # Not `Decision(...)`: the constructor of a named tuple is written in Python.
        return tuple.__new__(Decision, values)

    def _two_best(self, contact: Contact, queue: Queue, takers: int) -> tuple[Rank, Rank | None]:
        """The ranks of the winner and of the runner-up."""
        bits, keeps_free = self._board.bits, False
        if queue.keep_free:
            whole = bits.whole_in(queue.id)
            keeps_free = whole.bit_count() <= queue.keep_free
        if not takers & (takers - 1):
            return rank(contact, queue, bits.only(takers), keeps_free), None
        count, order = takers.bit_count(), self._board.standing[queue.occupancy].order
        # Walking down the order meets a taker every len / count agents, and a step costs less
        # than a rank.
        if queue.agent_rule == "best_skilled" or count * count * 8 <= len(order):
            found = bits.desks(takers)
        else:
            last = takers & whole if keeps_free else 0
            found = self._first_two(queue, takers, last, contact.preferred)
        ranks = sorted([rank(contact, queue, desk, keeps_free) for desk in found])
        return ranks[0], ranks[1]

    def _first_two(
        self, queue: Queue, takers: int, last: int, preferred: int | None
    ) -> Iterator[Desk]:
        """The preferred agent, then the others in order, those to be kept free at the end."""
        board = self._board
        first = takers & board.bits.bit(preferred) if preferred is not None else 0
        wanted = 2
        for agents in (first, takers & ~first & ~last, last & ~first):
            if agents and wanted:
                for _, _, agent_id, bit in board.standing[queue.occupancy].order:
                    if agents & bit:
                        yield board.desks[agent_id]
                        agents ^= bit
                        wanted -= 1
                        if not wanted or not agents:
                            break
