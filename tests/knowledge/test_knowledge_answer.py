"""When the gate gives an article as the answer, and when it only calls it related."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knowledge.answer import FEATURES, Answer, answer, features
from knowledge.evaluate import indexed, load
from knowledge.expand import terms
from knowledge.index import Index
from knowledge.rank import ranked
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
def test_confidence_is_a_probability_and_features_are_ten(question: str) -> None:
    index = _SMALL
    given = ask(index, question)
    assert 0.0 <= given.confidence <= 1.0
    asked = terms(index, question, "en")
    found = ranked(index, asked, brand=1, visibilities=("public",), locale="en")
    if found:
        assert len(features(index, asked, found)) == len(FEATURES) == 10


_SMALL = Index(":memory:")
_SMALL.put(Article(1, "en", "Refunds", "We refund within five days."))
