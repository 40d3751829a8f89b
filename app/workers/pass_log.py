"""The log of passes until it is written: with the next decision, or after a while."""

from app.actions.route_pass import LogRow
from app.queries.routing_log import Shorthand
from routing.digest import digest
from routing.log import Pass
from routing.state import State

WAITS_MS = 5_000  # passes without a decision are written together, at the latest after so long


class PassLog:
    """Collects what an engine was told and decided. Every pass counts, also those without a
    decision: what was noted when is part of what the next one decides."""

    def __init__(self) -> None:
        self._shorthand = Shorthand()
        self._rows: list[LogRow] = []
        self._passes: list[Pass] = []
        self._policy = 0
        self.due_at: int | None = None

    def begin(self, state: State, at: int) -> None:
        """A new engine goes on from `state`."""
        self._close()
        self._policy = state.policy_version
        plain = self._shorthand.write_state(state)
        self._rows.append(LogRow("state", at, self._policy, plain, digest(state)))
        self.due_at = at

    def add(self, one: Pass) -> None:
        """A pass was made."""
        self._passes.append(one)
        if self.due_at is None:
            self.due_at = one.at + WAITS_MS

    def is_due(self, now: int) -> bool:
        """Whether something has waited for long enough."""
        return self.due_at is not None and self.due_at <= now

    def take(self) -> list[LogRow]:
        """All rows that were not written yet, in order; they count as written from now on."""
        self._close()
        rows, self._rows, self.due_at = self._rows, [], None
        return rows

    def _close(self) -> None:
        if self._passes:
            plain = self._shorthand.write_passes(self._passes)
            at = self._passes[0].at
            self._rows.append(LogRow("pass", at, self._policy, plain))
            self._passes = []
