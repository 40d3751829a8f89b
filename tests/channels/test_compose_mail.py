"""Composing mail, judged by the standard library and by our own parser."""

from dataclasses import replace
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.compose import compose, envelope_recipients
from channels.email.parse import parse
from channels.values import Attachment, Outbound

PLAIN = Outbound(
    message_id="<c7.u1.abcdefghijklmnop@example.org>",
    sender="support@example.org",
    sender_name="客服 Support",
    to=("jane@example.net",),
    subject="您的订单 4711",
    text="你好，\n\n订单已经发货。\n.\nFrom here on\n",
    sent_at=1_709_647_402_000,
)


def standard(outbound: Outbound) -> EmailMessage:
    message = message_from_bytes(compose(outbound), policy=default)
    assert isinstance(message, EmailMessage)
    assert not message.defects
    return message


def test_text_subject_and_name_survive_in_any_script() -> None:
    message = standard(PLAIN)
    assert message["Subject"] == PLAIN.subject
    assert message["From"].addresses[0].display_name == PLAIN.sender_name
    assert message["From"].addresses[0].addr_spec == PLAIN.sender
    assert message.get_content().replace("\r\n", "\n") == PLAIN.text


def test_the_same_value_makes_the_same_bytes() -> None:
    outbound = replace(
        PLAIN, html="<p>x</p>", attachments=(Attachment("a.txt", "text/plain", b"x"),)
    )
    assert compose(outbound) == compose(outbound)


def test_every_line_is_seven_bit_and_short_enough() -> None:
    outbound = replace(PLAIN, subject="很长的主题 " * 40, sender_name="名字 " * 40)
    for line in compose(outbound).split(b"\r\n"):
        assert line.isascii()
        assert len(line) <= 100
        assert b"\n" not in line


def test_the_date_is_the_one_given() -> None:
    assert standard(PLAIN)["Date"].datetime.timestamp() * 1000 == PLAIN.sent_at


def test_references_are_folded_and_bounded_to_the_root_and_the_newest() -> None:
    ids = tuple(f"<message-{number}-{'x' * 60}@example.org>" for number in range(50))
    raw = compose(replace(PLAIN, references=ids))
    mail = parse(raw)
    assert mail.thread.references == (ids[0], *ids[-19:])
    assert standard(replace(PLAIN, references=ids))["In-Reply-To"] == ids[-1]
    assert max(len(line) for line in raw.split(b"\r\n")) < 998


def test_a_person_s_mail_carries_no_marks_of_a_machine() -> None:
    message = standard(PLAIN)
    assert message["Auto-Submitted"] is None
    assert message["Precedence"] is None
    assert message["X-Switchroom"] == "1"
    assert not parse(compose(PLAIN)).automatic


def test_automatic_mail_carries_the_marks_that_stop_other_machines() -> None:
    message = standard(replace(PLAIN, automatic=True))
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["X-Auto-Response-Suppress"] == "All"
    assert message["Precedence"] == "bulk"
    assert parse(compose(replace(PLAIN, automatic=True))).automatic


def test_html_files_and_inline_images_come_back_as_they_went() -> None:
    files = (
        Attachment("发票.pdf", "application/pdf", b"%PDF-1.4\r\n\x00\xff"),
        Attachment("logo.png", "image/png", b"\x89PNG", content_id="logo@example.org"),
        Attachment("letter.eml", "message/rfc822", b"Subject: x\r\n\r\ny"),
    )
    mail = parse(
        compose(replace(PLAIN, html='<img src="cid:logo@example.org">', attachments=files))
    )
    assert mail.full_text == PLAIN.text.strip()
    assert (mail.html or "").strip() == '<img src="cid:logo@example.org">'
    found = {file.filename: file for file in mail.attachments}
    assert found["发票.pdf"].data == files[0].data
    assert found["logo.png"].content_id == "logo@example.org"
    assert found["letter.eml"].data == files[2].data


def test_bcc_is_in_the_envelope_and_in_no_header() -> None:
    outbound = replace(PLAIN, cc=("bob@example.net",), bcc=("boss@example.org", "bob@example.net"))
    recipients = envelope_recipients(outbound)
    assert recipients == ["jane@example.net", "bob@example.net", "boss@example.org"]
    assert b"boss@" not in compose(outbound)


@pytest.mark.parametrize("evil", ["a\r\nBcc: x@evil.example", "a\nb", "a\rb", "a\x00b"])
@pytest.mark.parametrize(
    "name", ["message_id", "sender", "sender_name", "subject", "reply_to", "language"]
)
def test_no_header_value_smuggles_another_header_in(name: str, evil: str) -> None:
    with pytest.raises(ValueError, match=r"line breaks|Message-ID|email address"):
        compose(replace(PLAIN, **{name: evil}))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", ["to", "cc", "references"])
def test_no_list_of_values_smuggles_a_header_in(name: str) -> None:
    with pytest.raises(ValueError, match=r"line breaks|email address"):
        compose(replace(PLAIN, **{name: ("a@b.example\r\nBcc: x@evil.example",)}))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "file",
    [
        Attachment("a\r\nb.txt", "text/plain", b""),
        Attachment("a.txt", "text/plain\r\nBcc: x@evil.example", b""),
        Attachment("a.png", "image/png", b"", content_id="x\r\nBcc: y"),
    ],
)
def test_no_attachment_smuggles_a_header_in(file: Attachment) -> None:
    with pytest.raises(ValueError, match="line breaks"):
        compose(replace(PLAIN, html="<p></p>", attachments=(file,)))


def test_a_mail_to_nobody_is_refused() -> None:
    with pytest.raises(ValueError, match="no recipient"):
        compose(replace(PLAIN, to=()))


readable = st.text(st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=200)


@given(subject=readable, text=readable, name=readable)
def test_what_is_composed_is_parsed_back(subject: str, text: str, name: str) -> None:
    mail = parse(compose(replace(PLAIN, subject=subject, text=text, sender_name=name)))
    assert " ".join(mail.subject.split()) == " ".join(subject.split())
    assert mail.full_text == text.strip()
    assert mail.thread.message_id == PLAIN.message_id
    assert mail.identities[0].value == PLAIN.sender
    assert mail.to == PLAIN.to
    assert not mail.defects


@given(st.text(max_size=100))
def test_any_subject_is_either_sent_on_one_line_or_refused(subject: str) -> None:
    try:
        raw = compose(replace(PLAIN, subject=subject))
    except ValueError:
        return
    head = raw.partition(b"\r\n\r\n")[0]
    names = [line.split(b":")[0] for line in head.split(b"\r\n") if line[:1] not in b" \t"]
    assert names[:5] == [b"Date", b"From", b"To", b"Subject", b"Message-ID"]
