"""How the mailboxes are: the last success, the lag, the last error, what needs a person."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from app.models.mail_settings import imap_of, oauth_of
from app.models.organisation import inboxes, mail_logins
from app.models.work import outbox, raw_mails

SHOWN = 200


@dataclass(frozen=True, slots=True)
class Mailbox:
    """An email inbox and how fetching goes. `fetched` is False when mail is handed to us."""

    id: int
    name: str
    address: str
    fetched: bool
    last_success_at: int | None
    last_error_at: int | None
    last_error: str
    waiting: int  # mails kept but not read yet
    unreadable: int
    unsent: int
    left: int  # of a backlog, still to be fetched
    fetched_mails: int  # so far, where there is a backlog
    oldest_waiting_at: int | None  # kept then, and not read yet
    sign_in: str  # "" where a password does; asked, agreed, refused at the mailbox's provider

    @property
    def failing(self) -> bool:
        """Whether the last try failed."""
        return self.last_error_at is not None and self.last_error_at > (self.last_success_at or 0)


@dataclass(frozen=True, slots=True)
class StuckMail:
    """A mail that needs a person: one that could not be read, or not be sent."""

    id: int
    inbox: str
    who: str  # whom it came from, or whom it should go to
    error: str
    attempts: int
    at: int


def mailboxes(conn: Connection) -> list[Mailbox]:
    """Every email inbox in use."""
    counted = {
        (row.inbox_id, row.state): row.number
        for row in conn.execute(
            select(raw_mails.c.inbox_id, raw_mails.c.state, func.count().label("number"))
            .where(raw_mails.c.state != "parsed")
            .group_by(raw_mails.c.inbox_id, raw_mails.c.state)
        )
    }
    unsent = {
        row.inbox_id: row.number
        for row in conn.execute(
            select(outbox.c.inbox_id, func.count().label("number"))
            .where(outbox.c.state.in_(("failed", "uncertain")))
            .group_by(outbox.c.inbox_id)
        )
    }
    oldest = {
        row.inbox_id: row.at
        for row in conn.execute(
            select(raw_mails.c.inbox_id, func.min(raw_mails.c.received_at).label("at"))
            .where(raw_mails.c.state == "stored")
            .group_by(raw_mails.c.inbox_id)
        )
    }
    rows = conn.execute(
        select(inboxes, mail_logins.c.state.label("sign_in"))
        .outerjoin(mail_logins, mail_logins.c.inbox_id == inboxes.c.id)
        .where(inboxes.c.channel == "email", inboxes.c.active)
        .order_by(func.lower(inboxes.c.name))
    )
    return [
        Mailbox(
            row.id,
            row.name,
            row.address,
            imap_of(row.settings) is not None,
            row.last_success_at,
            row.last_error_at,
            row.last_error,
            counted.get((row.id, "stored"), 0),
            counted.get((row.id, "failed"), 0),
            unsent.get(row.id, 0),
            row.left_to_fetch,
            _fetched(conn, row.id) if row.left_to_fetch else 0,
            oldest.get(row.id),
            (row.sign_in or "asked") if oauth_of(row.settings) is not None else "",
        )
        for row in rows
    ]


def _fetched(conn: Connection, inbox_id: int) -> int:
    found = conn.execute(
        select(func.count()).where(raw_mails.c.inbox_id == inbox_id, raw_mails.c.source == "imap")
    )
    return int(found.scalar_one())


def unreadable_mails(conn: Connection) -> list[StuckMail]:
    """Mails that could not be read, the newest first; they are kept and can be tried again."""
    rows = conn.execute(
        select(raw_mails, inboxes.c.name)
        .join(inboxes, inboxes.c.id == raw_mails.c.inbox_id)
        .where(raw_mails.c.state == "failed")
        .order_by(raw_mails.c.id.desc())
        .limit(SHOWN)
    )
    return [StuckMail(r.id, r.name, r.mail_from, r.error, r.attempts, r.received_at) for r in rows]


def unsent_system_mails(conn: Connection) -> list[StuckMail]:
    """Mails to agents, invitations and resets that could not be sent; others show that in their
    thread."""
    rows = conn.execute(
        select(outbox)
        .where(outbox.c.kind != "email", outbox.c.state.in_(("failed", "uncertain")))
        .order_by(outbox.c.id.desc())
        .limit(SHOWN)
    )
    return [
        StuckMail(r.id, "", str(r.payload.get("to", "")), r.error, r.attempts, r.created_at)
        for r in rows
    ]
