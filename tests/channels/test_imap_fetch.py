"""Fetching from a real Dovecot."""

import threading
from dataclasses import replace

import pytest

from channels.email.imap_fetch import (
    FetchedMail,
    ImapSettings,
    LoginRefused,
    MailboxUnreachable,
    fetch_new,
    wait_idle,
)
from tests.servers.dovecot import DovecotServer
from tests.servers.ports import free_port

pytestmark = pytest.mark.dovecot


def mail(number: int, size: int = 0) -> bytes:
    return b"Subject: %d\r\n\r\n" % number + b"x" * size + b"\r\n"


def settings(server: DovecotServer) -> ImapSettings:
    return ImapSettings(
        server.host, server.port, server.user, server.password, "none", timeout_s=10
    )


def test_mail_comes_once_in_order_and_byte_for_byte(mailbox: DovecotServer) -> None:
    for number in range(5):
        mailbox.append(mail(number))
    kept: list[FetchedMail] = []
    cursor = fetch_new(settings(mailbox), None, kept.append, batch=2)
    assert [each.raw for each in kept] == [mail(number) for number in range(5)]
    mailbox.append(mail(5))
    fetch_new(settings(mailbox), cursor, kept.append)
    assert [each.raw for each in kept[5:]] == [mail(5)]


def test_fetching_again_brings_nothing(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1))
    cursor = fetch_new(settings(mailbox), None, lambda _: None)
    kept: list[FetchedMail] = []
    assert fetch_new(settings(mailbox), cursor, kept.append) == cursor
    assert kept == []


def test_no_flag_is_set_before_a_mail_is_kept(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1))
    seen_while_keeping = []

    def keep(_: FetchedMail) -> None:
        seen_while_keeping.extend(mailbox.flags().values())

    fetch_new(settings(mailbox), None, keep)
    assert all(b"\\Seen" not in flags for flags in seen_while_keeping)
    assert all(b"\\Seen" in flags for flags in mailbox.flags().values())


def test_a_mail_that_could_not_be_kept_stays_unseen_and_comes_again(
    mailbox: DovecotServer,
) -> None:
    mailbox.append(mail(1))

    def fail(_: FetchedMail) -> None:
        raise OSError("the disk is full")

    with pytest.raises(OSError, match="disk is full"):
        fetch_new(settings(mailbox), None, fail)
    assert all(b"\\Seen" not in flags for flags in mailbox.flags().values())
    kept: list[FetchedMail] = []
    fetch_new(settings(mailbox), None, kept.append)
    assert len(kept) == 1


def test_mail_read_by_somebody_else_is_fetched_all_the_same(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1))
    with mailbox.client() as client:
        client.select_folder("INBOX")
        client.add_flags(client.search(), [b"\\Seen"])
    kept: list[FetchedMail] = []
    fetch_new(settings(mailbox), None, kept.append)
    assert len(kept) == 1


def test_a_new_uidvalidity_starts_over(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1))
    cursor = fetch_new(settings(mailbox), None, lambda _: None)
    mailbox.forget_uids()
    kept: list[FetchedMail] = []
    after = fetch_new(settings(mailbox), cursor, kept.append)
    assert after.uidvalidity != cursor.uidvalidity
    assert [each.raw for each in kept] == [mail(1)]


def test_a_mail_over_the_limit_is_reported_by_its_headers(mailbox: DovecotServer) -> None:
    for number, size in ((1, 10), (2, 5000), (3, 10)):
        mailbox.append(mail(number, size))
    kept: list[FetchedMail] = []
    fetch_new(replace(settings(mailbox), max_bytes=1000), None, kept.append)
    assert [(each.complete, each.raw[:10]) for each in kept] == [
        (True, b"Subject: 1"),
        (False, b"Subject: 2"),
        (True, b"Subject: 3"),
    ]
    assert kept[1].size > 5000
    assert len(kept[1].raw) < 100


def test_no_more_mails_come_than_asked_for(mailbox: DovecotServer) -> None:
    for number in range(4):
        mailbox.append(mail(number))
    kept: list[FetchedMail] = []
    cursor = fetch_new(settings(mailbox), None, kept.append, max_mails=3)
    assert len(kept) == 3
    fetch_new(settings(mailbox), cursor, kept.append, max_mails=3)
    assert len(kept) == 4


def test_flags_stay_as_they_are_when_asked_to(mailbox: DovecotServer) -> None:
    mailbox.append(mail(1))
    fetch_new(replace(settings(mailbox), mark_seen=False), None, lambda _: None)
    assert all(b"\\Seen" not in flags for flags in mailbox.flags().values())


def test_waiting_ends_when_mail_arrives(mailbox: DovecotServer) -> None:
    cursor = fetch_new(settings(mailbox), None, lambda _: None)
    arrival = threading.Timer(0.3, mailbox.append, [mail(1)])
    arrival.start()
    assert wait_idle(settings(mailbox), threading.Event(), 30, cursor)
    arrival.join()


def test_mail_that_came_before_the_waiting_ends_it_at_once(mailbox: DovecotServer) -> None:
    cursor = fetch_new(settings(mailbox), None, lambda _: None)
    mailbox.append(mail(1))
    assert wait_idle(settings(mailbox), threading.Event(), 30, cursor)


def test_waiting_ends_empty_handed_when_told_to_stop(mailbox: DovecotServer) -> None:
    stop = threading.Event()
    stop.set()
    assert not wait_idle(settings(mailbox), stop, 30)


def test_waiting_ends_empty_handed_after_its_time(mailbox: DovecotServer) -> None:
    assert not wait_idle(settings(mailbox), threading.Event(), 0.2)


def test_a_wrong_password_is_refused_in_words(mailbox: DovecotServer) -> None:
    with pytest.raises(LoginRefused, match="Check the user name"):
        fetch_new(replace(settings(mailbox), password="wrong"), None, lambda _: None)


def test_a_server_that_is_away_is_unreachable(mailbox: DovecotServer) -> None:
    with pytest.raises(MailboxUnreachable, match="cannot be read"):
        fetch_new(replace(settings(mailbox), port=free_port()), None, lambda _: None)


def test_a_folder_that_is_not_there_is_named(mailbox: DovecotServer) -> None:
    with pytest.raises(MailboxUnreachable, match="folder Nowhere"):
        fetch_new(replace(settings(mailbox), folder="Nowhere"), None, lambda _: None)
