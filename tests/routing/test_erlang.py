"""Erlang B, C and A against published and exact figures."""

from math import inf, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

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


def test_error_of_the_square_root_rule_falls_as_one_over_the_root_of_the_load() -> None:
    # Halfin and Whitt 1981: Pw -> 1 / (1 + beta Phi(beta) / phi(beta)).
    normal = NormalDist()
    for beta in (0.5, 1.0, 1.5):
        limit = 1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta))
        errors = [
            erlang.erlang_c(round(load + beta * sqrt(load)), load) - limit
            for load in (100, 10_000, 1_000_000)
        ]
        assert errors[0] / errors[1] == pytest.approx(10, rel=0.06)
        assert errors[1] / errors[2] == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize(("beta", "limit"), [(0.5, 0.50454), (1, 0.22336), (1.5, 0.08469)])
def test_the_square_root_rule_has_its_published_limits(beta: float, limit: float) -> None:
    normal = NormalDist()
    assert 1 / (1 + beta * normal.cdf(beta) / normal.pdf(beta)) == pytest.approx(limit, abs=5e-6)


def test_the_published_queue_without_patience() -> None:
    # 48 calls a minute, 50 agents, a minute each: 20.83 s on average, 16.67 waiting, p90 58.1 s.
    assert erlang.average_speed_of_answer(50, 48, 60) == pytest.approx(20.83, abs=0.005)
    assert erlang.average_speed_of_answer(50, 48, 60) * 48 / 60 == pytest.approx(16.67, abs=0.005)
    assert erlang.wait_percentile(50, 48, 60, 0.9) == pytest.approx(58.1, abs=0.05)


def test_the_percentile_of_the_wait_agrees_with_the_service_level() -> None:
    wait = erlang.wait_percentile(14, 10, 180, 0.95)
    assert erlang.service_level(14, 10, 180, wait) == pytest.approx(0.95)
    assert erlang.wait_percentile(14, 10, 180, 0.5) == 0
    assert erlang.wait_percentile(10, 10, 180, 0.5) == inf


def test_ten_thousand_agents_neither_overflow_nor_lose_digits() -> None:
    for load in (1.0, 9_000.0, 9_999.0, 20_000.0):
        blocked = erlang.erlang_b(10_000, load)
        assert 0 <= blocked <= 1
        waits = erlang.erlang_c(10_000, load)
        assert waits == (1 if load >= 10_000 else pytest.approx(_c_of_b(blocked, 10_000, load)))
    assert erlang.erlang_b(10_000, 1.0) == pytest.approx(0, abs=1e-300)
    assert erlang.erlang_a(10_000, 10_000, 60, 60, 20).waiting_probability == pytest.approx(
        0.5, abs=0.01
    )


@given(st.integers(1, 200), st.floats(0.01, 0.999))
def test_erlang_identities(agents: int, busy: float) -> None:
    load = agents * busy
    blocked, waits = erlang.erlang_b(agents, load), erlang.erlang_c(agents, load)
    # 1 / C = rho + (1 - rho) / B, and one agent more never makes more people wait.
    assert 1 / waits == pytest.approx(busy + (1 - busy) / blocked, rel=1e-9)
    assert blocked <= waits <= 1
    assert erlang.erlang_c(agents + 1, load) <= waits
    assert erlang.service_level(agents, load, 180, 0) == pytest.approx(1 - waits)
    # Little: the mean in line is the load times ASA ÷ AHT, which is C rho / (1 - rho).
    line = load * erlang.average_speed_of_answer(agents, load, 1)
    assert line == pytest.approx(waits * busy / (1 - busy), rel=1e-9)


def _c_of_b(blocked: float, agents: int, load: float) -> float:
    return agents * blocked / (agents - load * (1 - blocked))
