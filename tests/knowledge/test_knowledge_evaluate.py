"""Measuring the search, and the floor below which its quality must not sink."""

from itertools import count
from pathlib import Path
from random import Random

import pytest

from knowledge.evaluate import (
    abstention,
    auroc,
    compare,
    group,
    measure,
    own_search,
    plain_fts5,
    sort,
)
from knowledge.suites import (
    Question,
    Suite,
    half_typed,
    in_simplified,
    load,
    load_labelled,
    mistyped,
    without_every_fifth,
)
from knowledge.values import Article

SHOP = Path(__file__).parent / "shop"


def ticks() -> float:
    """A timer that moves on by one second at each look."""
    return float(next(_COUNTER))


_COUNTER = count()


def test_figures_are_what_the_definitions_say() -> None:
    questions = tuple(
        Question(str(number), "en", frozenset({gold}))
        for number, gold in enumerate((1, 2, 3, 4, 9))
    )
    figures = measure(Suite("s", (), questions), lambda text, locale: [1, 2, 3, 4], ticks)
    assert figures.questions == 5
    assert figures.recall_1 == pytest.approx(1 / 5)
    assert figures.recall_3 == pytest.approx(3 / 5)
    assert figures.mrr == pytest.approx((1 + 1 / 2 + 1 / 3 + 1 / 4) / 5)
    assert figures.no_hit == 0
    assert figures.p50_ms == figures.p99_ms == 1000


def test_everyday_shop_questions_are_answered_far_better_than_by_plain_fts5() -> None:
    suite = load(SHOP)[0]
    own = measure(suite, own_search(suite), ticks)
    plain = measure(suite, plain_fts5(suite), ticks)
    assert own.recall_1 > 0.5 > 0.2 > plain.recall_1
    assert own.recall_3 > 0.7
    assert own.no_hit == 0


@pytest.mark.parametrize("folder", ["shop2", "shop3"])
def test_so_are_questions_that_nothing_was_tuned_on(folder: str) -> None:
    suite = load(SHOP.parent / folder)[0]
    own = measure(suite, own_search(suite), ticks)
    plain = measure(suite, plain_fts5(suite), ticks)
    assert own.recall_1 > 0.4 > 0.2 > plain.recall_1
    assert own.recall_3 > 0.6
    assert own.no_hit == 0


def test_a_comparison_holds_both_searches_and_the_gate() -> None:
    comparison = compare(load(SHOP)[0], ticks)
    assert comparison.name == "shop"
    assert comparison.own.questions == comparison.plain.questions == 140
    assert comparison.own.mrr > comparison.plain.mrr
    assert 0.0 <= comparison.gate.answered_right <= 1.0
    assert comparison.typos.recall_3 > 0.6
    assert comparison.typing.recall_3 > 0.4
    assert comparison.simplified is not None
    assert abs(comparison.simplified.recall_1 - comparison.own.recall_1) <= 0.01


def test_questions_whose_article_is_gone_are_hardly_ever_answered() -> None:
    figures = abstention(without_every_fifth(load(SHOP)[0]))
    assert figures.unanswerable_answered <= 0.05


def test_auroc_is_the_chance_of_the_right_order() -> None:
    assert auroc([2, 3], [0, 1]) == 1.0
    assert auroc([1], [1]) == 0.5
    assert auroc([0, 2], [1]) == 0.5
    assert auroc([], [1]) == 0.5


def test_questions_can_be_asked_mistyped_half_typed_and_in_the_other_script() -> None:
    suite = Suite("s", (), (Question("refund 運費多少", "zh-Hant", frozenset({1})),))
    assert half_typed(suite).questions[0].text == "refund"
    changed = in_simplified(suite)
    assert changed is not None
    assert changed.questions[0].text == "refund 运费多少"
    assert in_simplified(Suite("s", (), (Question("refund", "en", frozenset()),))) is None
    slips = {mistyped(suite, Random(seed)).questions[0].text for seed in range(9)}
    assert "refund 運費多少" in slips
    assert len(slips) > 1


def test_labelled_texts_are_learned_grouped_and_asked_as_articles(tmp_path: Path) -> None:
    folder = tmp_path / "topics"
    folder.mkdir()
    rows = [
        (f"where is my parcel {word}", "delivery") for word in ("now", "please", "today", "again")
    ] + [
        (f"give me my money back {word}", "refund") for word in ("now", "please", "today", "again")
    ]
    for name in ("cls_train", "cls_val"):
        lines = (f'{{"text": "{text}", "label": "{label}"}}' for text, label in rows)
        (folder / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    (folder / "cls_oos_val.jsonl").write_text(
        '{"text": "who won the cup", "label": "oos"}\n', encoding="utf-8"
    )
    (labelled,) = load_labelled(tmp_path)
    assert labelled.outside == ("who won the cup",)
    (suite,) = load(tmp_path)
    assert [article.title for article in suite.articles] == ["delivery", "refund"]
    assert len(suite.articles[0].alternatives) == 2
    sorting = sort(labelled, ticks)
    assert sorting.few == sorting.full == sorting.auroc == 1.0
    grouping = group(labelled)
    assert grouping.questions == 8
    assert grouping.purity == grouping.coverage == grouping.found == 1.0


def test_a_folder_without_queries_is_asked_by_its_hidden_titles(tmp_path: Path) -> None:
    folder = tmp_path / "faq"
    folder.mkdir()
    (folder / "articles.jsonl").write_text(
        '{"id": "a", "title": "退货", "body": "七天内可退", "locale": "zh-Hans"}\n',
        encoding="utf-8",
    )
    (suite,) = load(tmp_path)
    assert suite.articles == (Article(1, "zh-Hans", "", "七天内可退"),)
    assert suite.questions == (Question("退货", "zh-Hans", frozenset({1})),)


def test_an_empty_folder_is_a_clear_error(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="holds no suite"):
        load(tmp_path)
