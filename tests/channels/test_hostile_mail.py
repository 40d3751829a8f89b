"""Bytes that mean harm: nothing raises, nothing is unbounded, nothing unsafe comes out."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from channels.email.attachments import MAX_NAME_BYTES, safe_name
from channels.email.parse import parse, summary
from channels.values import Inbound

MAILS = sorted((Path(__file__).parent / "mails").glob("*.eml"))
relaxed = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


def assert_sound(found: Inbound) -> None:
    """What the rest of the product relies on for any mail whatever."""
    assert not any("could not be read" in defect for defect in found.defects)
    assert not re.search(r"[\x00-\x1f\x7f]", found.subject + found.name)
    for text in (found.subject, found.name, found.text, found.full_text, found.html or ""):
        assert "\x00" not in text
        text.encode("utf-8")
    names = [file.filename for file in found.attachments]
    assert len({name.casefold() for name in names}) == len(names)
    for name in names:
        assert name
        assert not re.search(r"[/\\\x00-\x1f\u202a-\u202e]", name)
        assert len(name.encode()) <= 255


@given(st.binary(max_size=4000))
@relaxed
def test_no_bytes_make_the_parser_raise(raw: bytes) -> None:
    assert_sound(parse(raw))


FRAGMENTS = [
    b"Content-Type: multipart/mixed; boundary=b\r\n", b"--b\r\n", b"--b--", b"\r\n", b"\n", b"\r",
    b"Content-Transfer-Encoding: base64\r\n", b"Content-Type: text/html; charset=utf-7\r\n",
    b"=?utf-8?b?", b"?=", b"=?gb2312?Q?=C4=E3?=", b"Content-Disposition: attachment; filename*0*=",
    b"Subject: ", b"From: ", b"\"", b"<", b">", b"(", b"\\", b";", b"\xff\xfe", b"\x00", b"+AAA",
    b"Content-Type: message/delivery-status\r\n", b"Final-Recipient: rfc822;", b"<table><tr>",
    b"Content-Type: text/plain; format=flowed; delsp=yes\r\n", b"On 2024 a wrote:\r\n", b"> ",
    b"Content-Type: message/rfc822\r\n", b"MAILER-DAEMON@x.example", b"Date: 99 Foo 99999\r\n",
]  # fmt: skip


@given(st.lists(st.sampled_from(FRAGMENTS) | st.binary(max_size=20), max_size=60))
@relaxed
def test_no_pieces_of_mail_in_any_order_make_it_raise(pieces: list[bytes]) -> None:
    assert_sound(parse(b"".join(pieces)))


@given(
    st.sampled_from(MAILS),
    st.lists(
        st.tuples(st.integers(0, 5000), st.integers(0, 40), st.binary(max_size=12)), max_size=6
    ),
)
@relaxed
def test_no_damage_to_a_mail_makes_it_raise(
    path: Path, wounds: list[tuple[int, int, bytes]]
) -> None:
    raw = path.read_bytes()
    for start, length, patch in wounds:
        raw = raw[:start] + patch + raw[start + length :]
    assert_sound(parse(raw))


@pytest.mark.parametrize(
    "raw",
    [
        b"Subject: " + b"=?utf-8?q?a?= " * 20_000 + b"\r\n\r\nx",
        b"To: " + b'"a" <a@b.example>, ' * 20_000 + b"\r\n\r\nx",
        b'To: "' + b'\\"' * 30_000 + b"\r\n\r\nx",
        b"To: " + b"(" * 60_000 + b"\r\n\r\nx",
        b"Content-Type: text/plain" + b';a="\\' * 30_000 + b"\r\n\r\nx",
        b"Subject: a\r\n" + b" b\r\n" * 200_000 + b"\r\nx",
        b"X: y\r\n" * 200_000 + b"\r\nx",
        b"".join(
            b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (i, i)
            for i in range(3_000)
        ),
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * 100_000,
        b"Content-Type: text/html\r\n\r\n" + b"<div>" * 100_000,
        b"Content-Type: text/html\r\n\r\n" + b"<script>" * 100_000,
        b"\r\n" + b"-" * 1_000_000,
        b"\r\n" + b"on 2024 a wrote b " * 50_000,
        b"From: MAILER-DAEMON@x.example\r\n\r\n" + b"a" * 1_000_000 + b"@",
        b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * 200_000,
    ],
    ids=range(15),
)
def test_huge_and_twisted_mails_are_read(raw: bytes) -> None:
    # Quadratic work would take minutes here; the run as a whole would be stopped.
    assert_sound(parse(raw))


def test_a_summary_can_be_made_of_every_sample(mail: Callable[[str], bytes]) -> None:
    for path in MAILS:
        found = summary(path.read_bytes())
        assert found["subject"]
        assert found["text"]


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\Users\\x\\a.txt", "a.txt"),
        ("a\x00b.txt", "a_b.txt"),
        ("invoice\u202egnp.exe", "invoice_gnp.exe"),
        ("..", ""),
        (" . ", ""),
        ('a<b>"c|.txt', "a_b__c_.txt"),
    ],
)
def test_file_names_lose_what_is_dangerous(name: str, safe: str) -> None:
    assert safe_name(name) == safe


@given(st.text(max_size=600))
def test_any_file_name_becomes_safe_and_short(name: str) -> None:
    safe = safe_name(name)
    assert len(safe.encode()) <= MAX_NAME_BYTES
    assert safe not in (".", "..")
    assert not re.search(r"[/\\\x00-\x1f]", safe)


def calls(raw: bytes) -> int:
    """How many functions, C's included, are called while a mail is read: a measure without a
    clock."""
    count = 0

    def count_one(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(count_one)
    try:
        parse(raw)
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize(
    "grow",
    [
        lambda n: b"Subject: " + b"=?utf-8?q?a?= " * n + b"\r\n\r\nx",
        lambda n: b"To: " + b"<a@b.example>, " * n + b"\r\n\r\nx",
        lambda n: b"X: y\r\n" * n + b"\r\nx",
        lambda n: b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + b"--b\r\n\r\nx\r\n" * n,
        lambda n: b"\r\n" + b"> > quoted\r\n" * n,
        lambda n: b"\r\n" + b"On Mon wrote:\r\n" * n,
        lambda n: b"References: " + b"<a@b> " * n + b"\r\n\r\nx",
        lambda n: b"Content-Type: text/plain; charset=gb2312\r\n\r\n" + b"\xff\x81" * n,
        lambda n: b"Content-Type: text/plain; format=flowed\r\n\r\n" + b"a \n" * n,
        lambda n: b"Content-Transfer-Encoding: x-uuencode\r\n\r\n" + b"M!!!!\r\n" * n,
    ],
    ids=range(10),
)
def test_twice_the_mail_is_at_most_twice_the_work(grow: Callable[[int], bytes]) -> None:
    parse(grow(10))  # what is imported and compiled once
    once, twice = calls(grow(2_000)), calls(grow(4_000))
    assert twice <= 2.1 * once
