"""Business hours out of the database: is an inbox open, and when does it open next."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.organisation import business_hours, inboxes, queues
from app.queries.calendars import hours_of
from routing.hours import is_open, next_opening


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether somebody is at work by the calendar; `next_at` is when it opens, if it is closed.

    `time_zone` is the one the hours are kept in.
    """

    open: bool
    next_at: int | None = None
    time_zone: str = "UTC"


def opening(conn: Connection, inbox_id: int, now: int) -> Opening:
    """The inbox's own hours, else its queue's; without hours it is always open.

    A queue that a supervisor has closed is closed, whatever the calendar says.
    """
    row = conn.execute(
        select(business_hours, queues.c.closed)
        .select_from(inboxes)
        .join(queues, queues.c.id == inboxes.c.queue_id)
        .outerjoin(
            business_hours,
            business_hours.c.id == func.coalesce(inboxes.c.hours_id, queues.c.hours_id),
        )
        .where(inboxes.c.id == inbox_id)
    ).first()
    if row is None or row.id is None:
        return Opening(open=row is None or not row.closed)
    hours = hours_of(row)
    if is_open(hours, now):
        if row.closed:
            return Opening(False, None, hours.time_zone)
        return Opening(True, None, hours.time_zone)
    return Opening(False, next_opening(hours, now), hours.time_zone)
