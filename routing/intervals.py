"""Quarters of an hour: moments and spans of time put into the rows that reports are made of.

A quarter begins at a whole multiple of 15 minutes UTC. Every time zone in use lies a multiple of
15 minutes away from UTC, so quarters add up to hours and days anywhere. A span is (began, ended)
in ms, its end not included.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence

QUARTER_MS = 900_000

Span = tuple[int, int]


def quarter_of(at: int) -> int:
    """The beginning of the quarter that a moment lies in."""
    return at - at % QUARTER_MS


def quarters(began: int, ended: int) -> range:
    """The quarters that a span touches; none for an empty span."""
    return range(quarter_of(began), ended, QUARTER_MS) if ended > began else range(0)


def split(span: Span) -> Iterator[tuple[int, int]]:
    """(quarter, ms of the span in it) for each quarter it touches; they sum to its length."""
    began, ended = span
    for quarter in quarters(began, ended):
        yield quarter, min(ended, quarter + QUARTER_MS) - max(began, quarter)


def merged(spans: Iterable[Span]) -> list[Span]:
    """The same time as spans that do not overlap or touch, in order."""
    found: list[Span] = []
    for began, ended in sorted(spans):
        if ended <= began:
            continue
        if found and began <= found[-1][1]:
            found[-1] = found[-1][0], max(found[-1][1], ended)
        else:
            found.append((began, ended))
    return found


def overlap(span: Span, within: Sequence[Span]) -> Iterator[Span]:
    """The parts of a span that lie in `within`, which are in order and do not overlap."""
    began, ended = span
    for number in range(bisect_right(within, began, key=_end), len(within)):
        opens, closes = within[number]
        if opens >= ended:
            return
        yield max(began, opens), min(ended, closes)


def _end(span: Span) -> int:
    return span[1]
