"""Signed Message-IDs and reply addresses."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.email.threading import (
    make_message_id,
    read_subject_tag,
    reply_address,
    subject_tag,
    verify,
)

SECRET = b"a secret of this installation"
conversations = st.integers(min_value=1, max_value=10**17)


@given(conversations, st.from_regex(r"[a-z0-9-]{1,64}", fullmatch=True))
def test_a_message_id_leads_back_to_its_conversation(number: int, unique: str) -> None:
    assert verify(make_message_id(number, unique, SECRET, "example.org"), SECRET) == number


@given(conversations)
def test_a_reply_address_leads_back_to_its_conversation(number: int) -> None:
    assert verify(reply_address("support@example.org", number, SECRET), SECRET) == number


def test_the_reply_address_keeps_mailbox_and_domain() -> None:
    address = reply_address("support@example.org", 1042, SECRET)
    assert address.startswith("support+c1042.")
    assert address.endswith("@example.org")


def test_a_server_that_changes_the_case_of_an_address_does_no_harm() -> None:
    assert verify(reply_address("support@example.org", 7, SECRET).upper(), SECRET) == 7


def test_a_mark_is_found_among_other_ids_and_names() -> None:
    mark = make_message_id(7, "u1", SECRET, "example.org")
    assert verify(f"<a@b.example> <c9.x.aaaaaaaaaaaaaaaa@example.org>\r\n {mark}", SECRET) == 7


@given(conversations, conversations)
def test_a_signature_serves_no_other_conversation(number: int, other: int) -> None:
    mark = reply_address("support@example.org", number, SECRET)
    moved = mark.replace(f"+c{number}.", f"+c{other}.")
    assert verify(moved, SECRET) == (number if number == other else None)


@given(conversations, st.from_regex(r"[a-z2-7]{16}", fullmatch=True))
def test_an_invented_signature_is_refused(number: int, signature: str) -> None:
    assert verify(f"support+c{number}.{signature}@example.org", SECRET) is None
    assert verify(f"<c{number}.x.{signature}@example.org>", SECRET) is None


@given(st.text())
def test_no_text_is_taken_for_a_mark(text: str) -> None:
    assert verify(text, SECRET) is None


def test_the_signature_of_an_address_is_not_that_of_a_message_id() -> None:
    signature = reply_address("a@example.org", 5, SECRET).split(".")[1].split("@")[0]
    assert verify(f"<c5.x.{signature}@example.org>", SECRET) is None


def test_another_secret_verifies_nothing() -> None:
    assert verify(reply_address("a@example.org", 5, SECRET), b"another") is None


def test_while_a_secret_is_rotated_both_count() -> None:
    assert verify(reply_address("a@example.org", 5, SECRET), b"the new one", SECRET) == 5


def test_an_empty_secret_is_refused() -> None:
    with pytest.raises(ValueError, match="secret is empty"):
        reply_address("a@example.org", 5, b"")


@pytest.mark.parametrize("unique", ["", "UPPER", "a.b", "a\r\nb", "x" * 65])
def test_an_unfit_unique_part_is_refused(unique: str) -> None:
    with pytest.raises(ValueError, match="unique"):
        make_message_id(1, unique, SECRET, "example.org")


def test_a_subject_tag_is_read_back() -> None:
    assert read_subject_tag(f"Re: Parcel {subject_tag(1042)}") == 1042
    assert read_subject_tag("Re: Parcel #1042 [1042] [#0]") is None
