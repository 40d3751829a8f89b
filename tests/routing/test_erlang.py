"""Erlang B, C and A against published and exact figures."""

from math import inf, sqrt

import pytest

from routing import erlang

TABLE = [
    # load, agents, B, C, ASA / AHT
    (1, 2, 0.20000000, 0.33333333, 0.33333333),
    (5, 6, 0.19184726, 0.58751645, 0.58751645),
    (10, 11, 0.16323233, 0.68211820, 0.68211820),
    (10, 14, 0.05681914, 0.17413193, 0.04353298),
    (48, 55, 0.03837428, 0.23870094, 0.03410013),
    (84, 90, 0.04461987, 0.41195731, 0.06865955),
    (100, 110, 0.02746345, 0.23700750, 0.02370075),
    (200, 215, 0.01820138, 0.20993768, 0.01399585),
]


@pytest.mark.parametrize(("load", "agents", "b", "c", "asa"), TABLE)
def test_the_recursions_give_the_table(
    load: float, agents: int, b: float, c: float, asa: float
) -> None:
    assert erlang.erlang_b(agents, load) == pytest.approx(b, abs=1e-8)
    assert erlang.erlang_c(agents, load) == pytest.approx(c, abs=1e-8)
    assert erlang.average_speed_of_answer(agents, load, 1) == pytest.approx(asa, abs=1e-8)


@pytest.mark.parametrize("load", [5, 5.5, 100])
def test_with_too_few_agents_everybody_waits_for_ever(load: float) -> None:
    assert erlang.erlang_c(5, load) == 1
    assert erlang.service_level(5, load, 180, 20) == 0
    assert erlang.average_speed_of_answer(5, load, 180) == inf


def test_the_published_staffing_example() -> None:
    result = erlang.staff(100, 1800, 180, 20, 0.8, most_occupied=0.85, shrinkage=0.3)
    assert (result.agents, result.positions) == (14, 20)
    assert result.service_level == pytest.approx(0.8883500192, abs=1e-9)
    assert result.occupancy == pytest.approx(0.7142857, abs=1e-7)
    assert result.waiting_probability == pytest.approx(0.1741319, abs=1e-7)
    assert result.asa_s == pytest.approx(7.835937, abs=1e-6)


def test_the_published_erlang_c_example() -> None:
    assert erlang.average_speed_of_answer(55, 48, 240) == pytest.approx(8.184032, abs=1e-6)
    assert erlang.service_level(55, 48, 240, 15) == pytest.approx(0.8458831, abs=1e-7)


@pytest.mark.parametrize(("agents", "load"), [(5, 1.36), (10, 4.46), (20, 12.03), (50, 37.9)])
def test_the_load_for_one_percent_blocking(agents: int, load: float) -> None:
    assert erlang.load_for_blocking(agents, 0.01) == pytest.approx(load, abs=0.005)


def test_erlang_a_gives_the_published_figures() -> None:
    result = erlang.erlang_a(50, 48, handling_s=60, patience_s=120, target_s=20)
    assert result.abandoned == pytest.approx(0.03091225, abs=1e-8)
    assert result.mean_wait_s == pytest.approx(3.70947, abs=1e-5)
    assert result.waiting_probability == pytest.approx(0.46777407, abs=1e-8)
    assert result.queue_length == pytest.approx(2.96757592, abs=1e-8)
    assert result.utilisation == pytest.approx(0.93032424, abs=1e-8)
    assert result.answered_in_target == pytest.approx(0.94301895, abs=1e-8)


@pytest.mark.parametrize(
    ("agents", "abandoned", "answered"),
    [
        (10, 0.13746383, 0.63994131),
        (11, 0.09415503, 0.74220898),
        (12, 0.06159738, 0.82558264),
    ],
)
def test_patience_lets_twelve_agents_do_what_erlang_c_asks_fourteen_for(
    agents: int, abandoned: float, answered: float
) -> None:
    result = erlang.erlang_a(agents, 10, handling_s=180, patience_s=120, target_s=20)
    assert result.abandoned == pytest.approx(abandoned, abs=1e-8)
    assert result.answered_in_target == pytest.approx(answered, abs=1e-8)


def test_the_share_who_give_up_is_the_rate_of_giving_up_times_the_wait() -> None:
    result = erlang.erlang_a(30, 40, handling_s=200, patience_s=90, target_s=20)
    assert result.abandoned == pytest.approx(result.mean_wait_s / 90)


def test_a_hopeless_overload_neither_overflows_nor_stops() -> None:
    result = erlang.erlang_a(10, 10_000, handling_s=60, patience_s=3600, target_s=20)
    assert result.abandoned == pytest.approx(1 - 10 / 10_000, abs=1e-6)


def test_without_impatience_erlang_a_tends_to_erlang_c() -> None:
    result = erlang.erlang_a(14, 10, handling_s=180, patience_s=1e9, target_s=20)
    assert result.waiting_probability == pytest.approx(erlang.erlang_c(14, 10), abs=1e-5)
    assert result.answered_in_target == pytest.approx(
        erlang.service_level(14, 10, 180, 20), abs=1e-5
    )


@pytest.mark.parametrize(
    ("beta", "at_10_000", "at_100"),
    [(0.5, 0.50569, 0.51571), (1, 0.22476, 0.23701), (1.5, 0.08578, 0.09544)],
)
def test_square_root_staffing(beta: float, at_10_000: float, at_100: float) -> None:
    for load, waits in ((10_000, at_10_000), (100, at_100)):
        agents = round(load + beta * sqrt(load))
        assert erlang.erlang_c(agents, load) == pytest.approx(waits, abs=5e-6)


@pytest.mark.parametrize(
    "wrong",
    [{"service_goal": 1.0}, {"most_occupied": 0.0}, {"shrinkage": 1.0}],
)
def test_a_goal_nobody_can_reach_is_refused(wrong: dict[str, float]) -> None:
    asked = {"service_goal": 0.8, **wrong}
    with pytest.raises(ValueError, match="give a share"):
        erlang.staff(100, 1800, 180, 20, **asked)
