"""More or fewer contacts than came: copies and thinning that depend on each contact alone."""

from collections.abc import Callable
from dataclasses import replace

from routing.day import Coming, Day
from routing.figures import QUARTER_MS
from routing.unseen import uniform

MOST = 10.0


def scaled(day: Day, factor: float, is_meant: Callable[[Coming], bool]) -> tuple[Coming, ...]:
    """The day's contacts, those meant `factor` times as often. Raises ValueError beyond 0..10."""
    if not 0 <= factor <= MOST:
        raise ValueError(f"arrivals times {factor}; give a factor from 0 to {MOST:g}")
    rows = []
    number = max((row.contact.id for row in day.coming), default=0)
    for row in day.coming:
        if row.held_by is not None or not is_meant(row):
            rows.append(row)
            continue
        copies = int(factor + uniform(row.contact.id, 3))
        if copies:
            rows.append(row)
        for copy in range(1, copies):
            number += 1
            rows.append(_later(row, number, copy))
    return tuple(rows)


def _later(row: Coming, number: int, copy: int) -> Coming:
    """A copy that comes up to a quarter of an hour sooner or later; nobody has refused it."""
    shift = round((2 * uniform(row.contact.id, 3 + copy) - 1) * QUARTER_MS)
    contact = row.contact
    moved = replace(
        contact,
        id=number,
        enqueued_at=contact.enqueued_at + shift,
        preferred_until=contact.preferred_until and contact.preferred_until + shift,
    )
    return replace(
        row,
        contact=moved,
        gives_up_at=None if row.gives_up_at is None else row.gives_up_at + shift,
        stayed_until=row.stayed_until and row.stayed_until + shift,
        replies=(),
    )
