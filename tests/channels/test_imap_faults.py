"""Fetching through a line that breaks: in words, nothing lost, nothing twice in the door."""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import replace

import pytest

from channels.email.imap_fetch import (
    Cursor,
    FetchedMail,
    ImapSettings,
    MailboxUnreachable,
    fetch_new,
)
from tests.channels.test_imap_fetch import mail, settings
from tests.servers.dovecot import DovecotServer

# What the server says and how much it has said -> what is passed on, and whether the line stays.
Spoil = Callable[[bytes, int], tuple[bytes, bool]]


@contextmanager
def spoiled(target: int, spoil: Spoil) -> Iterator[int]:
    """A port that passes on to `target` and spoils what comes back."""
    listener = socket.create_server(("127.0.0.1", 0))
    lines: list[threading.Thread] = []

    def accept() -> None:
        while True:
            try:
                client, _ = listener.accept()
            except OSError:
                return
            server = socket.create_connection(("127.0.0.1", target))
            line = threading.Thread(target=_carry, args=(server, client, spoil), daemon=True)
            lines.append(line)
            line.start()

    thread = threading.Thread(target=accept, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        _shut(listener)
        listener.close()
        for each in (thread, *lines):
            each.join(20)


def _carry(server: socket.socket, client: socket.socket, spoil: Spoil) -> None:
    forth = threading.Thread(target=_forth, args=(client, server), daemon=True)
    forth.start()
    with closing(server), closing(client):
        _back(server, client, spoil)
        forth.join(20)


def _back(server: socket.socket, client: socket.socket, spoil: Spoil) -> None:
    said, stays = 0, True
    while stays and (data := _received(server)):
        passed, stays = spoil(data, said)
        said += len(data)
        stays = _sent(client, passed) and stays
    _shut(server)
    _shut(client)


def _forth(client: socket.socket, server: socket.socket) -> None:
    while (data := _received(client)) and _sent(server, data):
        continue
    _shut(server)


def _received(sock: socket.socket) -> bytes:
    try:
        return sock.recv(65536)
    except OSError:
        return b""


def _sent(sock: socket.socket, data: bytes) -> bool:
    try:
        sock.sendall(data)
    except OSError:
        return False
    return True


def _shut(sock: socket.socket) -> None:
    try:
        sock.shutdown(socket.SHUT_RDWR)
    except OSError:
        return


class Door:
    """Keeps mails by UID as the product does: what it knows already does not count."""

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.cursor: Cursor | None = None

    def keep(self, mails: list[FetchedMail]) -> None:
        for each in mails:
            assert self.mails.get(each.uid, each.raw) == each.raw
            self.mails[each.uid] = each.raw
            if not each.behind_gap:
                self.cursor = Cursor(each.uidvalidity, each.uid)

    def fetch(self, of: ImapSettings) -> None:
        fetch_new(of, self.cursor, lambda each: self.keep([each]), 2, keep_group=self.keep)


def cut_after(count: int) -> Spoil:
    """Hang up when the server has said so many bytes, in the middle of whatever it is saying."""

    def spoil(data: bytes, said: int) -> tuple[bytes, bool]:
        return data[: count - said], said + len(data) < count

    return spoil


@pytest.mark.dovecot
def test_wherever_the_line_is_cut_each_mail_comes_once(mailbox: DovecotServer) -> None:
    raws = [mail(number, 300) for number in range(5)]
    for raw in raws:
        mailbox.append(raw)
    cuts = 0
    for count in (*range(1, 1400, 97), *range(1400, 4200, 211)):
        door = Door()
        with spoiled(mailbox.port, cut_after(count)) as port:
            try:
                door.fetch(replace(settings(mailbox), port=port, mark_seen=count % 2 == 0))
            except MailboxUnreachable:
                cuts += 1
        door.fetch(settings(mailbox))
        assert list(door.mails.values()) == raws
    assert cuts > 10


@pytest.mark.dovecot
@pytest.mark.parametrize(
    ("word", "instead"),
    [
        (b"* FLAGS", b"* FLOGS (((("),
        (b"UIDVALIDITY", b"UIDVANITY"),
        (b"* SEARCH", b"* SEARCH one two"),
        (b"RFC822.SIZE", b"RFC822.SIZE many"),
        (b"BODY[]", b"BODY[] NIL X"),
        (b"FETCH (", b"FETCH )("),
        (b"OK", b"\xff\xfe\x00 what?"),
        (b"* CAPABILITY", b"* {99}"),
        (b"{", b"{{"),
    ],
)
def test_an_answer_that_makes_no_sense_ends_in_words(
    mailbox: DovecotServer, word: bytes, instead: bytes
) -> None:
    mailbox.append(mail(1))
    door = Door()

    def spoil(data: bytes, said: int) -> tuple[bytes, bool]:
        return data.replace(word, instead), True

    # A word that is not in this server's answers changes nothing.
    with spoiled(mailbox.port, spoil) as port, suppress(MailboxUnreachable):
        door.fetch(replace(settings(mailbox), port=port, timeout_s=0.5))
    door.cursor = None
    door.fetch(settings(mailbox))
    assert list(door.mails.values()) == [mail(1)]


@pytest.mark.dovecot
def test_a_server_that_falls_silent_is_left(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1, 5_000))

    def spoil(data: bytes, said: int) -> tuple[bytes, bool]:
        return (data if said < 900 else b""), True

    with (
        spoiled(mailbox.port, spoil) as port,
        pytest.raises(MailboxUnreachable, match="timed out"),
    ):
        Door().fetch(replace(settings(mailbox), port=port, timeout_s=0.5))


def _damage(mailbox: DovecotServer, places: set[int], mode: int) -> None:
    """Let the server read these of the inbox's mails no more, or again."""
    listed = (mailbox.maildir / "dovecot-uidlist").read_text()
    names = re.findall(r"(?m)^\d+ :([^\s,]+)", listed)[-10:]
    for place in places:
        next(mailbox.maildir.glob(f"*/{names[place]}*")).chmod(mode)


@pytest.mark.dovecot
@pytest.mark.parametrize("damaged", [{3}, {0}, {9}, {2, 7}])
def test_a_mail_that_the_server_does_not_give_keeps_back_no_other(
    mailbox: DovecotServer, damaged: set[int]
) -> None:
    raws = [mail(number) for number in range(10)]
    for raw in raws:
        mailbox.append(raw)
    uids = sorted(mailbox.flags())
    _damage(mailbox, damaged, 0)
    door = Door()
    named = ", ".join(str(uids[place]) for place in sorted(damaged))
    with pytest.raises(MailboxUnreachable, match=f"does not give mail UID {named}"):
        door.fetch(settings(mailbox))
    others = [raw for place, raw in enumerate(raws) if place not in damaged]
    assert list(door.mails.values()) == others
    assert (door.cursor.uid if door.cursor else uids[0] - 1) == uids[min(damaged)] - 1
    _damage(mailbox, damaged, 0o644)
    door.fetch(settings(mailbox))
    assert sorted(door.mails.values()) == sorted(raws)


def test_a_server_of_another_kind_is_named() -> None:
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        client, _ = listener.accept()
        with closing(client):
            client.sendall(b"HTTP/1.1 400 Bad Request\r\nServer: nginx\r\n\r\n")

    thread = threading.Thread(target=speak, daemon=True)
    thread.start()
    of = ImapSettings("127.0.0.1", listener.getsockname()[1], "me", "x", "none", timeout_s=2)
    with closing(listener), pytest.raises(MailboxUnreachable, match="cannot be read"):
        fetch_new(of, None, lambda _: None)
    thread.join()


@pytest.mark.dovecot
def test_a_backlog_says_how_much_is_left(mailbox: DovecotServer) -> None:
    for number in range(7):
        mailbox.append(mail(number))
    heard: list[int] = []
    fetch_new(settings(mailbox), None, lambda _: None, 3, left=heard.append)
    assert heard == [4, 1, 0]
    mailbox.append(mail(7))
    fetch_new(settings(mailbox), Cursor(0, 0), lambda _: None, 100, left=heard.append)
    assert heard == [4, 1, 0]
