"""Effort is counted, not asked: each act of the ledger, by hand and against a plain count."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from app.customers.effort import MINUTE_MS, WEEK_MS, Effort, Episode, effort

NOW = 100 * WEEK_MS


def contact(at: int, **more: object) -> Episode:
    values = {
        "conversation_id": 1, "channel": "chat", "subject": "parcel", "answered_at": at,
        "ended_at": at, "moves": 0,
    } | more  # fmt: skip
    return Episode(enqueued_at=at, **values)  # type: ignore[arg-type]


def test_nobody_who_came_has_no_effort() -> None:
    assert effort([], NOW) == Effort()
    assert effort([], NOW).score == 0


def test_minutes_are_counted_until_the_answer_the_end_or_now() -> None:
    some = [
        contact(0, answered_at=2 * MINUTE_MS, ended_at=9 * MINUTE_MS, subject="a"),
        contact(0, answered_at=None, ended_at=3 * MINUTE_MS, subject="b"),
        contact(NOW - 4 * MINUTE_MS, answered_at=None, ended_at=None, subject="c"),
    ]
    found = effort(some, NOW)
    assert found.waited_ms == 9 * MINUTE_MS
    assert found.since == NOW - 4 * MINUTE_MS


def test_who_comes_again_within_seven_days_about_the_same_repeats() -> None:
    assert effort([contact(0), contact(WEEK_MS)], NOW).repeats == 1
    assert effort([contact(0), contact(WEEK_MS + 1)], NOW).repeats == 0
    assert effort([contact(0), contact(1, subject="bill")], NOW).repeats == 0


def test_a_switch_is_another_channel_for_the_same() -> None:
    assert effort([contact(0), contact(1, channel="email")], NOW).switches == 1
    assert effort([contact(0), contact(1)], NOW).switches == 0
    late = contact(2 * WEEK_MS, channel="email")
    assert effort([contact(0), late], NOW).switches == 1  # the same conversation goes on
    other = contact(2 * WEEK_MS, channel="email", conversation_id=2)
    assert effort([contact(0), other], NOW).switches == 0


def test_the_score_is_the_minutes_and_what_each_act_is_worth() -> None:
    assert Effort(contacts=3, transfers=1, repeats=2, switches=1, waited_ms=125_000).score == (
        2 + 2 * 5 + 10 + 2 * 15 + 10
    )


@given(st.lists(st.integers(0, 5 * WEEK_MS), max_size=12), st.randoms())
def test_repeats_are_neighbours_no_more_than_a_week_apart(times: list[int], chance: object) -> None:
    some = [contact(at) for at in times]
    chance.shuffle(some)  # type: ignore[attr-defined]
    ordered = sorted(times)
    expected = sum(b - a <= WEEK_MS for a, b in pairwise(ordered))
    found = effort(some, NOW)
    assert (found.repeats, found.contacts) == (expected, len(times))
