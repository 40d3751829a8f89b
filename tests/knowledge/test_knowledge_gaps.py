"""Finding the missing articles in unanswered questions."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.gaps import gaps

UNANSWERED = [
    "do you offer gift wrapping", "can you gift wrap my order", "gift wrapping for a present",
    "is gift wrapping free",
    "可以開統編發票嗎", "發票可以打統編嗎", "统编发票怎么开",
    "does the lamp work with alexa", "will the lamp work with alexa at home",
    "what is the weather",
]  # fmt: skip


def test_questions_for_the_same_missing_article_come_together_biggest_first() -> None:
    assert [gap.members for gap in gaps(UNANSWERED)] == [(0, 1, 2, 3), (4, 5, 6), (7, 8)]


def test_a_gap_is_named_by_one_of_its_own_questions() -> None:
    for gap in gaps(UNANSWERED):
        assert gap.question in {UNANSWERED[at] for at in gap.members}


def test_everyday_synonyms_come_together() -> None:
    asked = ["is my parcel insured", "is the package insured", "insured package?", "vegan shoes"]
    assert gaps(asked)[0].members == (0, 1, 2)


def test_few_questions_none_and_the_same_twice() -> None:
    assert gaps([]) == gaps(["gift cards?"]) == gaps(["", "?!"]) == []
    asked = ["怎么退款", "ship to japan?", "怎么退款", "gift cards", "Ship to Japan?", "退款要多久"]
    assert [gap.members for gap in gaps(asked)] == [(0, 2, 5), (1, 4)]


def test_only_gaps_asked_about_often_enough_are_named() -> None:
    assert [len(gap.members) for gap in gaps(UNANSWERED, least=3)] == [4, 3]
    assert len(gaps(UNANSWERED, least=1)) == 4


def test_only_the_newest_five_thousand_are_read_and_positions_stay_those_of_the_list() -> None:
    asked = ["old question"] * 3 + [f"order {number}" for number in range(4_998)] + UNANSWERED[:2]
    assert min(at for gap in gaps(asked, least=1) for at in gap.members) == 3


@given(st.lists(st.text(), max_size=12))
def test_no_question_is_in_two_gaps_and_none_breaks_it(asked: list[str]) -> None:
    members = [at for gap in gaps(asked, least=1) for at in gap.members]
    assert len(members) == len(set(members))
    assert all(0 <= at < len(asked) for at in members)
