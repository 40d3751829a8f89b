"""What a chart shows, as data for static/js/charts.js: moments in seconds, values, how to draw."""

from collections.abc import Callable, Sequence
from typing import Any

from app.pages import N_
from app.queries.history import AgentSums, QueueSums
from routing.intervals import Span

Chart = dict[str, Any]


def series(
    label: str, values: Sequence[float | None], look: str, colour: str, *, hatched: bool = False
) -> Chart:
    """A line or a row of bars. `look`: bar, line, before (the time before: thin, dashed), goal."""
    return {
        "label": label, "values": list(values), "look": look, "colour": colour, "hatched": hatched,
    }  # fmt: skip


def chart(bins: Sequence[Span], unit: str, parts: Sequence[Chart], zone: str) -> Chart:
    """`unit`: count, share or ms. Bars are stacked in the order given, from the ground up."""
    return {
        "x": [began // 1000 for began, _ in bins],
        "ends": bins[-1][1] // 1000 if bins else 0,
        "unit": unit,
        "zone": zone,
        "series": list(parts),
    }


class QueueCharts:
    """The charts of queues: contacts, service level, speed of answer, handling time."""

    def __init__(
        self,
        now: Sequence[QueueSums | None],
        before: Sequence[QueueSums],
        say: Callable[[str], str],
    ) -> None:
        self._now, self._say = now, say
        self._before = [*before, *[QueueSums()] * len(now)][: len(now)]

    def contacts(self) -> list[Chart]:
        """What came, by what became of it."""
        say = self._say
        return [
            series(say(N_("Answered")), self._of(lambda s: s.answered), "bar", "--chart-1"),
            series(
                say(N_("Abandoned")),
                self._of(lambda s: s.abandoned + s.short_abandoned),
                "bar",
                "--chart-2",
                hatched=True,
            ),
            series(say(N_("Other")), self._of(lambda s: max(0, s.open)), "bar", "--chart-3"),
            series(
                say(N_("Offered before")),
                [s.offered for s in self._before],
                "before",
                "--chart-before",
            ),
        ]

    def service_level(self, goal: float) -> list[Chart]:
        """Against its goal."""
        level = self._say(N_("Service level"))
        return [
            series(level, self._of(lambda s: s.service_level), "line", "--chart-1"),
            series(
                self._say(N_("Before")),
                [s.service_level for s in self._before],
                "before",
                "--chart-before",
            ),
            series(self._say(N_("Goal")), [goal for _ in self._now], "goal", "--chart-goal"),
        ]

    def time(self, label: str, read: Callable[[QueueSums], float | None]) -> list[Chart]:
        """A mean length of time, beside the time before."""
        return [
            series(self._say(label), self._of(read), "line", "--chart-1"),
            series(
                self._say(N_("Before")), [read(s) for s in self._before], "before", "--chart-before"
            ),
        ]

    def _of(self, read: Callable[[QueueSums], float | None]) -> list[float | None]:
        return [None if sums is None else read(sums) for sums in self._now]


class AgentCharts:
    """The charts of agents: how their time went, what they handled."""

    def __init__(
        self,
        now: Sequence[AgentSums | None],
        before: Sequence[AgentSums],
        say: Callable[[str], str],
    ) -> None:
        self._now, self._say = now, say
        self._before = [*before, *[AgentSums()] * len(now)][: len(now)]

    def time(self) -> list[Chart]:
        """Time signed in, by what was done with it."""
        say = self._say
        return [
            series(say(N_("Busy")), self._of(lambda s: s.busy_ms), "bar", "--chart-1"),
            series(
                say(N_("Available, nothing in hand")),
                self._of(lambda s: s.available_ms - s.busy_ms),
                "bar",
                "--chart-3",
            ),
            series(
                say(N_("Away")), self._of(lambda s: s.away_ms), "bar", "--chart-4", hatched=True
            ),
            series(
                say(N_("Not ready")),
                self._of(lambda s: s.not_ready_ms),
                "bar",
                "--chart-2",
                hatched=True,
            ),
        ]

    def handled(self) -> list[Chart]:
        """Contacts that were brought to an end."""
        return [
            series(self._say(N_("Handled")), self._of(lambda s: s.handled), "bar", "--chart-1"),
            series(
                self._say(N_("Before")),
                [s.handled for s in self._before],
                "before",
                "--chart-before",
            ),
        ]

    def occupancy(self) -> list[Chart]:
        """Share of the available time with something in hand."""
        return [
            series(
                self._say(N_("Occupancy")), self._of(lambda s: s.occupancy), "line", "--chart-1"
            ),
            series(
                self._say(N_("Before")),
                [s.occupancy for s in self._before],
                "before",
                "--chart-before",
            ),
        ]

    def _of(self, read: Callable[[AgentSums], float | None]) -> list[float | None]:
        return [None if sums is None else read(sums) for sums in self._now]
