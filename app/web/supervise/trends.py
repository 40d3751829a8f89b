"""The small curves of the wallboard: the last 24 hours, faintly the same hours a week before."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from app.queries.board_rates import Counts, Rates, added

WIDTH, HEIGHT = 96, 24  # a quarter of an hour is one unit wide
HOUR = 4  # quarters: shares are of the hour up to a point, for a quarter alone is too few contacts


@dataclass(frozen=True, slots=True)
class Curve:
    """Two SVG paths in a box of 96 × 24; empty where there is nothing to show."""

    now: str
    before: str


@dataclass(frozen=True, slots=True)
class Trends:
    """A curve for each number of the board."""

    level: Curve
    offered: Curve
    longest: Curve
    staffed: Curve
    abandonment: Curve
    asa: Curve


def trends(rates: Rates) -> Trends:
    """The curves of these rates."""

    def of(figure: Callable[[Counts], float | None], hours: int = HOUR) -> Curve:
        return curve(
            [figure(part) for part in _rolling(rates.quarters, hours)],
            [figure(part) for part in _rolling(rates.before, hours)],
        )

    return Trends(
        level=of(lambda part: part.service_level),
        offered=of(lambda part: float(part.offered), 2),
        longest=of(lambda part: float(part.longest_ms) if part.offered else None, 1),
        staffed=curve(rates.staffed, ()),
        abandonment=of(lambda part: part.abandonment),
        asa=of(lambda part: part.asa_ms),
    )


def curve(now: Sequence[float | None], before: Sequence[float | None]) -> Curve:
    """Both lines on one scale, from nought to the largest value of either."""
    top = max((value for value in (*now, *before) if value is not None), default=0.0)
    return Curve(_path(now, top), _path(before, top) if any(before) else "")


def _path(values: Sequence[float | None], top: float) -> str:
    """An SVG path through what is known; the line breaks where nothing is."""
    parts: list[str] = []
    pen = "M"
    for quarter, value in enumerate(values):
        if value is None:
            pen = "M"
            continue
        height = HEIGHT - 1 - (HEIGHT - 2) * (value / top if top else 0)
        parts.append(f"{pen}{quarter} {height:.1f}")
        pen = "L"
    return " ".join(parts)


def _rolling(quarters: Sequence[Counts], width: int) -> list[Counts]:
    return [added(quarters[max(0, end - width) : end]) for end in range(1, len(quarters) + 1)]
