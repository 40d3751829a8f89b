"""Fetches new mail from an IMAP mailbox: bytes are kept before any flag is set.

The cursor is (UIDVALIDITY, UID), so neither a long outage nor another client's \\Seen loses mail.
Everything here blocks: run it in a thread per mailbox.
"""

import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from typing import Any, Literal

from imapclient import SEEN, IMAPClient
from imapclient.exceptions import IMAPClientAbortError, IMAPClientError, LoginError

# Servers may drop an idling client after 30 minutes (RFC 2177).
_LONGEST_IDLE_S = 25 * 60
_POLL_S = 30.0
_SLICE_S = 1.0
_GROUP_BYTES = 16 * 1024 * 1024
_MOST_FAILURES = 24  # of a group that is fetched in smaller and smaller parts


class MailboxUnreachable(Exception):
    """The server does not answer, hung up, or has no such folder. Trying again later may help."""


class _NotGiven(MailboxUnreachable):
    """The line broke, or the server said no, when it was asked for mails it has."""


class LoginRefused(Exception):
    """The server does not accept the user name and password. A person must mend the settings."""


@dataclass(frozen=True, slots=True)
class ImapSettings:
    """Where mail is fetched. With `access_token` the login is XOAUTH2 instead of the password."""

    host: str
    port: int
    user: str
    password: str = ""
    security: Literal["none", "starttls", "tls"] = "tls"
    folder: str = "INBOX"
    access_token: str | None = None
    mark_seen: bool = True
    max_bytes: int = 50 * 1024 * 1024
    timeout_s: float = 60
    tls_context: ssl.SSLContext | None = None


@dataclass(frozen=True, slots=True)
class Cursor:
    """The last mail that was kept. A new UIDVALIDITY makes every UID meaningless (RFC 3501)."""

    uidvalidity: int
    uid: int


@dataclass(frozen=True, slots=True)
class FetchedMail:
    """One mail. When `complete` is False it was over the limit: `raw` holds its headers only.

    `behind_gap`: the server has not given an earlier one. The cursor must not pass that one, so
    this mail will come again.
    """

    uidvalidity: int
    uid: int
    raw: bytes
    size: int
    complete: bool = True
    behind_gap: bool = False


def fetch_new(
    settings: ImapSettings,
    cursor: Cursor | None,
    keep: Callable[[FetchedMail], None],
    batch: int = 100,
    max_mails: int | None = None,
    keep_group: Callable[[list[FetchedMail]], None] | None = None,
    left: Callable[[int], None] | None = None,
) -> Cursor:
    """Give every mail after the cursor to `keep`, oldest first; return the new cursor.

    Oldest first, because an answer must find the mail it answers, and because one number then says
    what is done; new mail waits for a backlog, but a backlog of thousands takes minutes. Where
    there is one, `left` hears after each batch how many mails are still to come.

    `keep` must have committed when it returns; what it raises ends the fetch, and the mails come
    again next time, so the door must be idempotent. With `keep_group` mails are kept many at once,
    in groups of at most 16 MB and `batch` mails, instead of one by one. After a change of
    UIDVALIDITY the whole folder comes again. Raises MailboxUnreachable or LoginRefused.

    A mail that the server has but does not give (its file is damaged, say) does not keep back the
    others: they come with `behind_gap` set, and then the failure is raised, naming that mail.
    """
    door = _Door(settings, keep, keep_group)
    with _mailbox(settings, readonly=not settings.mark_seen) as (client, status):
        uidvalidity = int(status[b"UIDVALIDITY"])
        after = cursor.uid if cursor and cursor.uidvalidity == uidvalidity else 0
        with _in_words(settings):
            # "n:*" always names the last mail, even one before n.
            found = client.search(["UID", f"{after + 1}:*"])
        uids = sorted(uid for uid in found if uid > after)[:max_mails]
        for start in range(0, len(uids), batch):
            some = uids[start : start + batch]
            try:
                for mails in _fetch_groups(client, settings, uidvalidity, some):
                    door.take(client, mails)
            except _NotGiven as error:
                failure = error
                break
            if left is not None and len(uids) > batch:
                left(max(0, len(uids) - start - batch))
        else:
            return Cursor(uidvalidity, uids[-1] if uids else after)
    _fetch_around(door, uidvalidity, uids[start:], failure)
    return Cursor(uidvalidity, uids[-1])


@dataclass(slots=True)
class _Door:
    """Where fetched mails go: kept first, flagged then."""

    settings: ImapSettings
    keep: Callable[[FetchedMail], None]
    keep_group: Callable[[list[FetchedMail]], None] | None

    def take(self, client: IMAPClient, mails: list[FetchedMail]) -> None:
        if self.keep_group is not None:
            self.keep_group(mails)
        else:
            for mail in mails:
                self.keep(mail)
        if self.settings.mark_seen and mails:
            with _in_words(self.settings):
                client.add_flags([mail.uid for mail in mails], [SEEN], silent=True)


def _fetch_around(door: _Door, uidvalidity: int, uids: list[int], failure: _NotGiven) -> None:
    """Fetch in smaller and smaller parts, to the mail that is not given and past it.

    Raises the failure where there is such a mail, or where too much fails: then it is not the
    mails' fault. What was taken before comes once more; the door knows it.
    """
    if isinstance(failure.__cause__, TimeoutError):
        raise failure
    withheld: list[int] = []
    parts, failures = [uids], 0
    while parts:
        part = parts.pop(0)
        try:
            _fetch_part(door, uidvalidity, part, behind_gap=bool(withheld))
        except _NotGiven as error:
            failures += 1
            if failures > _MOST_FAILURES:
                raise failure from error
            half = len(part) // 2
            if half:
                parts[:0] = [part[:half], part[half:]]
            else:
                withheld += part
    if withheld:
        named = ", ".join(map(str, withheld))
        raise MailboxUnreachable(
            f"{failure} All others were fetched; the server does not give mail UID {named}. "
            "Look at it there, or move it out of the folder."
        ) from failure


def _fetch_part(door: _Door, uidvalidity: int, uids: list[int], *, behind_gap: bool) -> None:
    """Fetch these over a line of their own: where a mail is not given, servers hang up."""
    with _mailbox(door.settings, readonly=not door.settings.mark_seen) as (client, status):
        if int(status[b"UIDVALIDITY"]) != uidvalidity:
            raise MailboxUnreachable("The mailbox was numbered anew in between.")
        for mails in _fetch_groups(client, door.settings, uidvalidity, uids):
            door.take(client, [replace(mail, behind_gap=behind_gap) for mail in mails])


def wait_idle(
    settings: ImapSettings,
    stop: threading.Event,
    timeout_s: float,
    cursor: Cursor | None = None,
) -> bool:
    """Wait until the mailbox may hold something new; False when nothing came or `stop` was set.

    Uses IDLE; a server without it is looked at again every 30 s. With `cursor`, mail that came
    before the waiting began counts too. Raises MailboxUnreachable or LoginRefused.
    """
    deadline = time.monotonic() + min(timeout_s, _LONGEST_IDLE_S)
    with _mailbox(settings, readonly=True) as (client, status):
        if cursor and (
            int(status[b"UIDVALIDITY"]) != cursor.uidvalidity
            or int(status.get(b"UIDNEXT", 0)) > cursor.uid + 1
        ):
            return True
        with _in_words(settings):
            if client.has_capability("IDLE"):
                return _idle(client, stop, deadline)
            return _poll(client, stop, deadline, int(status[b"EXISTS"]))


def _idle(client: IMAPClient, stop: threading.Event, deadline: float) -> bool:
    client.idle()
    silent_wakes = 0
    while not stop.is_set() and (left := deadline - time.monotonic()) > 0:
        began = time.monotonic()
        for response in client.idle_check(timeout=min(left, _SLICE_S)):
            if len(response) > 1 and response[1] in (b"EXISTS", b"RECENT"):
                client.idle_done()
                return True
        # A closed connection wakes the poll at once, again and again, with nothing to read.
        silent_wakes = silent_wakes + 1 if time.monotonic() - began < _SLICE_S / 100 else 0
        if silent_wakes > 20:
            raise IMAPClientAbortError("The server closed the connection.")
    client.idle_done()
    return False


def _poll(client: IMAPClient, stop: threading.Event, deadline: float, exists: int) -> bool:
    while (left := deadline - time.monotonic()) > 0:
        if stop.wait(min(left, _POLL_S)):
            return False
        _, responses = client.noop()
        if any(r[1:2] == (b"EXISTS",) and int(r[0]) > exists for r in responses):
            return True
    return False


def _fetch_groups(
    client: IMAPClient, settings: ImapSettings, uidvalidity: int, uids: list[int]
) -> Iterator[list[FetchedMail]]:
    """The mails in order, in groups that fit in memory; one that vanished meanwhile is left out."""
    with _in_words(settings, _NotGiven):
        answers = client.fetch(uids, ["RFC822.SIZE"])
        sizes = {uid: int(answers[uid][b"RFC822.SIZE"]) for uid in uids if uid in answers}
    group: list[int] = []
    for uid, size in sizes.items():
        if size > settings.max_bytes:
            if group:
                yield _fetch(client, settings, uidvalidity, group, sizes)
            yield _fetch(client, settings, uidvalidity, [uid], sizes, section="HEADER")
            group = []
            continue
        if group and sum(sizes[each] for each in group) + size > _GROUP_BYTES:
            yield _fetch(client, settings, uidvalidity, group, sizes)
            group = []
        group.append(uid)
    if group:
        yield _fetch(client, settings, uidvalidity, group, sizes)


def _fetch(
    client: IMAPClient,
    settings: ImapSettings,
    uidvalidity: int,
    uids: list[int],
    sizes: dict[int, int],
    section: str = "",
) -> list[FetchedMail]:
    with _in_words(settings, _NotGiven):
        answers = client.fetch(uids, [f"BODY.PEEK[{section}]"])
    key = f"BODY[{section}]".encode()
    return [
        FetchedMail(uidvalidity, uid, raw, sizes[uid], complete=not section)
        for uid in uids
        if isinstance(raw := answers.get(uid, {}).get(key), bytes)
    ]


@contextmanager
def _mailbox(
    settings: ImapSettings, *, readonly: bool
) -> Iterator[tuple[IMAPClient, dict[bytes, Any]]]:
    """A logged-in client with the folder selected, and what the server said of the folder."""
    with _in_words(settings):
        client = IMAPClient(
            settings.host,
            port=settings.port,
            ssl=settings.security == "tls",
            ssl_context=settings.tls_context,
            timeout=settings.timeout_s,
        )
    try:
        with _in_words(settings):
            if settings.security == "starttls":
                client.starttls(settings.tls_context)
            _log_in(client, settings)
            status = client.select_folder(settings.folder, readonly=readonly)
            int(status[b"UIDVALIDITY"])  # without one nothing can be fetched just once
        yield client, status
    finally:
        try:
            client.logout()
        except Exception:  # whatever it says to that, we are leaving
            with suppress(OSError):
                client.shutdown()


def _log_in(client: IMAPClient, settings: ImapSettings) -> None:
    try:
        if settings.access_token:
            client.oauth2_login(settings.user, settings.access_token)
        else:
            client.login(settings.user, settings.password)
    except LoginError as error:
        hung_up = isinstance(error.__context__, IMAPClientAbortError)
        if hung_up or "[UNAVAILABLE]" in str(error).upper():
            raise IMAPClientAbortError(str(error)) from error
        raise LoginRefused(
            f"{settings.host} refused the login of {settings.user}: {error}. "
            "Check the user name and the password or app password."
        ) from error


@contextmanager
def _in_words(
    settings: ImapSettings, failure: type[MailboxUnreachable] = MailboxUnreachable
) -> Iterator[None]:
    """Turn every failure of network or server into one that says where and what."""
    where = (
        f"The mailbox {settings.user} at {settings.host}:{settings.port} "
        f"(folder {settings.folder}) cannot be read"
    )
    try:
        yield
    except (IMAPClientError, OSError) as error:
        raise failure(f"{where}: {error}") from error
    except (ValueError, LookupError, TypeError, AttributeError, AssertionError) as error:
        # What the client's parser trips over when a server does not speak IMAP.
        raise failure(
            f"{where}: the server's answer cannot be understood ({type(error).__name__})."
        ) from error
