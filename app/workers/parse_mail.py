"""Kept mails become messages, in the order they came; one that cannot be read waits for another
attempt and never stops the rest."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import structlog
from sqlalchemy import Connection, Row, func, select

from app import clock
from app.actions.file_mails import MailToFile, file_mails
from app.actions.keep_mail import mail_unread
from app.faults import fault_point
from app.models.work import raw_mails
from app.queries.mail_inboxes import MailInbox, mail_inboxes
from app.runtime import Runtime
from app.workers.acknowledge import acknowledgement
from app.workers.mail_reader import MOST_S, MailReader, Unreadable
from app.workers.read_mail import MailToRead, ReadMail
from app.workers.supervisor import Shift, Worker
from app.workers.thread import Lane

TICK_S = 1.0
BATCH = 240
TOGETHER = 10  # mails that are read in one go and filed in one write
READER = "app.workers.mail_process"

Inboxes = Mapping[int, MailInbox]

_log = structlog.get_logger(__name__)


async def parse_mail(shift: Shift) -> None:
    """Read what was kept, as it comes, until stopped."""
    runtime = shift.runtime
    lane = Lane("parse")
    reader = MailReader(runtime.files.root, runtime.secret, module=READER, most_s=MOST_S)
    try:
        while not shift.stopping:
            if not await _round(shift, lane, reader):
                await shift.rest(TICK_S)
    finally:
        reader.end()
        lane.leave()


async def _round(shift: Shift, lane: Lane, reader: MailReader) -> bool:
    """Read a batch; whether there was anything to read.

    SQLite's one writer takes writes in the order they are asked for, so the next mails are read
    while the last ones are written; PostgreSQL's run side by side, so there each waits for the one
    before.
    """
    runtime = shift.runtime
    rows, inboxes = await runtime.db.query(waiting_mails, clock.now())
    writes: list[asyncio.Task[None]] = []
    left = rows
    while left and not shift.stopping:
        wanted = [_to_read(row, inboxes.get(row.inbox_id)) for row in left[:TOGETHER]]
        found = await lane.run(reader.read, wanted)
        fault_point("read")
        read, left = list(zip(left, found, strict=False)), left[len(found) :]
        writing = asyncio.create_task(_file(shift, read, inboxes))
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


def _to_read(row: Row[Any], inbox: MailInbox | None) -> MailToRead:
    mail = MailToRead(row.hash, row.size, row.source, row.mail_from, tuple(row.rcpt_to))
    if inbox is None:
        return mail
    return replace(
        mail,
        address=inbox.address,
        locale=inbox.locale,
        authserv=inbox.settings.get("authserv"),
    )


async def _file(
    shift: Shift, read: Sequence[tuple[Row[Any], ReadMail | Unreadable]], inboxes: Inboxes
) -> None:
    """Write all of them at once; where that fails, one by one, so that one spoils no other."""
    good = []
    for row, mail in read:
        if isinstance(mail, Unreadable):
            await _put_off(shift, row, mail)
        else:
            inbox = inboxes.get(row.inbox_id)
            good.append((row, await _to_file(shift.runtime, row, mail, inbox)))
    try:
        await shift.runtime.db.write(file_mails, [mail for _, mail in good])
    except Exception as error:
        if len(good) == 1:
            await _put_off(shift, good[0][0], error)
            return
        for row, each in good:
            await _file_alone(shift, row, each)
    fault_point("filed")


async def _file_alone(shift: Shift, row: Row[Any], mail: MailToFile) -> None:
    try:
        await shift.runtime.db.write(file_mails, [mail])
    except Exception as error:
        await _put_off(shift, row, error)


async def _to_file(
    runtime: Runtime, row: Row[Any], mail: ReadMail, inbox: MailInbox | None
) -> MailToFile:
    return MailToFile(
        row.id,
        row.inbox_id,
        mail.inbound,
        mail.stored,
        marked_own=mail.marked_own,
        acknowledgement=await acknowledgement(runtime, inbox, mail.inbound),
    )


async def _put_off(shift: Shift, row: Row[Any], error: Exception) -> None:
    words = str(error) if isinstance(error, Unreadable) else f"{type(error).__name__}: {error}"
    state = await shift.runtime.db.write(mail_unread, row.id, words)
    _log.warning("mail_not_read", raw_mail=row.id, state=state, error=type(error).__name__)


WORKER = Worker("parse_mail", parse_mail)
