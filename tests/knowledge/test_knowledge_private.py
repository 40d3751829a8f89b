"""Personal data is found in what customers and agents write, and ordinary numbers are not."""

import pytest

from knowledge.private import mask, without

PERSONAL = [
    ("Write to kim.doe+tea@example.co.uk please", "email", "kim.doe+tea@example.co.uk"),
    ("Call +49 171 2345678 today", "phone", "+49 171 2345678"),
    ("Call (415) 555-2671 today", "phone", "(415) 555-2671"),
    ("电话138 0013 8000", "phone", "138 0013 8000"),
    ("手機0912-345-678", "phone", "0912-345-678"),
    ("Card 4111 1111 1111 1111", "card", "4111 1111 1111 1111"),
    ("To DE89 3704 0044 0532 0130 00", "account", "DE89 3704 0044 0532 0130 00"),
    ("身份证11010519491231002X", "identity", "11010519491231002X"),
    ("身分證 A123456789", "identity", "A123456789"),
    ("My SSN is 078-05-1120", "identity", "078-05-1120"),
    ("My order number is TH-2026-00017", "order", "TH-2026-00017"),
    ("About order #4471993", "order", "4471993"),
    ("订单号：20261122334455", "order", "20261122334455"),
    ("Tracking 1Z999AA10123456784", "order", "1Z999AA10123456784"),
    ("I live at 221B Baker Street, London, NW1 6XE", "address",
     "221B Baker Street, London, NW1 6XE"),
    ("Send it to 1600 Amphitheatre Parkway, Mountain View, CA 94043", "address",
     "1600 Amphitheatre Parkway, Mountain View, CA 94043"),
    ("Nach Hauptstraße 12, 10115 Berlin", "address", "Hauptstraße 12, 10115 Berlin"),
    ("台北市信義區信義路五段7號", "address", "台北市信義區信義路五段7號"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "was"), PERSONAL)
def test_personal_data_is_masked(text: str, kind: str, was: str) -> None:
    told, masked = mask(text)
    assert [(one.kind, one.was) for one in masked] == [(kind, was)]
    assert was not in told


def test_a_whole_chinese_address_goes() -> None:
    told, _ = mask("住在上海市浦东新区世纪大道100号3栋502室。谢谢")
    assert told == "[address]。谢谢"


def test_names_that_are_known_are_masked_in_all_their_parts() -> None:
    told, masked = mask("Kim, thank you. KIM DOE wrote; 小明说好。", ["Kim Doe", "王小明"])
    assert told == "[name], thank you. [name] wrote; [name]说好。"
    assert len(masked) == 3


@pytest.mark.parametrize(
    "text",
    [
        "Within 14 days, by 2026-11-22, for $1,299.00 or 75 degrees.",
        "Version 3.14.15 needs 4 GB and port 8080.",
        "Kimono and Kimchi are no names.",
        "七十五度的水泡三分钟，一共三百五十毫升。",
        "Open from 09:00 to 17:30, Monday to Friday.",
    ],
)
def test_what_is_not_personal_stays(text: str) -> None:
    assert mask(text, ["Kim Doe"]) == (text, [])


def test_personal_data_can_be_left_out_without_a_trace() -> None:
    text = "Ana Berg, ana@example.org or +49 30 1234567: parcel 123456789 is late"
    assert without(text, ["Ana Berg"]).split() == [",", "or", ":", "parcel", "is", "late"]
