"""winmail.dat is unpacked, and no claim in it is believed."""

import base64
import struct
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from channels.email.parse import parse
from channels.email.tnef import NotTnef, unpack

RENDERING, TITLE, DATA, FILE_PROPS, MAIL_PROPS, BODY = (
    0x9002,
    0x8010,
    0x800F,
    0x9005,
    0x9003,
    0x800C,
)
IMESSAGE = bytes.fromhex("0703020000000000c000000000000046")


def attribute(level: int, name: int, value: bytes) -> bytes:
    return (
        struct.pack("<BHHI", level, name, 6, len(value))
        + value
        + struct.pack("<H", sum(value) % 65536)
    )


def text_property(name: int, text: str) -> bytes:
    value = text.encode("utf-16-le") + b"\0\0"
    return struct.pack("<HHII", 0x1F, name, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def object_property(value: bytes) -> bytes:
    return struct.pack("<HHII", 0x0D, 0x3701, 1, len(value)) + value + b"\0" * (-len(value) % 4)


def properties(*each: bytes) -> bytes:
    return struct.pack("<I", len(each)) + b"".join(each)


def pack(*attributes: bytes) -> bytes:
    return struct.pack("<IH", 0x223E9F78, 1) + b"".join(attributes)


def file(name: str, data: bytes) -> bytes:
    return b"".join(
        (
            attribute(2, RENDERING, b"\0" * 14),
            attribute(2, TITLE, b"SHORT~1.TXT\0"),
            attribute(2, DATA, data),
            attribute(2, FILE_PROPS, properties(text_property(0x3707, name))),
        )
    )


def mail_with(packed: bytes) -> bytes:
    return (
        b"From: ann@example.com\r\nSubject: Files\r\nMIME-Version: 1.0\r\n"
        b"Content-Type: application/ms-tnef; name=winmail.dat\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(packed)
    )


def test_the_files_of_a_winmail_dat_are_attachments_of_the_mail() -> None:
    mail = parse(mail_with(pack(file("Rechnung März.pdf", b"%PDF-1"), file("再见.txt", b"bye"))))
    assert [(a.filename, a.content_type, a.data) for a in mail.attachments] == [
        ("Rechnung März.pdf", "application/pdf", b"%PDF-1"),
        ("再见.txt", "text/plain", b"bye"),
    ]


def test_the_text_of_a_winmail_dat_is_shown_when_the_mail_has_no_other() -> None:
    packed = pack(attribute(1, MAIL_PROPS, properties(text_property(0x1000, "Grüße, 你好"))))
    assert parse(mail_with(packed)).text == "Grüße, 你好"


def test_a_mail_in_a_winmail_dat_gives_its_text_and_its_files() -> None:
    inner = pack(attribute(1, BODY, b"inner words\0"), file("inner.txt", b"deep"))
    outer = pack(
        attribute(2, RENDERING, b"\0" * 14),
        attribute(
            2,
            FILE_PROPS,
            properties(text_property(0x3001, "Forwarded"), object_property(IMESSAGE + inner)),
        ),
    )
    found = unpack(outer)
    assert [(f.name, f.data) for f in found.files] == [
        ("Forwarded", b"inner words"),
        ("inner.txt", b"deep"),
    ]


def test_mails_packed_into_each_other_a_hundred_times_end_somewhere() -> None:
    packed = pack(attribute(1, BODY, b"core\0"))
    for _ in range(100):
        props = properties(object_property(IMESSAGE + packed))
        packed = pack(attribute(2, RENDERING, b""), attribute(2, FILE_PROPS, props))
    assert len(unpack(packed).files) == 1


def test_what_is_no_winmail_dat_stays_a_file_and_the_mail_says_so() -> None:
    mail = parse(mail_with(b"not a pack"))
    assert [a.filename for a in mail.attachments] == ["winmail.dat"]
    assert any("winmail.dat" in defect for defect in mail.defects)


def test_a_count_of_four_billion_costs_nothing() -> None:
    liar = (
        struct.pack("<I", 0xFFFFFFFF) + struct.pack("<HHI", 0x1002, 0x3001, 0xFFFFFFFF) + b"\0" * 64
    )
    tracemalloc.start()
    try:
        unpack(pack(attribute(2, RENDERING, b""), attribute(2, FILE_PROPS, liar)))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


@settings(max_examples=300)
@given(st.data())
def test_no_damage_to_a_pack_raises_anything_but_not_tnef(data: st.DataObject) -> None:
    whole = bytearray(
        pack(
            file("a.txt", b"x" * 20),
            attribute(1, MAIL_PROPS, properties(text_property(0x1000, "hi"))),
        )
    )
    for _ in range(data.draw(st.integers(1, 6))):
        whole[data.draw(st.integers(4, len(whole) - 1))] = data.draw(st.integers(0, 255))
    cut = bytes(whole[: data.draw(st.integers(0, len(whole)))])
    try:
        unpack(cut)
    except NotTnef:
        assert len(cut) < 6


def test_bytes_of_another_kind_are_refused() -> None:
    with pytest.raises(NotTnef, match="does not begin"):
        unpack(b"PK\x03\x04 a zip file")
