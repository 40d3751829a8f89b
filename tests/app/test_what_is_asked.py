"""Which questions stand in what somebody writes."""

import pytest

from app.answering.said import locale_of, only_greets, questions_in, reply_to_answer


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


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("Thanks!", "thanks"),
        ("Okay, thank you so much!", "thanks"),
        ("got it", "thanks"),
        ("谢谢您！", "thanks"),
        ("Thanks, but where is my parcel?", ""),
        ("no", "no"),
        ("That doesn't help.", "no"),
        ("No, that is not it", "no"),
        ("不是", "no"),
        ("No parcel came", ""),
        ("Is it not allowed?", ""),
    ],
)
def test_what_is_said_to_an_answer(text: str, meant: str) -> None:
    assert reply_to_answer(text) == meant


@pytest.mark.parametrize(
    ("text", "reader", "locale"),
    [
        ("怎麼退貨？", "zh_Hant", "zh_Hant"),
        ("怎麼退貨？", "en", "zh_Hant"),
        ("怎么退货？", "en", "zh_Hans"),
        ("包裹在哪", "zh_Hant", "zh_Hant"),
        ("Where is my parcel?", "zh_Hant", "en"),
        ("Wo ist mein Paket geblieben?", "zh_Hans", "zh_Hans"),
    ],
)
def test_the_answer_is_in_the_script_of_who_asks(text: str, reader: str, locale: str) -> None:
    assert locale_of(text, reader) == locale
