"""What visitors type into the widget."""

import pytest

from channels.chat.parse import MAX_TEXT, parse
from channels.values import Attachment, Identity


def test_a_visitor_s_message_carries_who_where_and_what() -> None:
    found = parse(
        " Hello\r\nthere ",
        external_id="m1",
        visitor_id="v-1",
        verified=[("user", "u42"), ("email", "Jane@Example.net")],
        email="other@example.net",
        name="Jane",
        page_url="https://shop.example/cart",
        page_title="Cart",
        conversation=7,
    )
    assert found.channel == "chat"
    assert found.text == "Hello\nthere"
    assert found.identities == (
        Identity("visitor", "v-1"),
        Identity("user", "u42", verified=True),
        Identity("email", "jane@example.net", verified=True),
        Identity("email", "other@example.net"),
    )
    assert found.fields == {"page_url": "https://shop.example/cart", "page_title": "Cart"}
    assert found.thread.token == 7
    assert found.trust == "verified"


def test_a_typed_address_never_unproves_a_proved_one() -> None:
    found = parse(
        "x",
        external_id="m",
        visitor_id="v",
        verified=[("email", "a@b.example")],
        email="A@b.example",
    )
    assert found.identities[1:] == (Identity("email", "a@b.example", verified=True),)


def test_control_characters_are_stripped() -> None:
    found = parse("a\x00b\x1b[31m\tc\u202ed", external_id="m", visitor_id="v")
    assert found.text == "ab[31m\tcd"


def test_a_page_that_is_no_web_address_is_dropped() -> None:
    found = parse("x", external_id="m", visitor_id="v", page_url="javascript:alert(1)")
    assert found.fields == {}


@pytest.mark.parametrize("text", ["", " \n", "\x00"])
def test_an_empty_message_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="empty"):
        parse(text, external_id="m", visitor_id="v")


def test_a_file_alone_is_a_message() -> None:
    file = Attachment("a.png", "image/png", b"x")
    assert parse("", external_id="m", visitor_id="v", attachments=[file]).attachments == (file,)


def test_a_text_of_the_longest_length_is_taken_and_one_more_is_refused() -> None:
    assert parse("x" * MAX_TEXT, external_id="m", visitor_id="v").text
    with pytest.raises(ValueError, match="10001"):
        parse("x" * (MAX_TEXT + 1), external_id="m", visitor_id="v")


@pytest.mark.parametrize("visitor_id", ["", "undefined", "null", "0"])
def test_a_visitor_without_an_id_is_refused(visitor_id: str) -> None:
    with pytest.raises(ValueError, match="visitor id"):
        parse("x", external_id="m", visitor_id=visitor_id)
