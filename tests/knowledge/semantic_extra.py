"""What the semantic extra adds: `scripts/semantic` installs it and runs this."""

import json
from pathlib import Path
from random import Random

import pytest

from knowledge.answer import answer
from knowledge.classify import Classifier, train
from knowledge.evaluate import indexed, measure, own_search
from knowledge.gaps import gaps
from knowledge.index import Index
from knowledge.search import search
from knowledge.semantic import Encoder, encoder
from knowledge.suites import load
from knowledge.values import Article, Visibility

ARTICLES = (
    Article(1, "en", "Our opening hours", "From Monday to Friday, nine to five."),
    Article(2, "en", "Wellness and massages", "Relax in our spa after a long day."),
    Article(3, "en", "Parking your vehicle", "There are forty places below the building."),
    Article(4, "en", "Animals and pets", "They sleep in the rooms beside you."),
)
EXAMPLES = [
    ("where is my parcel", "delivery"), ("the package has not arrived", "delivery"),
    ("i want my money back", "refund"), ("when do you refund me", "refund"),
    ("cannot log in", "account"), ("forgot my password", "account"),
]  # fmt: skip


@pytest.fixture(scope="module")
def meaning() -> Encoder:
    found = encoder()
    assert found is not None, "the extra is not installed: run scripts/semantic"
    return found


def ids(index: Index, question: str, see: Visibility = "public") -> list[int]:
    hits = search(index, question, brand=1, locale="en", visibilities=(see,))
    return [hit.article_id for hit in hits]


def test_an_article_is_found_that_shares_no_word_with_the_question(meaning: Encoder) -> None:
    index = Index(":memory:", meaning)
    index.replace_all(ARTICLES)
    assert ids(index, "may my puppy come along")[0] == 4
    by_words = Index(":memory:")
    by_words.replace_all(ARTICLES)
    assert 4 not in ids(by_words, "may my puppy come along")


def test_an_article_of_one_matter_comes_before_one_that_has_a_stray_phrasing(
    meaning: Encoder,
) -> None:
    index = Index(":memory:", meaning)
    asked = ("Where can I leave my car?", "Parking places", "Is there a garage?")
    strays = ("How do I cook rice?", "Who won the match?", "My shoes are too small")
    index.put(Article(1, "en", "Parking", "", alternatives=asked))
    index.put(Article(2, "en", "Everything else", "", alternatives=(*strays, "Parking a vehicle")))
    assert ids(index, "a spot to leave my vehicle overnight")[0] == 1
    near = index.vectors and index.vectors.near(index.meaning("a spot to leave my vehicle"))
    assert near
    assert near.unity(1) > near.unity(2)
    assert near.of_centre(1) > near.of_centre(2)
    index.remove(1, "en")
    assert near.of_centre(1) == 0.0


def test_what_may_not_be_seen_is_not_found_and_crowds_nothing_out(meaning: Encoder) -> None:
    index = Index(":memory:", meaning)
    hidden = (
        Article(at, "en", f"Parking a car, part {at}", "", visibility="internal")
        for at in range(100, 1_600)
    )
    index.replace_all((*ARTICLES, *hidden))
    assert ids(index, "somewhere to leave an automobile")[0] == 3
    assert set(ids(index, "parking a car")) <= {1, 2, 3, 4}
    assert ids(index, "parking a car", "internal")[0] >= 100


def test_changed_and_removed_articles_are_found_by_what_they_say_now(meaning: Encoder) -> None:
    index = Index(":memory:", meaning)
    index.replace_all(ARTICLES)
    index.put(Article(3, "en", "Vouchers and gifts", "For somebody you like."))
    assert ids(index, "a present for a friend")[0] == 3
    index.remove(3, "en")
    assert 3 not in ids(index, "a present for a friend")
    for number in range(10, 700):  # more than there is room for at first
        index.put(Article(number, "en", f"Room {number}", ""))
    assert ids(index, "where can I get a massage")[0] == 2


def test_an_index_on_disk_makes_its_vectors_again(meaning: Encoder, tmp_path: Path) -> None:
    first = Index(tmp_path / "index", meaning)
    first.replace_all(ARTICLES)
    first.close()
    again = Index(tmp_path / "index", meaning)
    assert ids(again, "somewhere to leave an automobile")[0] == 3
    again.close()


def test_any_text_can_be_asked(meaning: Encoder) -> None:
    index = Index(":memory:", meaning)
    for question in ("", " ", "\ud800", "ЖЖЖ", "x" * 20_000, "在哪里停车"):
        given = answer(index, question, brand=1, locale="en", visibilities=("public",))
        assert not given.sure
    index.replace_all(ARTICLES)
    for question in ("", " ", "\ud800", "ЖЖЖ", "x" * 20_000, "在哪里停车"):
        answer(index, question, brand=1, locale="en", visibilities=("public",))


def test_everyday_questions_are_answered_better_than_without(meaning: Encoder) -> None:
    suite = load(Path(__file__).parent / "shop2")[0]
    without = measure(suite, own_search(suite), lambda: 0.0)
    with_it = measure(suite, own_search(suite, meaning), lambda: 0.0)
    assert with_it.recall_1 > without.recall_1
    assert with_it.recall_3 > without.recall_3


def test_hardly_anything_without_an_answer_is_answered(meaning: Encoder) -> None:
    index = indexed(load(Path(__file__).parent / "shop")[0], meaning)
    for question in (
        "what is the capital of France",
        "who won the match yesterday",
        "hello",
        "今天天气怎么样",
    ):
        given = answer(index, question, brand=1, locale="en", visibilities=("public",))
        assert not given.sure


def test_a_classifier_knows_other_words_and_is_stored_with_what_it_knows(meaning: Encoder) -> None:
    model = train(EXAMPLES, Random(1), meaning)
    text = "the postman never came to me"
    assert model.classify(text)[0].label == "delivery"
    again = Classifier.from_json(model.to_json(), meaning)
    assert again.classify(text)[0].label == "delivery"
    assert again.classify(text)[0].confidence == pytest.approx(
        model.classify(text)[0].confidence, abs=0.02
    )
    by_words = Classifier.from_json(model.to_json())
    assert by_words.classify("forgot my password")[0].label == "account"


def test_a_damaged_stored_model_is_refused(meaning: Encoder) -> None:
    held = json.loads(train(EXAMPLES, Random(1), meaning).to_json())
    held["meaning"]["rows"] = held["meaning"]["rows"][:40]
    with pytest.raises(ValueError, match="train it again"):
        Classifier.from_json(json.dumps(held), meaning)


def test_gaps_bring_together_what_is_said_in_other_words(meaning: Encoder) -> None:
    asked = [
        "can I bring my dog to the hotel", "are pets allowed in the rooms",
        "is it fine to come with an animal", "how do I pay by invoice",
    ]  # fmt: skip
    together = {frozenset(gap.members) for gap in gaps(asked, encoder=meaning)}
    assert frozenset({0, 1}) in {frozenset(group & {0, 1}) for group in together}
    assert gaps([], encoder=meaning) == []
