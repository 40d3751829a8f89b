"""Parsing whole mails, written for this suite."""

from collections.abc import Callable

import pytest

from channels.email.parse import parse
from channels.email.threading import make_message_id, reply_address, verify
from channels.values import Identity

Mail = Callable[[str], bytes]
SECRET = b"secret"


def test_a_reply_from_gmail_is_read_whole(mail: Mail) -> None:
    found = parse(mail("gmail_reply"))
    assert found.channel == "email"
    assert found.identities == (Identity("email", "jane.miller@example.net"),)
    assert found.name == "Jane Miller"
    assert found.subject == "Re: Where is my parcel? [#1042]"
    assert found.to == ("support@example.org",)
    assert found.cc == ("bob@example.net",)
    assert found.sent_at == 1_709_647_402_000
    assert found.thread.message_id == "<CAJk7@mail.example.net>"
    assert found.thread.references == ("<question-1@mail.example.net>", "<answer-1@example.org>")
    assert found.thread.subject_number == 1042
    assert found.text == (
        "Thank you, it arrived this morning.\n\nBut the lid is broken — could you send a new one?"
    )
    assert "The support team" in found.full_text
    assert found.html is not None
    assert not found.automatic


def test_the_external_id_is_the_hash_of_the_bytes(mail: Mail) -> None:
    assert parse(b"").external_id == (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    )
    assert parse(mail("qq_reply")).external_id != parse(mail("qq_reply") + b"\n").external_id


def test_text_parts_are_joined_and_html_is_read_as_text(mail: Mail) -> None:
    found = parse(mail("forward_with_files"))
    assert found.full_text == "Mira la foto:\nSaludos, Ana"
    assert "Saludos, Ana" in (found.html or "")
    assert found.subject == "Reclamación"
    assert found.name == "Ana García"
    assert found.to == ()


def test_files_get_safe_unique_names_and_inline_images_keep_their_id(mail: Mail) -> None:
    files = parse(mail("forward_with_files")).attachments
    assert [file.filename for file in files] == [
        "photo.png",
        "Factura 12_2024.eml",
        "factura ñ.pdf",
        "FACTURA ñ (2).pdf",
        "winmail.dat",
    ]
    assert files[0].content_id == "photo@example.es"
    assert files[1].content_type == "message/rfc822"
    assert files[1].data.startswith(b"From: shop@example.com")
    assert files[2].data == b"%PDF-1.4\n"


def test_a_signed_address_names_the_conversation(mail: Mail) -> None:
    address = reply_address("support@example.org", 77, SECRET)
    raw = mail("gmail_reply").replace(
        b"To: Support <support@example.org>", b"To: " + address.encode()
    )
    assert parse(raw, verify_token=lambda text: verify(text, SECRET)).thread.token == 77
    assert parse(raw, verify_token=lambda text: verify(text, b"other")).thread.token is None


def test_a_signed_message_id_names_the_conversation_and_a_forged_one_does_not(mail: Mail) -> None:
    ours = make_message_id(78, "u", SECRET, "example.org")
    raw = mail("gmail_reply").replace(b"<answer-1@example.org>", ours.encode())
    assert parse(raw, verify_token=lambda text: verify(text, SECRET)).thread.token == 78
    forged = raw.replace(b"<c78.", b"<c79.")
    assert parse(forged, verify_token=lambda text: verify(text, SECRET)).thread.token is None


def test_without_a_from_the_envelope_says_who_wrote() -> None:
    found = parse(b"Return-Path: <a@example.net>\r\nSubject: x\r\n\r\ny")
    assert found.identities[0].value == "a@example.net"
    assert found.defects


def test_a_mail_of_only_a_body_is_kept_with_a_defect() -> None:
    found = parse(b"hello there\n\nno header at all")
    assert found.text == "hello there\n\nno header at all"
    assert found.defects


def results(verdict: str, authserv: str = "mx.example.org") -> bytes:
    return f"Authentication-Results: {authserv}; {verdict}\r\n".encode()


@pytest.mark.parametrize(
    ("verdict", "trust"),
    [
        ("dmarc=pass header.from=example.net", "verified"),
        ("dkim=pass header.d=example.net", "verified"),
        ("dkim=pass header.d=evil.example", "unverified"),
        ("spf=pass smtp.mailfrom=evil.example", "unverified"),
        ("dmarc=fail; dkim=pass header.d=example.net", "unverified"),
        ("none", "unknown"),
    ],
)
def test_our_own_server_s_verdict_on_the_sender_is_heard(
    mail: Mail, verdict: str, trust: str
) -> None:
    raw = results(verdict) + mail("gmail_reply")
    found = parse(raw, trusted_authserv="mx.example.org")
    assert found.trust == trust
    assert found.identities[0].verified == (trust == "verified")


def test_a_verdict_that_came_with_the_mail_counts_nothing(mail: Mail) -> None:
    good = "dmarc=pass header.from=example.net"
    foreign = results(good, "mx.evil.example") + mail("gmail_reply")
    assert parse(foreign, trusted_authserv="mx.example.org").trust == "unknown"
    below = results("dmarc=fail") + results(good) + mail("gmail_reply")
    assert parse(below, trusted_authserv="mx.example.org").trust == "unverified"
    assert parse(results(good) + mail("gmail_reply")).trust == "unknown"
