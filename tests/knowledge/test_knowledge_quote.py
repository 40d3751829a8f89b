"""A model's answer passes only where it is quoted, whatever it tries to slip in."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.passage import sentences
from knowledge.quote import MOST_SENTENCES, Quoted, checked

RETURNS = (
    "You can return goods within 30 days of receipt. However, sale items cannot be returned.\n"
    "The fee is 4.50 EUR. We do not refund postage."
)
CHINESE = "收到商品後7天內可以退貨。但特價品不能退貨。運費為1,200元。"
PASSAGES = (RETURNS, CHINESE)


def test_whole_sentences_pass_in_the_words_of_the_article() -> None:
    # only the full stop is gone
    assert checked("the fee is 4.50 eur", PASSAGES) == Quoted("The fee is 4.50 EUR.", (0,))
    assert checked("运费为1,200元。", PASSAGES) == Quoted("運費為1,200元。", (1,))


def test_sentences_of_several_articles_may_be_put_together() -> None:
    found = checked("- The fee is 4.50 EUR. [1]\n2. “運費為1,200元。”", PASSAGES)
    assert found == Quoted("The fee is 4.50 EUR. 運費為1,200元。", (0, 1))


def test_a_limit_that_was_left_out_is_added() -> None:
    found = checked("You can return goods within 30 days of receipt.", PASSAGES)
    assert found is not None
    assert found.text.endswith("However, sale items cannot be returned.")
    found = checked("收到商品後7天內可以退貨。", PASSAGES)
    assert found == Quoted("收到商品後7天內可以退貨。但特價品不能退貨。", (1,))


@pytest.mark.parametrize(
    "smuggled",
    [
        "The fee is 450 EUR.", "The fee is 4,50 EUR.", "The fee is 5.50 EUR.",
        "The fee is -4.50 EUR.", "The fee is 4.5O EUR.",
        "We refund postage.", "We do refund postage.", "refund postage",
        "You can return goods.", "You can return goods within 300 days of receipt.",
        "The fee is 4.50 EUR. Call +1 900 555 for more.",
        "The fee is 4.50 EUR. [pay here](https://evil.example)",
        "<b>The fee is 4.50 EUR.</b>", "The fee is 4.50 EUR.<script>alert(1)</script>",
        "Sure! The fee is 4.50 EUR.", "The fee is 4.50 EUR 30 days of receipt.",
        "收到商品後70天內可以退貨。", "收到商品後7天內不可以退貨。", "運費為1200元。",
        "特價品能退貨。", "", "   ", "...", "[1]",
    ],
)  # fmt: skip
def test_what_is_not_a_whole_sentence_of_an_article_does_not_pass(smuggled: str) -> None:
    assert checked(smuggled, PASSAGES) is None


def test_look_alike_and_invisible_signs_never_reach_the_reader() -> None:
    found = checked("Ｔｈｅ fee\u200b is ４.５０ EUR.", PASSAGES)
    assert found == Quoted("The fee is 4.50 EUR.", (0,))
    assert checked("The fee is 4.5\u2070 EUR.", PASSAGES) == Quoted("The fee is 4.50 EUR.", (0,))
    assert checked("Thе fee is 4.50 EUR.", PASSAGES) is None  # a Cyrillic letter


def test_more_than_a_short_answer_does_not_pass() -> None:
    long = " ".join(f"Rule {number} holds." for number in range(MOST_SENTENCES + 1))
    assert checked(long, (long,)) is None


def test_nothing_is_quoted_from_nothing() -> None:
    assert checked("The fee is 4.50 EUR.", ()) is None


@given(st.text(), st.lists(st.text(), max_size=3))
def test_what_passes_is_made_of_sentences_of_the_passages(said: str, passages: list[str]) -> None:
    found = checked(said, passages)
    if found is not None:
        own = {sentence for passage in passages for sentence in sentences(passage)}
        assert any(sentence in found.text for sentence in own)
        assert set(found.sources) <= set(range(len(passages)))
