"""Staffing by quarter of an hour against published figures, and what holds for any load."""

from math import inf

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from routing.staffing import Goal, Work, achieved, day, need, patience_s

CALLS = Work(arrivals=100, interval_s=1800, handling_s=180)
EIGHTY_TWENTY = Goal(0.8, 20, most_occupied=0.85, shrinkage=0.3)


def test_the_published_example_needs_14_agents_and_20_positions() -> None:
    found = need(CALLS, EIGHTY_TWENTY)
    assert (found.agents, found.positions) == (14, 20)
    assert found.achieved.service_level == pytest.approx(0.8883500192, abs=1e-9)
    assert found.achieved.occupancy == pytest.approx(0.7142857, abs=1e-7)
    assert found.achieved.asa_s == pytest.approx(7.835937, abs=1e-6)


def test_with_patience_of_two_minutes_12_agents_are_enough() -> None:
    found = need(Work(100, 1800, 180, patience_s=120), EIGHTY_TWENTY)
    assert found.agents == 12
    assert found.achieved.abandoned == pytest.approx(0.06159738, abs=1e-7)
    assert found.achieved.service_level == pytest.approx(0.82558264, abs=1e-6)


def test_agents_with_four_chats_at_once_are_four_servers_each() -> None:
    chats = Work(arrivals=90, interval_s=60, handling_s=60)  # 90 Erlangs for 25 × 4 places
    found = achieved(25, chats, Goal(target_s=0, at_once=4))
    assert 1 - found.service_level == pytest.approx(0.21694, abs=1e-5)
    assert found.asa_s == pytest.approx(60 * 0.021694, abs=1e-4)
    assert need(chats, Goal(0.78, 0, 1.0, 0, at_once=4)).agents == 25


@pytest.mark.parametrize("agents", [0, 5, 10])
def test_too_few_agents_have_a_line_that_only_grows(agents: int) -> None:
    found = achieved(agents, CALLS, EIGHTY_TWENTY)
    assert (found.service_level, found.asa_s, found.occupancy) == (0.0, inf, 1.0)


def test_nobody_is_needed_where_nobody_comes() -> None:
    found = need(Work(0, 900, 300), EIGHTY_TWENTY)
    assert (found.agents, found.positions, found.achieved.service_level) == (0, 0, 1.0)


def test_what_is_not_handled_is_carried_into_the_next_quarter() -> None:
    works = [Work(40, 900, 300), Work(10, 900, 300), Work(0, 900, 300)]
    first, second, third = day(works, [10, 10, 10], EIGHTY_TWENTY)
    assert (first.carried_over, second.carried_over, third.carried_over) == (10, 0, 0)
    assert first.overloaded
    assert second.overloaded  # its own work is little, but there is a line to begin with
    assert not third.overloaded


def test_the_impatient_leave_less_to_carry_over() -> None:
    patient = day([Work(40, 900, 300)], [10], EIGHTY_TWENTY)[0]
    impatient = day([Work(40, 900, 300, patience_s=900)], [10], EIGHTY_TWENTY)[0]
    assert impatient.carried_over == pytest.approx(patient.carried_over / 2)


def test_patience_is_all_waiting_by_those_who_gave_up() -> None:
    assert patience_s(abandoned=10, waited_s=1200) == 120
    assert patience_s(abandoned=4, waited_s=1200) is None


def test_a_goal_that_makes_no_sense_is_refused_with_the_reason() -> None:
    with pytest.raises(ValueError, match="the service goal is 80"):
        Goal(share=80)
    with pytest.raises(ValueError, match="the shrinkage"):
        Goal(shrinkage=1.0)


loads = st.builds(
    Work,
    arrivals=st.floats(0.01, 300),
    interval_s=st.just(900.0),
    handling_s=st.floats(20, 1200),
    patience_s=st.none() | st.floats(30, 900),
)
goals = st.builds(
    Goal,
    share=st.floats(0.5, 0.95),
    target_s=st.floats(5, 120),
    most_occupied=st.floats(0.6, 1.0),
    shrinkage=st.floats(0, 0.5),
    at_once=st.integers(1, 4),
)


@settings(max_examples=60, deadline=None)
@given(loads, goals)
def test_the_number_needed_is_enough_and_one_less_is_not(work: Work, goal: Goal) -> None:
    found = need(work, goal)
    assert _reaches(found.agents, work, goal)
    assert found.agents == 1 or not _reaches(found.agents - 1, work, goal)
    assert found.positions * (1 - goal.shrinkage) >= found.agents - 1e-6


@settings(max_examples=40, deadline=None)
@given(loads, goals, st.floats(1.0, 3.0))
def test_more_work_never_needs_fewer_agents(work: Work, goal: Goal, times: float) -> None:
    more = Work(work.arrivals * times, work.interval_s, work.handling_s, work.patience_s)
    assert need(more, goal).agents >= need(work, goal).agents


def _reaches(agents: int, work: Work, goal: Goal) -> bool:
    found = achieved(agents, work, goal)
    return found.service_level >= goal.share and found.occupancy <= goal.most_occupied + 1e-9
