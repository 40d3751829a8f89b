"""A day that was routed, logged, and played again with more people, through the real worker."""

import pytest

from app.actions.scenario import ask_scenario
from app.queries.scenario import scenario_answer
from app.queries.what_if.questions import QueueChange, ReplayQuestion
from app.workers import scenarios as worker
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds
from tests.fixtures.scenarios import TODAY, ZONE, a_morning, ended
from tests.fixtures.workers import Start

pytestmark = pytest.mark.engine


async def _answer(desk: Desk, *changes: QueueChange, **more: int) -> dict:  # type: ignore[type-arg]
    question = ReplayQuestion(TODAY.isoformat(), ZONE, changes, **more)
    asked = await desk.runtime.db.write(
        ask_scenario, await desk.actor("sam"), "replay", "", question
    )
    found = await ended(desk, asked)
    assert found.state == "done", found.error
    answer = await desk.runtime.db.query(scenario_answer, asked)
    assert answer is not None
    return answer


async def test_the_day_as_it_was_is_checked_and_more_people_shorten_the_wait(
    desk: Desk, rounds: Rounds, work: Start, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=9 * 3600)
    await a_morning(desk, rounds, at_midnight)
    at_midnight.forward(s=3600)
    await work(worker.WORKER)
    answer = await _answer(desk, QueueChange(desk.queues["general"], agents=2))

    check = answer["check"]
    assert check["decisions"] >= 40
    assert (check["different"], check["first_at"]) == (0, None)
    before, after = answer["before"], answer["after"]
    assert before["total"]["offered"] == after["total"]["offered"] == 40
    assert before["total"]["answered"] == 40
    assert after["total"]["service_level"] > before["total"]["service_level"]
    assert after["total"]["asa_ms"] < before["total"]["asa_ms"] / 3
    assert after["occupancy"] < before["occupancy"]
    assert before["queues"].keys() == {str(desk.queues["general"])}
    assert sum(row["offered"] for row in before["quarters"]["all"]) == 40


async def test_nothing_changed_gives_the_same_figures(
    desk: Desk, rounds: Rounds, work: Start, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=9 * 3600)
    await a_morning(desk, rounds, at_midnight, chats=10)
    await work(worker.WORKER)
    answer = await _answer(desk)
    assert answer["before"] == answer["after"]
    twice = await _answer(desk, arrivals_pct=200)
    assert twice["before"] == answer["before"]
    assert twice["after"]["total"]["offered"] == 20


async def test_people_who_are_not_there_that_day_cannot_be_taken_away(
    desk: Desk, rounds: Rounds, work: Start, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=9 * 3600)
    await a_morning(desk, rounds, at_midnight, chats=6)
    await work(worker.WORKER)
    answer = await _answer(desk, QueueChange(desk.queues["general"], agents=-5))
    assert answer["after"]["total"]["answered"] == 0
    early = QueueChange(desk.queues["general"], agents=-5, begins=60, ends=120)  # nobody was there
    assert (await _answer(desk, early))["after"] == answer["before"]


async def test_the_rules_of_a_queue_change_what_is_decided(
    desk: Desk, rounds: Rounds, work: Start, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=9 * 3600)
    await a_morning(desk, rounds, at_midnight, chats=12)
    await work(worker.WORKER)
    change = QueueChange(
        desk.queues["general"], priority="urgent", occupancy="spread", agent_rule="best_skilled",
        parallel_offers=2, keep_free=0, drain_after_s=5, drain_for_s=60, wrap_up_s=120, relax_s=30,
        arrivals_pct=150,
    )  # fmt: skip
    answer = await _answer(desk, change, handling_pct=80, capacity=12)
    assert 15 <= answer["after"]["total"]["offered"] <= 20
    assert list(answer["after"]["tiers"]) == ["urgent"]
