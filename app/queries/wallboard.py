"""The wallboard: who waits, who works, how well it goes.

Counters are of this moment; rates are of the last 24 hours, beside the same hours a week before.
A `BoardCache` keeps the rates for some seconds: a tick only counts what changes each second.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass

from sqlalchemy import Connection

from app import clock
from app.queries.board_now import AgentRow, Held, QueueNow, agents_now, held_now, queues_now
from app.queries.board_rates import Brands, Counts, Rates, board_rates

__all__ = ["AgentRow", "Board", "BoardCache", "Brands", "Counts", "Held", "QueueRow", "wallboard"]

ABANDONMENT_GOAL = 0.05  # what the trade aims at; a queue has no goal of its own for it
RATES_MS = 15_000  # how long rates are kept
NOW_MS = 900  # how long counters are kept: boards that ask in the same second are told the same


@dataclass(frozen=True, slots=True)
class QueueRow(QueueNow):
    """One queue on the board: how it is now, and its last 24 hours."""

    day: Counts

    @property
    def goal(self) -> float:
        """The service level that is aimed at, 0 to 1."""
        return self.goal_pct / 100


@dataclass(frozen=True, slots=True)
class Board:
    """The whole wallboard."""

    at: int
    queues: tuple[QueueRow, ...]
    agents: tuple[AgentRow, ...]
    rates: Rates

    @property
    def day(self) -> Counts:
        """All queues, the last 24 hours."""
        return self.rates.day

    @property
    def waiting(self) -> int:
        """Contacts without an agent, in all queues."""
        return sum(row.waiting for row in self.queues)

    @property
    def overdue(self) -> int:
        """Those of them who have waited longer than their target."""
        return sum(row.overdue for row in self.queues)

    @property
    def oldest_at(self) -> int | None:
        """When the longest waiting contact came."""
        return min((row.oldest_at for row in self.queues if row.oldest_at), default=None)

    @property
    def first_due_at(self) -> int | None:
        """By when the next contact in line should be answered."""
        return min((row.first_due_at for row in self.queues if row.first_due_at), default=None)

    @property
    def before(self) -> Counts:
        """All queues, the same 24 hours a week before."""
        return self.rates.week_ago

    @property
    def goal(self) -> float:
        """The queues' goals, weighted by what came in."""
        weight = sum(row.day.offered for row in self.queues)
        if not weight:
            return 0.8
        return sum(row.goal * row.day.offered for row in self.queues) / weight

    @property
    def abandonment_goal(self) -> float:
        """The share of customers who may leave unanswered."""
        return ABANDONMENT_GOAL

    def in_state(self, *states: str) -> int:
        """How many agents are in one of these states."""
        return sum(row.state in states for row in self.agents)

    @property
    def free(self) -> int:
        """Available agents with room for more, or with letters that a chat may interrupt."""
        return self.in_state("available") - self.full

    @property
    def full(self) -> int:
        """Available agents without room for more."""
        return sum(row.state == "available" and row.is_full for row in self.agents)

    @property
    def busy(self) -> int:
        """Available agents with something in hand."""
        return sum(row.state == "available" and row.used > 0 for row in self.agents)

    @property
    def unmanned(self) -> int:
        """Open queues in which nobody is free."""
        return sum(not row.closed and not row.agents_free for row in self.queues)

    @property
    def help_wanted(self) -> int:
        """Agents who ask for a supervisor."""
        return sum(row.help_wanted_at is not None for row in self.agents)


def wallboard(conn: Connection, brands: Brands) -> Board:
    """The board of the brands a supervisor sees (None: all), read anew, in nine statements."""
    return BoardCache().read(conn, brands)


class BoardCache:
    """The board, with what was read a moment ago. Readers in several threads may read twice, but
    never something wrong."""

    def __init__(self) -> None:
        self._rates: dict[Brands, Rates] = {}
        self._boards: dict[Brands, Board] = {}

    def read(self, conn: Connection, brands: Brands) -> Board:
        """The board with counters of this moment and rates of the last 15 s."""
        now = clock.now()
        rates = self._rates.get(brands)
        if rates is None or not 0 <= now - rates.at < RATES_MS:
            rates = self._rates[brands] = board_rates(conn, brands, now)
        held = held_now(conn, brands)
        rows = queues_now(conn, brands, now)
        people = agents_now(conn, brands, held)
        found = Board(now, tuple(_with_day(rows, rates)), people, rates)
        self._boards[brands] = found
        return found

    def glance(self, conn: Connection, brands: Brands) -> Board:
        """The same, but for several who look in the same second it is read once."""
        known = self._boards.get(brands)
        if known is not None and 0 <= clock.now() - known.at < NOW_MS:
            return known
        return self.read(conn, brands)


def _with_day(rows: Iterable[QueueNow], rates: Rates) -> Iterable[QueueRow]:
    return (QueueRow(**asdict(row), day=rates.queues.get(row.id, Counts())) for row in rows)
