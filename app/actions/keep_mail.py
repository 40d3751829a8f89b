"""Raw mails as they came: kept before anything else happens, read in a second step, retried.

The file lies on disk before the row is written; the row and the mailbox's cursor are one write, so
that no mail is fetched twice or left out, whenever the process dies.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, insert, select, update

from app.actions.rows import change_row
from app.db import Tx
from app.models.conversation import files
from app.models.organisation import inboxes
from app.models.work import raw_mails

PAUSES_MS = (10_000, 60_000, 300_000, 1_800_000)  # between attempts to read a mail
MAX_ATTEMPTS = len(PAUSES_MS) + 1


_ADD = insert(raw_mails)
_ADD_FILE = insert(files)
_READ = (
    update(raw_mails)
    .where(raw_mails.c.id == bindparam("raw_id"))
    .values(
        state="parsed",
        message_id=bindparam("became"),
        error=bindparam("note"),
        attempts=raw_mails.c.attempts + 1,
    )
)


@dataclass(frozen=True, slots=True)
class KeptMail:
    """A mail whose `length` bytes lie on disk under `digest`. `size` is what the server says it
    has, where only the header was kept; `uid` and `uidvalidity` name it in its mailbox."""

    digest: str
    length: int
    size: int | None = None
    uidvalidity: int | None = None
    uid: int | None = None
    mail_from: str = ""
    rcpt_to: Sequence[str] = ()


def keep_mails(tx: Tx, inbox_id: int, source: str, mails: Sequence[KeptMail]) -> int:
    """Remember mails in the order they came; returns how many the inbox did not have yet."""
    fresh: dict[str, KeptMail] = {}
    for mail in mails:
        fresh.setdefault(mail.digest, mail)
    known = select(raw_mails.c.hash).where(
        raw_mails.c.inbox_id == inbox_id, raw_mails.c.hash.in_(list(fresh))
    )
    for digest in tx.execute(known).scalars():
        del fresh[digest]
    if fresh:
        file_ids = _remember_files(tx, list(fresh.values()))
        rows = [_row(tx, inbox_id, source, mail, file_ids[mail.digest]) for mail in fresh.values()]
        tx.execute(_ADD, rows)
    last = max((mail for mail in mails if mail.uid is not None), key=_uid, default=None)
    if last is not None:
        change_row(tx, inboxes, inbox_id, uidvalidity=last.uidvalidity, uid=last.uid)
    return len(fresh)


def _uid(mail: KeptMail) -> int:
    return mail.uid or 0


def _remember_files(tx: Tx, mails: Sequence[KeptMail]) -> dict[str, int]:
    """The rows of these mails' bytes, by hash; made where they are not there yet."""
    wanted = select(files.c.hash, files.c.id).where(files.c.hash.in_([m.digest for m in mails]))
    found = {row.hash: row.id for row in tx.execute(wanted)}
    missing = [mail for mail in mails if mail.digest not in found]
    if missing:
        rows = [{"hash": m.digest, "size": m.length, "created_at": tx.now} for m in missing]
        tx.execute(_ADD_FILE, rows)
        found |= {row.hash: row.id for row in tx.execute(wanted)}
    return found


def _row(tx: Tx, inbox_id: int, source: str, mail: KeptMail, file_id: int) -> dict[str, Any]:
    return {
        "inbox_id": inbox_id,
        "file_id": file_id,
        "hash": mail.digest,
        "size": mail.size or mail.length,
        "source": source,
        "uidvalidity": mail.uidvalidity,
        "uid": mail.uid,
        "mail_from": mail.mail_from[:254],
        "rcpt_to": [address[:254] for address in mail.rcpt_to],
        "next_at": tx.now,
        "received_at": tx.now,
    }


def mailbox_read(tx: Tx, inbox_id: int, uidvalidity: int, uid: int) -> None:
    """The mailbox was read up to here, and is well."""
    tx.execute(
        update(inboxes)
        .where(inboxes.c.id == inbox_id)
        .values(
            uidvalidity=uidvalidity,
            uid=uid,
            left_to_fetch=0,
            last_success_at=tx.now,
            last_error="",
        )
    )


def mailbox_left(tx: Tx, inbox_id: int, mails: int) -> None:
    """A backlog is being fetched: so many mails are still to come."""
    tx.execute(
        update(inboxes)
        .where(inboxes.c.id == inbox_id)
        .values(left_to_fetch=mails, last_success_at=tx.now, last_error="")
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
    tx.execute(_READ, {"raw_id": raw_id, "became": message_id, "note": note})


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
