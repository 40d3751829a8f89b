"""What the pages of a scenario show: figures side by side with what changed, charts, tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from app.pages import N_
from app.web.supervise.charts import Chart, chart, series
from routing.intervals import QUARTER_MS

Shape = Literal["share", "ms", "count", "ratio"]
Say = Callable[[str], str]

# Figure, how it is written, whether more of it is better (None: neither).
FIGURES: tuple[tuple[str, Shape, bool | None], ...] = (
    ("service_level", "share", True),
    ("asa_ms", "ms", False),
    ("wait_p95_ms", "ms", False),
    ("abandonment", "share", False),
    ("answered", "count", None),
    ("waiting", "count", False),
    ("overflowed", "count", None),
)
OF_A_PART = ("service_level", "asa_ms", "wait_p95_ms", "abandonment")
NOTICED: dict[Shape, float] = {"share": 0.005, "ms": 1000, "count": 0.5, "ratio": 0.005}
TIERS = ("low", "normal", "high", "urgent")


@dataclass(frozen=True, slots=True)
class Cell:
    """A figure, and how it differs from the day as it was: None where it cannot be said.

    `verdict` is better, worse, changed or same; empty for the day as it was.
    """

    value: float | None
    change: float | None = None
    verdict: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """One figure of every column."""

    figure: str
    shape: Shape
    cells: tuple[Cell, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """A queue or a priority: its name or code, what came, its figures."""

    name: str
    offered: tuple[int, ...]
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class ReplayView:
    """A day beside itself: as it was, and as one or two scenarios would have it."""

    lines: tuple[Line, ...]
    queues: tuple[Part, ...]
    tiers: tuple[Part, ...]


def replay_view(answers: Sequence[Mapping[str, Any]], queue_names: Mapping[str, str]) -> ReplayView:
    """The figures of one answer, or of two beside each other."""
    columns = [answers[0]["before"], *(answer["after"] for answer in answers)]
    lines = [
        _line(name, shape, better, _of_total(columns, name)) for name, shape, better in FIGURES
    ]
    lines.append(_line("occupancy", "share", None, [each["occupancy"] for each in columns]))
    lines.append(_line("fairness", "ratio", False, [each["fairness"] for each in columns]))
    known = [line for line in lines if any(cell.value for cell in line.cells)]
    queues = sorted(_names(columns, "queues"), key=lambda id: queue_names.get(id, id))
    tiers = [tier for tier in TIERS if tier in _names(columns, "tiers")]
    return ReplayView(
        tuple(known),
        tuple(_part(columns, "queues", id, queue_names.get(id, id)) for id in queues),
        tuple(_part(columns, "tiers", tier, tier) for tier in tiers),
    )


def replay_charts(
    answers: Sequence[Mapping[str, Any]],
    names: Sequence[str],
    as_it_was: str,
    queue: str,
    began_at: int,
    zone: str,
) -> dict[str, Chart]:
    """By quarter of an hour of the day: service level, 95th percentile of the wait, what came."""
    columns = [answers[0]["before"], *(answer["after"] for answer in answers)]
    rows = [
        {row["at"]: row for row in each["quarters"].get(queue, ()) if row["at"] >= began_at}
        for each in columns
    ]
    bins = _bins(at for column in rows for at in column)
    looks = [("before", "--chart-before"), ("line", "--chart-1"), ("line", "--chart-4")]

    def draw(figure: str, unit: str) -> Chart:
        parts = [
            series(name, [column.get(at, {}).get(figure) for at, _ in bins], *look)
            for name, column, look in zip([as_it_was, *names], rows, looks, strict=False)
        ]
        return chart(bins, unit, parts, zone)

    found = {"level": draw("level", "share"), "p95": draw("p95_ms", "ms")}
    if queue == "all":
        found["occupancy"] = draw("occupancy", "share")
    return found | {"offered": draw("offered", "count")}


@dataclass(frozen=True, slots=True)
class ForecastView:
    """The days of a forecast: sums by day, and the busiest quarter of an hour."""

    total: float
    days: tuple[tuple[int, float, int, int], ...]  # begins at, sum, busiest quarter at, its mean
    busiest: tuple[int, float]


def forecast_view(answer: Mapping[str, Any], day_of: Callable[[int], int]) -> ForecastView:
    """`day_of` gives the beginning of a moment's day."""
    by_day: dict[int, list[list[Any]]] = {}
    for row in answer["rows"]:
        by_day.setdefault(day_of(row[0]), []).append(row)
    days = []
    for begins, rows in sorted(by_day.items()):
        top = max(rows, key=lambda row: row[1])
        days.append((begins, sum(row[1] for row in rows), top[0], round(top[1])))
    busiest = max(answer["rows"], key=lambda row: row[1])
    total = sum(row[1] for row in answer["rows"])
    return ForecastView(total, tuple(days), (busiest[0], busiest[1]))


def forecast_chart(answer: Mapping[str, Any], say: Say, zone: str) -> Chart:
    """The mean within its range, and a week before."""
    rows = answer["rows"]
    bins = [(row[0], row[0] + QUARTER_MS) for row in rows]
    parts = [
        series(say(N_("Highest")), [row[3] for row in rows], "band", "--chart-1"),
        series(say(N_("Lowest")), [row[2] for row in rows], "band", "--chart-1"),
        series(say(N_("Expected")), [row[1] for row in rows], "line", "--chart-1"),
        series(say(N_("A week before")), [row[4] for row in rows], "before", "--chart-before"),
    ]
    return chart(bins, "count", parts, zone)


@dataclass(frozen=True, slots=True)
class StaffingView:
    """A plan: the most needed at once, hours of work needed and there, quarters that fall short."""

    peak: int
    peak_at: int
    needed_h: float
    positions_h: float
    present_h: float
    short: int
    rows: tuple[Mapping[str, Any], ...]


def staffing_view(answer: Mapping[str, Any]) -> StaffingView:
    """The quarters for which anybody is planned or in which anybody is there."""
    rows = [row for row in answer["rows"] if row["planned"] or row["present"]]
    top = max(answer["rows"], key=lambda row: row["needed"])
    return StaffingView(
        peak=top["needed"],
        peak_at=top["at"],
        needed_h=sum(row["needed"] for row in rows) / 4,
        positions_h=sum(row["positions"] for row in rows) / 4,
        present_h=sum(row["present"] for row in rows) / 4,
        short=sum(row["present"] < row["needed"] for row in rows),
        rows=tuple(rows),
    )


def staffing_chart(answer: Mapping[str, Any], say: Say, zone: str) -> Chart:
    """Needed against usually there."""
    rows = answer["rows"]
    bins = [(row["at"], row["at"] + QUARTER_MS) for row in rows]
    there = [row["present"] for row in rows]
    parts = [
        series(say(N_("Usually there")), there, "bar", "--chart-3"),
        series(say(N_("Needed")), [row["needed"] for row in rows], "line", "--chart-1"),
    ]
    return chart(bins, "count", parts, zone)


def _names(columns: Iterable[Mapping[str, Any]], of: str) -> set[str]:
    return {name for column in columns for name in column[of]}


def _of_total(columns: Sequence[Mapping[str, Any]], name: str) -> list[float | None]:
    return [column["total"][name] for column in columns]


def _part(columns: Sequence[Mapping[str, Any]], of: str, id: str, name: str) -> Part:
    figures = [column[of].get(id, {}) for column in columns]
    known = {figure: (shape, better) for figure, shape, better in FIGURES}
    return Part(
        name,
        tuple(each.get("offered", 0) for each in figures),
        tuple(
            _line(figure, *known[figure], [each.get(figure) for each in figures])
            for figure in OF_A_PART
        ),
    )


def _line(figure: str, shape: Shape, better: bool | None, values: Sequence[float | None]) -> Line:
    before, *others = values
    cells = [Cell(before), *(_cell(before, value, shape, better) for value in others)]
    return Line(figure, shape, tuple(cells))


def _cell(before: float | None, value: float | None, shape: Shape, better: bool | None) -> Cell:
    if before is None or value is None:
        return Cell(value)
    change = value - before
    if abs(change) < NOTICED[shape]:
        return Cell(value, change, "same")
    if better is None:
        return Cell(value, change, "changed")
    return Cell(value, change, "better" if (change > 0) == better else "worse")


def _bins(instants: Iterable[int]) -> list[tuple[int, int]]:
    found = sorted(set(instants))
    if not found:
        return []
    return [(at, at + QUARTER_MS) for at in range(found[0], found[-1] + 1, QUARTER_MS)]
