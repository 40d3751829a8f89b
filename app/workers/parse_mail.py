"""Kept mails become messages, in the order they came; one that cannot be read waits for another
attempt and never stops the rest."""

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select

from app import clock
from app.actions.customer_mail import Acknowledgement
from app.actions.file_mail import file_mail
from app.actions.keep_mail import mail_unread
from app.files import FileStore, StoredFile
from app.models.work import raw_mails
from app.pages import N_, negotiate
from app.queries.mail_inboxes import MailInbox, mail_inboxes
from app.runtime import Runtime
from app.workers.supervisor import Shift, Worker
from app.workers.thread import Lane
from channels.email.parse import parse
from channels.email.threading import verify
from channels.identity import normalise
from channels.language import detect
from channels.values import Identity, Inbound

TICK_S = 1.0
BATCH = 50
TIME_LIMIT_S = 30.0  # for one mail; the parser is linear, so this is for what nobody thought of
NOBODY = "unknown-sender@mail.invalid"  # stands for the sender of a mail that does not name one
ACKNOWLEDGED = N_("We have your message")
CUT = "The mail is {size} bytes, more than is taken; only its header was kept."

# In the header of the mail itself, not of one it carries: before the first empty line.
_OUR_MARK = re.compile(rb"\A(?:[^\r\n]+\r?\n)*?X-Switchroom:", re.IGNORECASE)

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReadMail:
    """A mail as read: its message, and its files, which lie on disk."""

    inbound: Inbound
    stored: Sequence[StoredFile]
    marked_own: bool = False


async def parse_mail(shift: Shift) -> None:
    """Read what was kept, as it comes, until stopped."""
    lane = Lane("parse")
    while not shift.stopping:
        if not await _round(shift, lane):
            await shift.rest(TICK_S)
    lane.leave()


async def _round(shift: Shift, lane: Lane) -> bool:
    """Read a batch; whether there was anything to read.

    SQLite's one writer takes writes in the order they are asked for, so the next mail is read while
    the last one is written; PostgreSQL's run side by side, so there each waits for the one before.
    """
    runtime = shift.runtime
    rows, inboxes = await runtime.db.query(waiting_mails, clock.now())
    writes: list[asyncio.Task[None]] = []
    for row in rows:
        if shift.stopping:
            break
        try:
            mail = await _within_limit(
                lane, runtime.files, row, inboxes.get(row.inbox_id), runtime.secret
            )
        except Exception as error:
            await _put_off(shift, row, error)
            continue
        writing = asyncio.create_task(_file(shift, row, mail, inboxes.get(row.inbox_id)))
        writes.append(writing)
        if runtime.db.is_postgres:
            await writing
    await asyncio.gather(*writes)
    return bool(rows)


def waiting_mails(conn: Connection, now: int) -> tuple[list[Row[Any]], dict[int, MailInbox]]:
    """The next batch: each inbox's in the order they came, the inboxes in turns, so that the
    backlog of one does not keep the others waiting."""
    turn = func.row_number().over(partition_by=raw_mails.c.inbox_id, order_by=raw_mails.c.id)
    waiting = (
        select(raw_mails.c.id, turn.label("turn"))
        .where(raw_mails.c.state == "stored", raw_mails.c.next_at <= now)
        .subquery()
    )
    rows = conn.execute(
        select(raw_mails)
        .join(waiting, waiting.c.id == raw_mails.c.id)
        .order_by(waiting.c.turn, raw_mails.c.id)
        .limit(BATCH)
    ).all()
    return list(rows), {inbox.id: inbox for inbox in mail_inboxes(conn)} if rows else {}


async def _within_limit(
    lane: Lane, files: FileStore, row: Row[Any], inbox: MailInbox | None, secret: bytes
) -> ReadMail:
    try:
        async with asyncio.timeout(TIME_LIMIT_S):
            return await lane.run(read_mail, files, row, inbox, secret)
    except TimeoutError:
        lane.leave()
        raise TimeoutError(f"The mail could not be read in {TIME_LIMIT_S:.0f} s.") from None


def read_mail(files: FileStore, row: Row[Any], inbox: MailInbox | None, secret: bytes) -> ReadMail:
    """Read one mail in a thread: parse it, find its language, keep its files."""
    raw = files.read(row.hash)
    settings = inbox.settings if inbox is not None else {}
    inbound = parse(
        raw,
        verify_token=lambda text: verify(text, secret),
        trusted_authserv=settings.get("authserv"),
        locale=inbox.locale if inbox is not None else "en",
    )
    # The files' bytes lie on disk: a batch of big mails must not fill the memory.
    changes: dict[str, Any] = {"external_id": row.hash, "attachments": ()}
    if not inbound.identities:
        sender = normalise("email", row.mail_from) or NOBODY
        changes["identities"] = (Identity("email", sender),)
    if inbound.thread.token is None:
        token = next((t for a in row.rcpt_to if (t := verify(a, secret)) is not None), None)
        changes["thread"] = replace(inbound.thread, token=token)
    if row.size > len(raw):
        changes["defects"] = (*inbound.defects, CUT.format(size=row.size))
    if not inbound.language:
        changes["language"] = detect(f"{inbound.subject}\n{inbound.text}") or None
    stored = [
        files.keep(item.data, item.filename, item.content_type, item.content_id)
        for item in inbound.attachments
    ]
    if row.source == "smtp" and not row.mail_from:  # RFC 3834: nobody wants an answer to it
        changes["automatic"] = True
    own = inbox is not None and any(i.value == inbox.address for i in inbound.identities)
    return ReadMail(replace(inbound, **changes), stored, own and bool(_OUR_MARK.search(raw)))


async def _file(shift: Shift, row: Row[Any], mail: ReadMail, inbox: MailInbox | None) -> None:
    try:
        await shift.runtime.db.write(
            file_mail,
            row.id,
            row.inbox_id,
            mail.inbound,
            mail.stored,
            marked_own=mail.marked_own,
            acknowledgement=_acknowledgement(shift.runtime, inbox, mail.inbound),
        )
    except Exception as error:
        await _put_off(shift, row, error)


def _acknowledgement(
    runtime: Runtime, inbox: MailInbox | None, inbound: Inbound
) -> Acknowledgement | None:
    """The mail that says that theirs has come, where the inbox is set to send one to people."""
    if inbox is None or not inbox.settings.get("acknowledge") or inbound.automatic:
        return None
    language = inbound.language or ""
    locale = negotiate(language) if language.startswith(("en", "zh")) else inbox.locale
    return Acknowledgement(
        to=inbound.identities[0].value,
        subject=runtime.pages.translate(locale, ACKNOWLEDGED),
        text=runtime.pages.render(
            "widget/acknowledgement.txt",
            locale,
            brand=inbox.brand.replace("%", "%%"),
            number="%(number)s",
        ),
        locale=locale,
    )


async def _put_off(shift: Shift, row: Row[Any], error: Exception) -> None:
    words = f"{type(error).__name__}: {error}"
    state = await shift.runtime.db.write(mail_unread, row.id, words)
    _log.warning("mail_not_read", raw_mail=row.id, state=state, error=type(error).__name__)


WORKER = Worker("parse_mail", parse_mail)
