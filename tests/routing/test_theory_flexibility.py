"""What flexible agents are worth, and that helping out makes nobody's line run away.

The designs N, W, M, X are those of Garnett and Mandelbaum 2000; two skills being almost as good as
all is from Wallace and Whitt 2005.
"""

from math import factorial, prod
from random import Random

import pytest

from routing import erlang
from routing.day import Coming
from routing.simulate import Stream, arrivals, simulate
from routing.state import Agent, Membership, Queue, SkillNeed
from tests.routing.drawn import HOUR, MINUTE, mean_wait, skilled, staff


def test_two_skills_of_six_are_almost_as_good_as_all() -> None:
    skills = range(6)
    streams = [Stream(1, "chat", 1, 84, 10 * MINUTE, skills=(SkillNeed(s),)) for s in skills]
    day = arrivals(streams, 40 * HOUR, Random(7))
    pairs = [((id % 6), (id + 1 + id // 6 % 5) % 6) for id in range(90)]
    two = mean_wait(simulate([Queue(1)], skilled((1, pair) for pair in pairs), day))
    pooled = mean_wait(simulate([Queue(1)], staff(90, skills=dict.fromkeys(skills, 1)), day))
    dedicated = erlang.average_speed_of_answer(15, 14, 10) * MINUTE
    assert dedicated == pytest.approx(7.22 * MINUTE, rel=0.001)
    assert two <= 1.5 * pooled
    assert two <= 0.2 * dedicated
    assert pooled == pytest.approx(0.687 * MINUTE, rel=0.25)


def two_classes(hours: int, seed: int) -> list[Coming]:
    streams = [
        Stream(1, "chat", 1, 9.5 * 60, MINUTE, skills=(SkillNeed(1),), priority="high"),
        Stream(1, "chat", 1, 9.5 * 60, MINUTE, skills=(SkillNeed(2),), priority="normal"),
    ]
    return arrivals(streams, hours * HOUR, Random(seed))


def test_two_flexible_agents_of_twenty_take_much_of_the_wait_away() -> None:
    # Exact: 1.651 services without, .755 with all flexible; .99 with 2 of 20 and .876 with 4.
    day = two_classes(hours=15, seed=1)
    two, four, pooled = [
        mean_wait(simulate([Queue(1)], skilled([(own, (1,)), (both, (1, 2)), (own, (2,))]), day))
        for own, both in ((9, 2), (8, 4), (0, 20))
    ]
    assert pooled == pytest.approx(erlang.average_speed_of_answer(20, 19, 1) * MINUTE, rel=0.3)
    assert two / pooled == pytest.approx(0.99 / 0.772, rel=0.15)
    assert four / pooled == pytest.approx(0.876 / 0.772, rel=0.15)
    assert two / pooled < 0.75 * 1.651 / 0.755


def test_in_the_n_design_the_class_without_its_own_pool_pays() -> None:
    day = two_classes(hours=15, seed=1)
    outcomes = simulate([Queue(1)], skilled([(10, (1,)), (10, (1, 2))]), day)
    own = mean_wait(outcomes, lambda o: o.priority == "high")
    other = mean_wait(outcomes, lambda o: o.priority == "normal")
    assert other / own == pytest.approx(2.47 / 0.69, rel=0.3)


def test_harrisons_n_model_is_stable_where_greedy_c_mu_is_not() -> None:
    # Agent 1 serves class 1 at rate 1; agent 2 serves class 1 at rate 1/2 and class 2 at rate 1.
    # Taking what pays best first lets class 2 grow for ever: 24,625 in line after 300,000. By age,
    # with the shared agent helping out after a service's time, it has 5.1 on average.
    hours, rho = 300, 0.95
    streams = [
        Stream(1, "chat", 1, 1.3 * rho * 60, MINUTE, priority="high"),
        Stream(2, "chat", 1, 0.4 * rho * 60, MINUTE, priority="normal"),
    ]
    day = arrivals(streams, hours * HOUR, Random(1))
    agents = [
        Agent(1, True, 1, queues={1: Membership()}),
        Agent(2, True, 1, queues={1: Membership(delay_ms=MINUTE), 2: Membership()}),
    ]

    def speed(row: Coming, agent: int) -> float:
        return 0.5 if agent == 2 and row.priority == "high" else 1.0

    outcomes = simulate([Queue(1), Queue(2)], agents, day, speed=speed)
    shared = [outcome.waited_ms for outcome in outcomes if outcome.priority == "normal"]
    assert sum(shared) / (hours * HOUR) == pytest.approx(5.1, rel=0.3)  # Little's law
    assert max(shared) < 60 * MINUTE


def test_idle_time_order_costs_no_speed_against_random_choice() -> None:
    # arXiv 1305.6249: with agents of unequal speeds every order by idle time gives the same steady
    # state as random choice, and that has a product form: busy set B has weight
    # a^|B| (n - |B|)! ÷ the product of the speeds in B.
    speeds = (0.5, 0.75, 1.0, 1.25, 1.5)
    load = 4.0
    exact = _random_choice_wait(speeds, load)
    day = arrivals([Stream(1, "chat", 1, load * 60, MINUTE)], 150 * HOUR, Random(3))
    outcomes = simulate([Queue(1)], staff(5), day, speed=lambda _, agent: speeds[agent])
    assert mean_wait(outcomes) == pytest.approx(exact * MINUTE, rel=0.1)


def test_equal_agents_of_one_pool_get_equal_shares() -> None:
    day = arrivals([Stream(1, "chat", 1, 8 * 60, MINUTE)], 40 * HOUR, Random(5))
    outcomes = simulate([Queue(1)], staff(10), day)
    counts = [sum(outcome.agent == agent for outcome in outcomes) for agent in range(10)]
    assert max(counts) / min(counts) < 1.1


def _random_choice_wait(speeds: tuple[float, ...], load: float) -> float:
    """E[W] in mean services of agents at speed 1."""
    n, total = len(speeds), sum(speeds)
    weight_below, weight_full = 0.0, 0.0
    for busy in range(1 << n):
        on = [speed for place, speed in enumerate(speeds) if busy >> place & 1]
        weight = load ** len(on) * factorial(n - len(on)) / prod(on)
        if len(on) == n:
            weight_full = weight
        else:
            weight_below += weight
    rho = load / total
    waiting = weight_full / (1 - rho)
    return waiting / (weight_below + waiting) / (total - load)
