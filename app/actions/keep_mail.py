"""Raw mails as they came: kept before anything else happens, read in a second step, retried.

The file lies on disk before the row is written; the row and the mailbox's cursor are one write, so
that no mail is fetched twice or left out, whenever the process dies.
"""

from collections.abc import Sequence

from sqlalchemy import bindparam, select, update

from app.actions.attach import remember_file
from app.actions.rows import add_row, change_row
from app.db import NotFound, Tx
from app.files import StoredFile
from app.models.organisation import inboxes
from app.models.work import raw_mails
from app.security.permissions import Actor

PAUSES_MS = (10_000, 60_000, 300_000, 1_800_000)  # between attempts to read a mail
MAX_ATTEMPTS = len(PAUSES_MS) + 1


_KNOWN = select(raw_mails.c.id).where(
    raw_mails.c.inbox_id == bindparam("inbox_id"), raw_mails.c.hash == bindparam("digest")
)
_READ = (
    update(raw_mails)
    .where(raw_mails.c.id == bindparam("row_id"))
    .values(attempts=raw_mails.c.attempts + 1, state="parsed")
)


def keep_mail(
    tx: Tx,
    inbox_id: int,
    digest: str,
    kept: int,
    *,
    source: str,
    size: int | None = None,
    uidvalidity: int | None = None,
    uid: int | None = None,
    mail_from: str = "",
    rcpt_to: Sequence[str] = (),
) -> int | None:
    """Remember a mail whose `kept` bytes lie on disk under `digest`; its row's id, or None when the
    inbox has it already. `size` is what the server says it has, where only the header was kept."""
    if uid is not None:
        change_row(tx, inboxes, inbox_id, uidvalidity=uidvalidity, uid=uid)
    known = tx.execute(_KNOWN, {"inbox_id": inbox_id, "digest": digest}).scalar()
    if known is not None:
        return None
    return add_row(
        tx,
        raw_mails,
        inbox_id=inbox_id,
        file_id=remember_file(tx, StoredFile(digest, kept, "", "message/rfc822", "")),
        hash=digest,
        size=size or kept,
        source=source,
        uidvalidity=uidvalidity,
        uid=uid,
        mail_from=mail_from[:254],
        rcpt_to=[address[:254] for address in rcpt_to],
        next_at=tx.now,
        received_at=tx.now,
    )


def mailbox_read(tx: Tx, inbox_id: int, uidvalidity: int, uid: int) -> None:
    """The mailbox was read up to here, and is well."""
    tx.execute(
        update(inboxes)
        .where(inboxes.c.id == inbox_id)
        .values(uidvalidity=uidvalidity, uid=uid, last_success_at=tx.now, last_error="")
    )


def mailbox_failed(tx: Tx, inbox_id: int, error: str) -> None:
    """The mailbox could not be read; administrators see why."""
    tx.execute(
        update(inboxes)
        .where(inboxes.c.id == inbox_id)
        .values(last_error_at=tx.now, last_error=error[:2000])
    )


def mail_read(tx: Tx, raw_id: int, message_id: int | None, note: str = "") -> None:
    """The mail has become a message, or was found to need none."""
    tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id == raw_id)
        .values(
            state="parsed", message_id=message_id, error=note, attempts=raw_mails.c.attempts + 1
        )
    )


def mail_unread(tx: Tx, raw_id: int, error: str) -> str:
    """An attempt to read the mail failed: again later, a few times; returns its state."""
    attempts: int = tx.execute(
        select(raw_mails.c.attempts).where(raw_mails.c.id == raw_id)
    ).scalar_one()
    last = attempts + 1 >= MAX_ATTEMPTS
    state = "failed" if last else "stored"
    tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id == raw_id)
        .values(
            state=state,
            attempts=attempts + 1,
            error=error[:2000],
            next_at=tx.now + (0 if last else PAUSES_MS[attempts]),
        )
    )
    return state


def read_mail_again(tx: Tx, actor: Actor, raw_id: int) -> None:
    """An administrator asks for another attempt at a mail that could not be read."""
    actor.require("administer")
    done = tx.execute(
        update(raw_mails)
        .where(raw_mails.c.id == raw_id, raw_mails.c.state == "failed")
        .values(state="stored", attempts=0, next_at=tx.now)
    )
    if done.rowcount == 0:
        raise NotFound
