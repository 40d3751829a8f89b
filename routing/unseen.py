"""What a log cannot show: how long those would have waited who were answered, and how long those
would have taken who left.

Both are drawn from what was seen of others in the same queue and channel. The draw depends on the
contact alone, so that the same contact behaves the same in every replay.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import replace
from math import log
from statistics import median

from routing.day import Coming

LEAST_SEEN = 5
UNKNOWN_HANDLING_MS = 5 * 60_000

Line = tuple[int, str]  # queue and channel


def complete(coming: Iterable[Coming]) -> tuple[Coming, ...]:
    """The contacts with what nobody saw filled in.

    Patience is taken as exponential, its mean being all the time waited ÷ those who left (the
    maximum likelihood under censoring, Gans et al., M&SOM 5:79, 2003); nobody is made to leave in a
    line where fewer than five did. A missing handling time is one of those seen in the line.
    """
    rows = tuple(coming)
    handled, patience = _handled(rows), _patience(rows)
    every = [ms for times in handled.values() for ms in times]
    usual = [round(median(every)) if every else UNKNOWN_HANDLING_MS]
    filled = []
    for row in rows:
        line = _line(row)
        if row.handling_ms is None:
            times = handled.get(line, usual)
            place = int(uniform(row.contact.id, 1) * len(times))
            row = replace(row, handling_ms=times[place])
        if row.gives_up_at is None and row.stayed_until and line in patience:
            longer = -log(1 - uniform(row.contact.id, 2)) * patience[line]
            row = replace(row, gives_up_at=row.stayed_until + 1 + round(longer))
        filled.append(row)
    return tuple(filled)


def uniform(number: int, salt: int) -> float:
    """A number from 0 to below 1 that depends on these two only (splitmix64, Steele 2014)."""
    mask = (1 << 64) - 1
    z = (number * 4 + salt + 1) * 0x9E3779B97F4A7C15 & mask
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & mask
    z = (z ^ z >> 27) * 0x94D049BB133111EB & mask
    return ((z ^ z >> 31) >> 11) / (1 << 53)


def _line(row: Coming) -> Line:
    return row.contact.queue, row.contact.channel


def _handled(rows: Iterable[Coming]) -> Mapping[Line, list[int]]:
    times: defaultdict[Line, list[int]] = defaultdict(list)
    for row in rows:
        if row.handling_ms is not None:
            times[_line(row)].append(row.handling_ms)
    return times


def _patience(rows: Iterable[Coming]) -> dict[Line, float]:
    waited: defaultdict[Line, int] = defaultdict(int)
    left: defaultdict[Line, int] = defaultdict(int)
    for row in rows:
        until = row.stayed_until if row.gives_up_at is None else row.gives_up_at
        waited[_line(row)] += max(0, until - row.contact.enqueued_at)
        left[_line(row)] += row.gives_up_at is not None
    return {line: waited[line] / count for line, count in left.items() if count >= LEAST_SEEN}
