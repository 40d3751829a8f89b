"""Delivery status notifications."""

from collections.abc import Callable

import pytest

from channels.email.parse import parse
from channels.values import DeliveryReport


def prose(text: str, sender: str = "MAILER-DAEMON@mx.example.net") -> tuple[DeliveryReport, ...]:
    head = f"From: {sender}\r\nTo: support@example.org\r\nSubject: failure notice\r\n\r\n"
    return parse(f"{head}{text}".encode()).reports


def test_a_report_names_each_recipient_the_reason_and_the_mail(
    mail: Callable[[str], bytes],
) -> None:
    unknown, full = parse(mail("postfix_bounce")).reports
    assert unknown.recipient == "nobody@example.net"
    assert unknown.status == "5.1.1"
    assert unknown.hard
    assert unknown.message_id == "<answer-7@example.org>"
    assert "User unknown" in unknown.reason
    assert full.recipient == "full@example.net"
    assert full.status == "5.2.2"
    assert not full.hard


def test_a_bounce_is_automatic_mail(mail: Callable[[str], bytes]) -> None:
    assert parse(mail("postfix_bounce")).automatic
    assert parse(mail("qq_bounce")).automatic


def test_a_chinese_provider_s_bounce_is_understood(mail: Callable[[str], bytes]) -> None:
    (report,) = parse(mail("qq_bounce")).reports
    assert report.recipient == "987654321@qq.com"
    assert report.hard


@pytest.mark.parametrize(
    ("text", "status", "hard"),
    [
        ("<x@example.net>: 550 no such user here", "5.1.1", True),
        ("<x@example.net>: mailbox is full", "5.2.2", False),
        ("<x@example.net>: host not found", "5.1.2", True),
        ("<x@example.net>: 552 message size exceeds limit", "5.3.4", False),
        ("<x@example.net>: 554 5.7.1 rejected as spam", "5.7.1", False),
        ("<x@example.net>: connection timed out", "4.4.1", False),
        ("<x@example.net>: 451 odd things happen", "4.0.0", False),
    ],
)
def test_prose_of_other_hosts_is_understood(text: str, status: str, hard: bool) -> None:
    (report,) = prose(f"Sorry, this did not work.\r\n\r\n{text}\r\n")
    assert (report.recipient, report.status, report.hard) == ("x@example.net", status, hard)


def test_a_report_of_success_is_no_failure() -> None:
    raw = (
        b"From: postmaster@example.net\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.net\r\nAction: delivered\r\nStatus: 2.0.0\r\n--b--"
    )
    (report,) = parse(raw).reports
    assert report.status == "2.0.0"
    assert not report.hard


@pytest.mark.parametrize(
    "raw",
    [
        b"From: jane@example.net\r\nSubject: Delivery problem\r\n\r\nMy parcel: 550 5.1.1 unknown",
        b"From: jane@example.net\r\nSubject: Undelivered parcel\r\n\r\nIt came back to sender.",
        b"From: postmaster@example.net\r\nSubject: Hello\r\n\r\nWe run a mail server too.",
    ],
)
def test_a_person_who_writes_of_delivery_is_no_bounce(raw: bytes) -> None:
    assert parse(raw).reports == ()


def test_a_warning_of_delay_is_told_from_a_failure() -> None:
    raw = (
        b"From: postmaster@example.net\r\nContent-Type: multipart/report; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; x\r\n\r\n"
        b"Final-Recipient: rfc822; a@example.net\r\nAction: delayed\r\nStatus: 4.4.7\r\n--b--"
    )
    (report,) = parse(raw).reports
    assert report.delayed
    assert not report.hard


def test_a_daemon_without_an_address_is_still_a_daemon() -> None:
    (report,) = prose("<x@example.net>: 550 no such user", "Mail System <MAILER-DAEMON>")
    assert report.recipient == "x@example.net"
