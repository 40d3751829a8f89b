"""How much work lies where, for whoever watches the installation: only what is not finished."""

from dataclasses import dataclass

from sqlalchemy import Column, Connection, func, select

from app.models.contact import contacts
from app.models.work import outbox, raw_mails


@dataclass(frozen=True, slots=True)
class Backlog:
    """Counts by state, and since when the oldest of them lies there (ms)."""

    outbox: dict[str, int]
    mails: dict[str, int]
    contacts: dict[str, int]
    oldest_waiting_at: int | None
    oldest_queued_at: int | None


OUTBOX = ("queued", "sending", "failed", "uncertain")
MAILS = ("stored", "failed")
CONTACTS = ("waiting", "offered", "active", "wrap_up")


def backlog(conn: Connection) -> Backlog:
    """Five counts over indexes; what is done is never looked at."""
    return Backlog(
        outbox=_by(conn, outbox.c.state, OUTBOX),
        mails=_by(conn, raw_mails.c.state, MAILS),
        contacts=_by(conn, contacts.c.status, CONTACTS),
        oldest_waiting_at=conn.execute(
            select(func.min(contacts.c.enqueued_at)).where(
                contacts.c.status.in_(("waiting", "offered"))
            )
        ).scalar(),
        oldest_queued_at=conn.execute(
            select(func.min(outbox.c.created_at)).where(outbox.c.state == "queued")
        ).scalar(),
    )


def _by(conn: Connection, column: Column[str], states: tuple[str, ...]) -> dict[str, int]:
    rows = conn.execute(
        select(column, func.count().label("many")).where(column.in_(states)).group_by(column)
    )
    found = {row[0]: row.many for row in rows}
    return {state: found.get(state, 0) for state in states}
