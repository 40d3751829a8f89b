"""The language of a customer's words decides who can answer; short texts are told by script."""

import pytest

from channels.language import detect


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Where is my parcel?", "en"),
        ("Wo ist mein Paket geblieben?", "de"),
        ("¿Dónde está mi paquete?", "es"),
        ("Où est mon colis, s'il vous plaît ?", "fr"),
        ("Где моя посылка?", "ru"),
        ("我的包裹在哪里？", "zh"),
        ("我的包裹在哪裡？", "zh"),
        ("荷物はどこですか", "ja"),
        ("제 소포가 어디에 있나요", "ko"),
    ],
)
def test_a_question_is_told_by_its_language(text: str, language: str) -> None:
    assert detect(text) == language


def test_chinese_with_product_names_is_chinese() -> None:
    assert detect("Switchroom Pro Max 什么时候发货") == "zh"


def test_english_with_one_chinese_name_is_english() -> None:
    assert detect("Could you please forward this parcel to my colleague 王") == "en"


@pytest.mark.parametrize("text", ["", "   ", "?!", "12345 67890", "a", "ok thx", "😀😀😀"])
def test_too_little_to_tell_is_no_language(text: str) -> None:
    assert detect(text) == ""


def test_a_guess_that_is_not_sure_is_no_language() -> None:
    assert detect("asdf qwer zxcv") == ""


def test_only_the_beginning_of_a_long_text_is_read() -> None:
    assert detect("Where is my parcel? " * 60 + "我的包裹在哪里？" * 10_000) == "en"
