"""When the gate gives an article as the answer, and when it only calls it related."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.answer import Answer, answer, clarify
from knowledge.evaluate import indexed
from knowledge.expand import terms
from knowledge.gate import FEATURES, features
from knowledge.index import Index
from knowledge.listed import listed
from knowledge.rank import ranked
from knowledge.suites import load
from knowledge.values import Article

SHOP = Path(__file__).parent / "shop"


@pytest.fixture(scope="module")
def shop() -> Iterator[Index]:
    index = indexed(load(SHOP)[0])
    yield index
    index.close()


def ask(index: Index, question: str, locale: str = "en") -> Answer:
    return answer(index, question, brand=1, locale=locale, visibilities=("public",))


def test_a_question_in_the_words_of_the_article_is_answered(shop: Index) -> None:
    given = ask(shop, "how do I reset my password if I have forgotten it")
    assert given.hit is not None
    assert given.hit.title == "Resetting your password"
    assert given.sure


@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_a_question_that_is_an_article_s_own_is_answered_unless_two_ask_it(
    locale: str, tmp_path: Path
) -> None:
    title = {"en": "Do you ship to Canada?", "zh-Hans": "你们可以发货到加拿大吗？"}[locale]
    crowd = [
        Article(number, locale, f"{title[:-1]} {number} 个月 late parcels?", "No.")
        for number in range(2, 9)
    ]
    index = Index(tmp_path / "index")
    index.replace_all([Article(1, locale, title, "Yes, by air."), *crowd])
    assert ask(index, title, locale).sure
    assert not ask(index, "Canada", locale).sure
    index.put(Article(9, locale, title, "No, never."))
    given = ask(index, title, locale)
    assert given.confidence <= 0.5
    index.close()


def test_a_question_about_something_else_is_never_answered(shop: Index) -> None:
    for question in ("what is the capital of France", "who won the match yesterday", "hello"):
        assert not ask(shop, question).sure
    assert not ask(shop, "今天天氣怎麼樣", "zh-Hant").sure


def test_a_stricter_threshold_answers_less(shop: Index) -> None:
    question = "how do I reset my password if I have forgotten it"
    given = answer(shop, question, brand=1, locale="en", visibilities=("public",), threshold=0.999)
    assert given.hit is not None
    assert not given.sure


def test_what_is_not_sure_still_names_related_articles(shop: Index) -> None:
    given = ask(shop, "parcel")
    assert given.hit is not None
    assert given.related
    assert given.hit not in given.related


def test_nothing_found_is_no_answer(shop: Index) -> None:
    assert ask(shop, "") == Answer(None, 0.0, sure=False)


def test_an_internal_article_is_never_the_answer() -> None:
    index = Index(":memory:")
    title = "Goodwill limits for angry customers"
    index.put(Article(1, "en", title, "Up to 50.", visibility="internal"))
    assert ask(index, title) == Answer(None, 0.0, sure=False)


@given(st.text(max_size=60))
@settings(deadline=None)
def test_confidence_is_a_probability_and_features_have_names(question: str) -> None:
    index = _SMALL
    given = ask(index, question)
    assert 0.0 <= given.confidence <= 1.0
    asked = terms(index, question, "en")
    found = ranked(index, asked, brand=1, visibilities=("public",), locale="en")
    if found:
        assert len(features(index, asked, found)) == len(FEATURES)


def test_phrasings_listed_in_the_body_count_like_alternative_questions() -> None:
    lists = {
        "refund": ("where is my money", "when do I get my refund", "refund me please"),
        "courier": ("my parcel is late", "the driver never came", "track my parcel"),
        "password": ("I cannot log in", "reset my password", "forgot the login code"),
    }
    below, given = Index(":memory:"), Index(":memory:")
    for number, (title, lines) in enumerate(lists.items(), 1):
        below.put(Article(number, "en", title, "\n".join(f"- {line}" for line in lines)))
        given.put(Article(number, "en", title, "", alternatives=lines))
    for question in ("when will I get the refund", "parcel is late", "what is the capital"):
        one, other = ask(below, question), ask(given, question)
        assert one.confidence == pytest.approx(other.confidence)
        assert (one.hit is None) == (other.hit is None)
    assert ask(below, "the driver never came").sure


@pytest.mark.parametrize(
    "body",
    [
        "Open the lid\nFill in water",
        "We can do this:\nopen the lid\nfill in water",
        "open the lid\nfill in water\n" + "A paragraph of many words. " * 10,
        "打开盖子。\n倒进水。\n关上。",
        "```\nopen lid\nfill water\n```",
    ],
)
def test_the_lines_of_other_bodies_are_no_phrasings(body: str) -> None:
    assert listed(body) == ()


def test_the_passage_is_the_sentence_that_tells() -> None:
    body = (
        "We are a small shop in the north.\n\nParcels leave every morning. "
        "Refunds reach your card within five days. Gift cards never expire.\n\n" + "More. " * 80
    )
    index = Index(":memory:")
    index.put(Article(1, "en", "About us", body))
    index.put(Article(2, "en", "Teapots", "They are brown."))
    given = ask(index, "when do refunds reach my card?").passage
    assert given.startswith("Refunds reach your card within five days.")
    assert len(given) <= 330


def test_a_chinese_passage_keeps_its_sentences_together() -> None:
    index = Index(":memory:")
    index.put(Article(1, "zh-Hant", "運費", "滿千免運。離島運費一百元。三天內送達。"))
    assert ask(index, "離島運費多少", "zh-Hant").passage == "滿千免運。離島運費一百元。三天內送達。"


def test_two_nearly_equal_articles_are_offered_as_a_choice() -> None:
    index = Index(":memory:")
    index.put(Article(1, "en", "Change the address of an order", "Open the order."))
    index.put(Article(2, "en", "Change the address of an account", "Open your account."))
    index.put(Article(3, "en", "Gift cards", "They never expire."))
    choice = clarify(ask(index, "how can i change the address"))
    assert {hit.article_id for hit in choice} == {1, 2}
    assert clarify(ask(index, "do gift cards expire")) == ()
    assert clarify(ask(index, "")) == ()


def test_an_article_in_another_language_is_never_the_answer() -> None:
    index = Index(":memory:")
    index.put(Article(1, "en", "iPhone 15 Pro Max trade-in", "Send us the iPhone 15 Pro Max."))
    given = ask(index, "iPhone 15 Pro Max trade-in", "zh-Hant")
    assert given.hit is not None
    assert not given.sure


_SMALL = Index(":memory:")
_SMALL.put(Article(1, "en", "Refunds", "We refund within five days."))
