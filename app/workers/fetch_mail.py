"""Mail comes in from IMAP mailboxes: one thread a mailbox, one process at a time for each.

A mail's row and the mailbox's cursor are committed before any flag is set at the server. What goes
wrong is written at the inbox; an outage of any length loses nothing, because the cursor waits.
"""

import asyncio
import threading
from dataclasses import dataclass, field, replace

import structlog

from app.actions.keep_mail import mailbox_failed, mailbox_left, mailbox_read
from app.events import Event, SetupChanged
from app.faults import fault_point
from app.mail_access import access_token
from app.models.mail_settings import imap_of
from app.queries.mail_inboxes import MailInbox, mail_inboxes
from app.security.mail_secrets import opened_settings
from app.security.sealed import CannotOpen
from app.workers.keep import keep_fetched
from app.workers.supervisor import Shift, Worker
from app.workers.thread import Lane
from channels.email.imap_fetch import (
    Cursor,
    FetchedMail,
    ImapSettings,
    LoginRefused,
    MailboxUnreachable,
    fetch_new,
    wait_idle,
)

LOOK_S = 15.0  # how often the list of mailboxes is read again without a SetupChanged
TAKE_S = 1.0  # how often a mailbox that another process reads is asked for
HEALTHY_S = 120.0  # who could read for so long starts again with the shortest pause
PAUSES_S = (5.0, 15.0, 60.0, 300.0)  # after an error, growing

_log = structlog.get_logger(__name__)


@dataclass(slots=True)
class _Mailbox:
    """A mailbox that is being read, and how to end that."""

    settings: ImapSettings
    shift: Shift
    stop: threading.Event = field(default_factory=threading.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    again: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None

    def end(self) -> None:
        self.stop.set()
        self.ended.set()
        self.again.set()


class _Ended(Exception):
    """Told to end in the middle of a backlog; what was not kept comes next time."""


async def fetch_mail(shift: Shift) -> None:
    """Read every mailbox that an inbox is set to, as long as it is."""
    reading: dict[int, _Mailbox] = {}

    def is_setup(fact: Event) -> bool:
        if not isinstance(fact, SetupChanged):
            return False
        for mailbox in reading.values():  # somebody may have signed in: none waits out its pause
            mailbox.again.set()
        return True

    shift.listen(is_setup)
    try:
        while not shift.stopping:
            await _settle(shift, reading)
            await shift.rest(LOOK_S)
    finally:
        for mailbox in reading.values():
            mailbox.end()
        await _ended(list(reading.values()))


async def _ended(mailboxes: list[_Mailbox]) -> None:
    """Wait until they are left; one that died (the database was gone) says so in the log."""
    tasks = [mailbox.task for mailbox in mailboxes if mailbox.task is not None]
    for outcome in await asyncio.gather(*tasks, return_exceptions=True):
        if isinstance(outcome, Exception):
            _log.error("mailbox_died", error=str(outcome))


async def _settle(shift: Shift, reading: dict[int, _Mailbox]) -> None:
    """Start what is new, end what is gone, start again what has changed."""
    max_bytes = shift.runtime.settings.max_upload_mb * 1_000_000
    wanted: dict[int, ImapSettings] = {}
    for inbox in await shift.runtime.db.query(mail_inboxes):
        try:
            opened = opened_settings(shift.runtime.secret, inbox.settings)
            settings = imap_of(opened, max_bytes=max_bytes)
        except (TypeError, ValueError, CannotOpen) as error:
            await shift.runtime.db.write(mailbox_failed, inbox.id, str(error))
            continue
        if settings is not None:
            wanted[inbox.id] = settings
    for inbox_id, mailbox in list(reading.items()):
        has_died = mailbox.task is not None and mailbox.task.done()
        if has_died or wanted.get(inbox_id) != mailbox.settings:
            del reading[inbox_id]
            mailbox.end()
            await _ended([mailbox])
    for inbox_id, settings in wanted.items():
        if inbox_id not in reading:
            mailbox = reading[inbox_id] = _Mailbox(settings, shift)
            mailbox.task = asyncio.create_task(_read(inbox_id, mailbox), name=f"mailbox {inbox_id}")


async def _read(inbox_id: int, mailbox: _Mailbox) -> None:
    """Hold the mailbox's lease and read it, again and again, until told to end."""
    shift, errors = mailbox.shift, 0
    name = f"mailbox:{inbox_id}"
    lane = Lane(name)
    while not mailbox.ended.is_set():
        lost, began = threading.Event(), asyncio.get_running_loop().time()
        try:
            if await shift.leases.take(name, lost.set) is None:
                await _pause(mailbox, TAKE_S)
                continue
            await _watch(inbox_id, mailbox, lane, lost)
            continue
        except (MailboxUnreachable, LoginRefused) as error:
            _log.warning("mailbox_failed", inbox=inbox_id, error=str(error))
            await shift.runtime.db.write(mailbox_failed, inbox_id, str(error))
        except Exception as error:
            await shift.note(error, name)
            await shift.runtime.db.write(mailbox_failed, inbox_id, str(error))
        lasted = asyncio.get_running_loop().time() - began
        errors = 1 if lasted > HEALTHY_S else errors + 1
        await _pause(mailbox, PAUSES_S[min(errors, len(PAUSES_S)) - 1])
    await shift.leases.release(name)
    lane.leave()


async def _watch(inbox_id: int, mailbox: _Mailbox, lane: Lane, lost: threading.Event) -> None:
    """Fetch, write down how far, wait for more; until told to end or the lease is lost."""
    runtime = mailbox.shift.runtime
    cursor = _cursor(next(i for i in await runtime.db.query(mail_inboxes) if i.id == inbox_id))
    loop = asyncio.get_running_loop()

    def keep(mails: list[FetchedMail]) -> None:
        if lost.is_set():
            raise MailboxUnreachable("Another process reads this mailbox now.")
        if mailbox.stop.is_set():
            raise _Ended
        keeping = keep_fetched(runtime, inbox_id, mails)
        asyncio.run_coroutine_threadsafe(keeping, loop).result()
        loop.call_soon_threadsafe(mailbox.shift.nudge, "parse_mail")

    def left(mails: int) -> None:
        writing = runtime.db.write(mailbox_left, inbox_id, mails)
        asyncio.run_coroutine_threadsafe(writing, loop).result()

    while not (mailbox.stop.is_set() or lost.is_set()):
        settings = await _signed_in(inbox_id, mailbox)
        try:
            cursor = await lane.run(
                fetch_new, settings, cursor, lambda mail: keep([mail]), keep_group=keep, left=left
            )
        except _Ended:
            return
        fault_point("flagged")
        await runtime.db.write(mailbox_read, inbox_id, cursor.uidvalidity, cursor.uid)
        wait_s = float(runtime.settings.mail_poll_s)
        await lane.run(wait_idle, settings, mailbox.stop, wait_s, cursor)


async def _signed_in(inbox_id: int, mailbox: _Mailbox) -> ImapSettings:
    """The settings with a fresh token, where the mailbox is signed in to with OAuth."""
    runtime = mailbox.shift.runtime
    inbox = next(each for each in await runtime.db.query(mail_inboxes) if each.id == inbox_id)
    token = await access_token(runtime, inbox_id, inbox.settings)
    return replace(mailbox.settings, access_token=token)


def _cursor(inbox: MailInbox) -> Cursor | None:
    if inbox.uidvalidity is None or inbox.uid is None:
        return None
    return Cursor(inbox.uidvalidity, inbox.uid)


async def _pause(mailbox: _Mailbox, seconds: float) -> None:
    try:
        async with asyncio.timeout(seconds):
            await mailbox.again.wait()
    except TimeoutError:
        return
    mailbox.again.clear()


WORKER = Worker("fetch_mail", fetch_mail, singleton=False)
