"""Charsets as senders really use them."""

import base64

import pytest

from channels.email.charset import decode
from channels.email.parse import parse


@pytest.mark.parametrize(
    ("text", "written", "declared"),
    [
        ("我住在㙓镇", "gb18030", "gb2312"),
        ("“quoted” – 20 €", "cp1252", "iso-8859-1"),
        ("①髙島屋", "cp932", "shift_jis"),
        ("你好，退款", "utf-8", "gb2312"),
        ("Grüße", "utf-8", "iso-8859-1"),
        ("Grüße", "utf-8", None),
        ("Grüße", "utf-8", "us-ascii"),
        ("Grüße", "cp1252", "no-such-charset"),
        ("Grüße", "cp1252", "utf-8"),
        ("發票抬頭", "big5", "big5"),
        ("請求書", "iso2022_jp", None),
        ("你好", "utf-16", None),
        ("plain", "ascii", "unicode_escape"),
    ],
)
def test_text_is_read_whatever_was_declared(text: str, written: str, declared: str | None) -> None:
    assert decode(text.encode(written), declared) == text


def test_undeclared_text_is_read_in_the_language_of_the_mailbox() -> None:
    assert decode("退款申请".encode("gb18030"), None, "zh-Hans") == "退款申请"
    assert decode("退款申請".encode("big5"), None, "zh-Hant") == "退款申請"
    assert decode("возврат".encode("cp1251"), None, "ru") == "возврат"


def test_a_broken_character_costs_only_itself() -> None:
    assert decode("订单".encode() + b"\xe9" + "发货".encode(), "utf-8") == "订单é发货"


def test_a_character_split_between_encoded_words_is_whole_again() -> None:
    data = "订单".encode()
    words = [base64.b64encode(piece).decode() for piece in (data[:4], data[4:])]
    raw = f"Subject: =?utf-8?B?{words[0]}?=\r\n =?utf-8?B?{words[1]}?= 4711\r\n\r\n".encode()
    assert parse(raw).subject == "订单 4711"


@pytest.mark.parametrize(
    ("subject", "text"),
    [
        (b"=?utf-8?B?6K6i5Y2V?=", "订单"),
        (b"=?utf-8?B?6K6i5Y2V5Y==?=x", "订单åx"),
        (b"=?utf-8?Q?a_b=3F?= =?utf-8?Q?c?=", "a b?c"),
        ("订单 raw".encode(), "订单 raw"),
        (b"=?utf-8*zh?q?x?=", "x"),
        (b"a =?broken", "a =?broken"),
        (b"=?utf-8?q?line=0Abreak?=", "line break"),
    ],
)
def test_subjects_are_read_as_they_are_really_written(subject: bytes, text: str) -> None:
    assert parse(b"Subject: " + subject + b"\r\n\r\n").subject == text


def test_html_that_names_its_own_charset_is_believed() -> None:
    body = '<meta charset="gbk"><p>订单</p>'.encode("gbk")
    assert parse(b"Content-Type: text/html\r\n\r\n" + body).full_text == "订单"
