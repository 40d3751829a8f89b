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
    assert full.status == "5.0.0"  # what the host wrote; only its words say that it is full
    assert not full.hard


@pytest.mark.parametrize(
    ("status", "diagnostic", "expected", "is_hard"),
    [
        ("5.0.0", "smtp; 550 User unknown", "5.0.0", True),
        ("4.0.0", "smtp; 450 User unknown in local table, try later", "4.0.0", False),
        ("5.0.0", "smtp; 550 5.7.26 Unauthenticated mail is not accepted", "5.7.26", False),
        ("4.4.7", "", "4.4.7", False),
    ],
)
def test_a_status_is_what_the_host_wrote_and_words_say_whether_the_address_is_dead(
    status: str, diagnostic: str, expected: str, is_hard: bool
) -> None:
    raw = (
        "From: MAILER-DAEMON@mx.example.net\nSubject: Undelivered\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        "--b\n\nIt was not delivered.\n--b\nContent-Type: message/delivery-status\n\n"
        "Reporting-MTA: dns; mx.example.net\n\nFinal-Recipient: rfc822; kim@example.net\n"
        f"Action: failed\nStatus: {status}\nDiagnostic-Code: {diagnostic}\n\n--b--\n"
    )
    [report] = parse(raw.encode()).reports
    assert (report.status, report.hard) == (expected, is_hard)


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
