"""Which questions stand in what somebody writes."""

import pytest

from app.answering.said import only_greets, questions_in


@pytest.mark.parametrize(
    ("text", "asked"),
    [
        ("How do I return it?", ["How do I return it?"]),
        ("Hello, how do I return it?", ["how do I return it?"]),
        (
            "Return\nHello,\n\nhow do I return it? I have a cup.\n\nBest,\nLena",
            ["Return how do I return it? I have a cup.", "how do I return it?"],
        ),
        ("你好，怎么退货？谢谢", ["怎么退货？谢谢", "怎么退货？"]),
        ("Is chi tea hi there?", ["Is chi tea hi there?"]),
        ("Hello", ["Hello"]),
        ("", [""]),
    ],
)
def test_a_letter_asks_more_than_once(text: str, asked: list[str]) -> None:
    assert questions_in(text) == asked


def test_a_greeting_with_a_question_is_no_greeting() -> None:
    assert only_greets("Hello there!")
    assert not only_greets("Hello, how do I return it?")
