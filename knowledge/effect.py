"""The difference of two rates with its confidence interval: what suggestions really change."""

from dataclasses import dataclass
from math import sqrt

Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Effect:
    """A difference of rates, with the bounds of its 95 % interval; all in -1..1."""

    difference: float
    low: float
    high: float


def wilson(hits: int, of: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (1927); (0, 1) of nothing."""
    if of == 0:
        return 0.0, 1.0
    share = hits / of
    middle = share + z * z / (2 * of)
    spread = z * sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    below = 1 + z * z / of
    return max(0.0, (middle - spread) / below), min(1.0, (middle + spread) / below)


def newcombe(hits: int, of: int, other_hits: int, other_of: int) -> Effect | None:
    """How much higher the first rate is than the other, by Newcombe's hybrid score method
    (Statistics in Medicine 17, 1998, method 10); None where one of the two has no cases."""
    if of == 0 or other_of == 0:
        return None
    one, other = hits / of, other_hits / other_of
    low_1, high_1 = wilson(hits, of)
    low_2, high_2 = wilson(other_hits, other_of)
    difference = one - other
    return Effect(
        difference,
        max(-1.0, difference - sqrt((one - low_1) ** 2 + (high_2 - other) ** 2)),
        min(1.0, difference + sqrt((high_1 - one) ** 2 + (other - low_2) ** 2)),
    )
