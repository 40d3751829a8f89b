"""One spelling for each identity."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.identity import normalise


@pytest.mark.parametrize(
    ("written", "normal"),
    [
        ("Jane.Miller@Example.NET", "jane.miller@example.net"),
        ("  jane@example.net ", "jane@example.net"),
        ("mailto:jane@example.net", "jane@example.net"),
        ("ｊａｎｅ＠ｅｘａｍｐｌｅ．ｎｅｔ", "jane@example.net"),
        ("info@BÜCHER.example", "info@xn--bcher-kva.example"),
        ("jane@example.net.", "jane@example.net"),
    ],
)
def test_spellings_of_an_email_address_become_one(written: str, normal: str) -> None:
    assert normalise("email", written) == normal


@pytest.mark.parametrize(
    "written", ["jane", "@example.net", "jane@", "a b@example.net", "a@b@", "a@-x.net", "x@a\r\nb"]
)
def test_what_is_no_email_address_is_refused(written: str) -> None:
    assert normalise("email", written) is None


@pytest.mark.parametrize(
    ("written", "region", "normal"),
    [
        ("138 0013 8000", "CN", "+8613800138000"),
        ("+86 138-0013-8000", None, "+8613800138000"),
        ("0086 13800138000", "CN", "+8613800138000"),
        ("１３８００１３８０００", "CN", "+8613800138000"),
        ("(202) 555-0123", "US", "+12025550123"),
    ],
)
def test_spellings_of_a_phone_number_become_e164(
    written: str, region: str | None, normal: str
) -> None:
    assert normalise("phone", written, region) == normal


@pytest.mark.parametrize(
    ("written", "region"), [("13800138000", None), ("12345", "CN"), ("call me", "CN")]
)
def test_what_is_no_phone_number_is_refused(written: str, region: str | None) -> None:
    assert normalise("phone", written, region) is None


@pytest.mark.parametrize(
    "junk",
    [
        *("", " ", "null", "NULL", "0", "undefined", "guest", "None", "NaN", "-1"),
        *("[object Object]", "00000000-0000-0000-0000-000000000000", "a\x00b", "x" * 300),
    ],
)
def test_junk_ids_identify_nobody(junk: str) -> None:
    assert normalise("user", junk) is None
    assert normalise("visitor", junk) is None


def test_junk_local_parts_identify_nobody() -> None:
    assert normalise("email", "null@example.net") is None
    assert normalise("email", "guest@example.net") == "guest@example.net"


def test_a_card_number_is_read_without_its_spaces() -> None:
    assert normalise("card", " vip-12 34 ") == "VIP1234"


@given(st.text(), st.sampled_from(["email", "phone", "visitor", "user", "card", "oidc"]))
def test_a_normal_form_is_its_own_normal_form(value: str, kind: str) -> None:
    normal = normalise(kind, value, "CN")  # type: ignore[arg-type]
    assert normal is None or normalise(kind, normal, "CN") == normal  # type: ignore[arg-type]
