"""When anybody is to be there for a queue and channel: the hours of the queue, or else those of the
inboxes that lead to it."""

from sqlalchemy import Connection, select

from app.models.organisation import inboxes, queues
from app.queries.arrivals import Brands, of_brands
from app.queries.calendars import calendar
from routing.hours import Hours, is_open


def opening_hours(
    conn: Connection, queue: int | None, channel: str, brands: Brands
) -> tuple[Hours, ...] | None:
    """The calendars that count; it is open when one of them is. None: open around the clock."""
    wanted = select(queues.c.id, queues.c.hours_id).where(queues.c.active, of_brands(brands))
    if queue is not None:
        wanted = wanted.where(queues.c.id == queue)
    ids: set[int | None] = set()
    for row in conn.execute(wanted):
        leading = conn.execute(
            select(inboxes.c.hours_id).where(
                inboxes.c.queue_id == row.id, inboxes.c.channel == channel, inboxes.c.active
            )
        )
        own = {row.hours_id} if row.hours_id is not None else set(leading.scalars())
        ids |= own or ({None} if queue is not None else set())
    found = [calendar(conn, hours_id) for hours_id in ids]
    known = tuple(hours for hours in found if hours is not None)
    return None if not found or len(known) < len(found) else known


def open_at(hours: tuple[Hours, ...] | None, at: int) -> bool:
    """Whether anybody is to be there at that moment."""
    return hours is None or any(is_open(each, at) for each in hours)
