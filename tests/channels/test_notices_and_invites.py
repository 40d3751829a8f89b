"""Complaints, receipts and invitations are told from bounces and from each other."""

import pytest

from channels.email.parse import parse

COMPLAINT = b"""From: feedback@provider.example\r
To: abuse@shop.example\r
Subject: complaint about message from 192.0.2.1\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=feedback-report; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
This is an email abuse report for a message received from 192.0.2.1.\r
--b\r
Content-Type: message/feedback-report\r
\r
Feedback-Type: abuse\r
User-Agent: SomeGenerator/1.0\r
Version: 1\r
Original-Rcpt-To: <Kim@Provider.example>\r
\r
--b\r
Content-Type: message/rfc822\r
\r
From: help@shop.example\r
To: kim@provider.example\r
Message-ID: <ours-1@shop.example>\r
Subject: Your order\r
\r
Hello\r
--b--\r
"""

RECEIPT = b"""From: kim@example.com\r
Subject: Read: Your order\r
MIME-Version: 1.0\r
Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r
\r
--b\r
Content-Type: text/plain\r
\r
Your message was read.\r
--b\r
Content-Type: message/disposition-notification\r
\r
Final-Recipient: rfc822;kim@example.com\r
Original-Message-ID: <ours-2@shop.example>\r
Disposition: manual-action/MDN-sent-manually; displayed\r
\r
--b--\r
"""


def invitation(event: str, method: str = "REQUEST") -> bytes:
    calendar = (
        f"BEGIN:VCALENDAR\nMETHOD:{method}\nBEGIN:VEVENT\n{event}\nEND:VEVENT\nEND:VCALENDAR\n"
    )
    return (
        "From: ann@example.com\nSubject: Meeting\nMIME-Version: 1.0\n"
        "Content-Type: multipart/mixed; boundary=b\n\n"
        "--b\nContent-Type: text/plain\n\nShall we talk?\n"
        f"--b\nContent-Type: text/calendar; charset=utf-8; method={method}\n\n{calendar}"
        f"--b\nContent-Type: application/ics; name=invite.ics\n\n{calendar}--b--\n"
    ).encode()


def test_a_complaint_names_the_recipient_and_the_mail_and_is_no_bounce() -> None:
    mail = parse(COMPLAINT)
    assert mail.complaint is not None
    assert (mail.complaint.kind, mail.complaint.recipient) == ("abuse", "kim@provider.example")
    assert mail.complaint.message_id == "<ours-1@shop.example>"
    assert mail.reports == ()
    assert mail.automatic


def test_a_receipt_names_the_mail_that_was_opened_and_is_no_bounce() -> None:
    mail = parse(RECEIPT)
    assert mail.receipt is not None
    assert (mail.receipt.disposition, mail.receipt.recipient) == ("displayed", "kim@example.com")
    assert mail.receipt.message_id == "<ours-2@shop.example>"
    assert mail.reports == ()
    assert mail.automatic


def test_an_invitation_is_summarised_once_though_it_came_twice() -> None:
    event = (
        "UID:1\nSUMMARY:茶会 tasting\nDTSTART;TZID=Asia/Hong_Kong:20261201T100000\nDURATION:PT90M\n"
        "ORGANIZER;CN=Ann:mailto:ann@example.com\nLOCATION:Shop"
    )
    mail = parse(invitation(event))
    [invite] = mail.invites
    assert (invite.summary, invite.location) == ("茶会 tasting", "Shop")
    assert (invite.organizer, invite.method) == ("ann@example.com", "REQUEST")
    assert invite.starts_at == 1_796_090_400_000  # 10:00 in Hong Kong is 02:00 UTC
    assert invite.ends_at - invite.starts_at == 90 * 60_000


def test_a_day_without_an_hour_is_a_whole_day() -> None:
    [invite] = parse(invitation("UID:2\nSUMMARY:Fair\nDTSTART;VALUE=DATE:20261201")).invites
    assert invite.all_day
    assert invite.ends_at - invite.starts_at == 24 * 3_600_000


@pytest.mark.parametrize(
    ("event", "method"),
    [
        ("UID:3\nDTSTART:20261201T100000Z", "CANCEL"),
        ("UID:3\nSTATUS:CANCELLED\nDTSTART:20261201T100000Z", "PUBLISH"),
    ],
)
def test_a_cancelled_event_is_said_to_be_cancelled(event: str, method: str) -> None:
    [invite] = parse(invitation(event, method)).invites
    assert invite.method == "CANCEL"


@pytest.mark.parametrize("event", ["SUMMARY:no start", "DTSTART:never", "DTSTART:99999999T999999Z"])
def test_a_broken_calendar_is_a_defect_and_stays_a_file(event: str) -> None:
    mail = parse(invitation(event))
    assert mail.invites == ()
    assert any("calendar" in defect for defect in mail.defects)
    assert any(a.filename.endswith(".ics") for a in mail.attachments)


def test_a_calendar_of_megabytes_is_not_read() -> None:
    mail = parse(invitation("UID:4\nDTSTART:20261201T100000Z\nDESCRIPTION:" + "x" * 300_000))
    assert mail.invites == ()
    assert any("too large" in defect for defect in mail.defects)
