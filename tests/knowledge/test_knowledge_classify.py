"""Learning topics from examples."""

import json
from pathlib import Path
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowledge.classify import THRESHOLD, Classifier, train

EXAMPLES = [
    ("where is my parcel", "delivery"), ("the package has not arrived", "delivery"),
    ("tracking shows no movement", "delivery"), ("包裹還沒到", "delivery"),
    ("i want my money back", "refund"), ("when do you refund me", "refund"),
    ("refund still missing on my card", "refund"), ("什麼時候退款", "refund"),
    ("cannot log in", "account"), ("forgot my password", "account"),
    ("reset the login please", "account"), ("忘記密碼", "account"),
]  # fmt: skip


@pytest.fixture(scope="module")
def model() -> Classifier:
    return train(EXAMPLES, Random(1))


def best(model: Classifier, text: str) -> str:
    return model.classify(text)[0].label


def test_new_wording_goes_to_its_topic(model: Classifier) -> None:
    assert best(model, "my parcels have still not arrived") == "delivery"
    assert best(model, "please refund the money") == "refund"
    assert best(model, "lost my pasword") == "account"


def test_simplified_questions_are_known_from_traditional_examples(model: Classifier) -> None:
    assert best(model, "我的包裹在哪里还没到") == "delivery"
    assert best(model, "忘记密码了") == "account"


def test_ten_chinese_examples_of_each_topic_sort_most_of_the_others() -> None:
    rows = (Path(__file__).parent / "topics_zh" / "cls_train.jsonl").read_text(encoding="utf-8")
    texts = [(row["text"], row["label"]) for row in map(json.loads, rows.splitlines())]
    right = 0
    for fold in range(6):  # two of the twelve texts of each topic are asked, ten learned from
        asked = [pair for at, pair in enumerate(texts) if at % 12 // 2 == fold]
        taught = train([pair for pair in texts if pair not in asked], Random(1))
        right += sum(best(taught, text) == label for text, label in asked)
    assert right >= 50  # of 72; by chance 12


def test_the_name_of_a_class_says_what_it_is_about() -> None:
    told = [("it was swallowed", "lost_card"), ("help me", "lost_card"), ("how much", "PriceList")]
    named = train(told, Random(1))
    assert best(named, "I need a new card") == "lost_card"
    assert best(named, "the list of what it costs") == "PriceList"


def test_the_best_class_comes_first_with_a_chance_and_the_rest_share_what_is_left(
    model: Classifier,
) -> None:
    found = model.classify("please refund my money on the card", limit=3)
    assert found[0].label == "refund"
    assert sum(each.confidence for each in found) <= 1.0 + 1e-9
    assert found[0].confidence > found[1].confidence


def test_less_sure_than_the_threshold_is_no_class(model: Classifier) -> None:
    assert model.classify("where is my parcel", threshold=THRESHOLD)[0].label == "delivery"
    assert model.classify("who painted the ceiling of the chapel", threshold=THRESHOLD) == []


def test_what_was_never_seen_makes_less_sure(model: Classifier) -> None:
    known = model.classify("forgot my password")[0].confidence
    unknown = model.classify("forgot my umbrella somewhere underground yesterday")[0].confidence
    assert unknown < known


def test_text_without_anything_known_has_no_class(model: Classifier) -> None:
    assert model.classify("") == []
    assert model.classify("ЖЖЖ") == []


def test_a_stored_model_decides_the_same(model: Classifier) -> None:
    again = Classifier.from_json(model.to_json())
    assert again.classify("where is the money") == model.classify("where is the money")


def test_the_same_seed_gives_the_same_model() -> None:
    assert train(EXAMPLES, Random(7)).to_json() == train(EXAMPLES, Random(7)).to_json()


def test_one_class_alone_cannot_be_learned() -> None:
    with pytest.raises(ValueError, match="two classes"):
        train(EXAMPLES[:3], Random(1))


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"rarity": {}}', "null"])
def test_a_damaged_model_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="train it again"):
        Classifier.from_json(text)


@given(st.text())
def test_any_text_can_be_classified(text: str) -> None:
    assert all(0.0 <= each.confidence <= 1.0 for each in _MODEL.classify(text))


_MODEL = train(EXAMPLES, Random(1))
