"""What an agent sees first: never more than seven facts, a broken promise before all but doubt."""

import random

from hypothesis import given
from hypothesis import strategies as st

from app.customers.ranking import MOST, WEIGHTS, Fact, rank

facts = st.lists(
    st.builds(
        Fact,
        kind=st.sampled_from(sorted(WEIGHTS)),
        id=st.integers(1, 50),
        text=st.text(max_size=5),
        at=st.integers(0, 10_000),
        as_of=st.just(0),
        href=st.just("/customers/1"),
    ),
    max_size=40,
)


@given(facts)
def test_there_are_never_more_than_seven_with_the_name(given: list[Fact]) -> None:
    ranked = rank(given)
    assert len(ranked.first) + 1 <= MOST
    assert len(ranked.first) + len(ranked.rest) == len(given)


@given(facts)
def test_an_overdue_promise_comes_before_anything_but_doubt_about_who_it_is(
    given: list[Fact],
) -> None:
    kinds = [fact.kind for fact in rank(given).first]
    if any(fact.kind == "promise_overdue" for fact in given):
        assert "promise_overdue" in kinds
        assert set(kinds[: kinds.index("promise_overdue")]) <= {"identity_conflict"}


@given(facts, st.integers(0, 1_000))
def test_the_order_they_come_in_makes_no_difference(given: list[Fact], seed: int) -> None:
    mixed = list(given)
    random.Random(seed).shuffle(mixed)
    assert rank(mixed) == rank(given)


@given(facts)
def test_what_is_shown_is_in_order_of_weight_and_no_kind_takes_all_the_room(
    given: list[Fact],
) -> None:
    first = rank(given).first
    weights = [WEIGHTS[fact.kind].weight for fact in first]
    assert weights == sorted(weights, reverse=True)
    for kind, weight in WEIGHTS.items():
        assert sum(fact.kind == kind for fact in first) <= weight.at_once


@given(facts)
def test_of_promises_the_one_due_first_is_named_first(given: list[Fact]) -> None:
    due = [fact.at for fact in rank(given).first if fact.kind == "promise_overdue"]
    assert due == sorted(due)


def test_every_weight_has_its_own_place_and_a_reason() -> None:
    assert len({weight.weight for weight in WEIGHTS.values()}) == len(WEIGHTS)
    assert all(weight.why.endswith(".") for weight in WEIGHTS.values())
