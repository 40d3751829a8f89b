"""When a figure that crosses its threshold is worth a word: it has to hold, and is not repeated.

`step` is told each measurement in turn and keeps no clock of its own. Between two measurements a
figure is taken to have stayed as it was measured.
"""

from dataclasses import dataclass, replace
from typing import Literal

Direction = Literal["above", "below"]
Happening = Literal["", "began", "raised", "ended"]


@dataclass(frozen=True, slots=True)
class Rule:
    """Above or below a threshold (never at it), for `for_ms`; then quiet for `quiet_ms`."""

    direction: Direction
    threshold: int
    for_ms: int
    quiet_ms: int

    def broken_by(self, value: int | None) -> bool:
        """Whether a measurement is beyond the threshold; what cannot be measured is not."""
        if value is None:
            return False
        return value > self.threshold if self.direction == "above" else value < self.threshold

    def worse(self, one: int, other: int) -> int:
        """The one of two measurements that is further beyond the threshold."""
        return max(one, other) if self.direction == "above" else min(one, other)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a rule stands: since when it is broken, whether that was said, and when it was last."""

    since: int | None = None
    raised_at: int | None = None
    worst: int | None = None
    last_raised_at: int | None = None

    @property
    def is_raised(self) -> bool:
        """Whether an alert is up."""
        return self.raised_at is not None


def step(rule: Rule, before: Standing, value: int | None, now: int) -> tuple[Standing, Happening]:
    """The standing after a measurement, and what happened.

    "began": the threshold was crossed. "raised": it has held for long enough and the quiet time
    since the last alert is over. "ended": it is no longer crossed. In the quiet time an alert that
    is due waits; it is raised at its end if the figure is still beyond then.
    """
    if value is None or not rule.broken_by(value):
        if before.since is None:
            return before, ""
        return Standing(last_raised_at=before.last_raised_at), "ended"
    if before.since is None or before.worst is None:
        return _raise_if_due(rule, replace(before, since=now, worst=value), now, "began")
    worse = replace(before, worst=rule.worse(before.worst, value))
    return _raise_if_due(rule, worse, now, "")


def _raise_if_due(
    rule: Rule, standing: Standing, now: int, otherwise: Happening
) -> tuple[Standing, Happening]:
    if standing.is_raised or standing.since is None or now - standing.since < rule.for_ms:
        return standing, otherwise
    last = standing.last_raised_at
    if last is not None and now - last < rule.quiet_ms:
        return standing, otherwise
    return replace(standing, raised_at=now, last_raised_at=now), "raised"
