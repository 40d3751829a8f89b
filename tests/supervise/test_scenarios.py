"""Scenarios from the question to the stored answer, through the real worker and its process."""

from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import insert, select, update

from app.actions.scenario import ask_scenario, cancel_scenario, remove_scenario
from app.db import Invalid, NotFound, Tx
from app.models.agent import agent_brands
from app.models.organisation import brands, business_hours, queues
from app.models.supervision import scenarios
from app.queries.scenario import list_scenarios, scenario_answer, visible_scenario
from app.queries.what_if.questions import (
    ForecastQuestion,
    QueueChange,
    ReplayQuestion,
    StaffingQuestion,
    read_question,
)
from app.queries.what_if.wall_clock import instant
from app.workers import scenarios as worker
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.scenarios import TODAY, ZONE, ended, intervals
from tests.fixtures.workers import Start, until


def forecast_of(desk: Desk, **more: object) -> ForecastQuestion:
    return ForecastQuestion(ZONE, TODAY.isoformat(), queue=desk.queues["general"], **more)  # type: ignore[arg-type]


async def test_a_forecast_is_reckoned_in_its_own_process_and_stored(
    desk: Desk, work: Start, at_midnight: Ticking
) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    await db.write(intervals, desk.queues["general"], 28)
    await work(worker.WORKER)
    asked = await db.write(ask_scenario, sam, "forecast", "Next week", forecast_of(desk))
    found = await ended(desk, asked)
    assert (found.state, found.progress, found.created_by) == ("done", 100, "Sam")
    answer = await db.query(scenario_answer, asked)
    assert answer is not None
    assert len(answer["rows"]) == 7 * 96
    assert sum(row[1] for row in answer["rows"][:96]) == pytest.approx(128, rel=0.02)
    assert answer["rows"][40][4] == 4  # the same quarter a week before
    assert answer["backtest"]["wape"] < 0.05
    assert sum(row[1] for row in answer["rows"][6 * 96 :]) == 0  # Sunday


async def test_too_little_history_says_how_much_there_is(
    desk: Desk, work: Start, at_midnight: Ticking
) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    await db.write(intervals, desk.queues["general"], 3)
    await work(worker.WORKER)
    asked = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    await ended(desk, asked)
    answer = await db.query(scenario_answer, asked)
    # The first row begins at nine in the morning: that day is not a whole one.
    assert answer == {
        "lacking": {"days": 2, "days_needed": 14, "contacts": 3 * 128 - 128, "contacts_needed": 50}
    }


async def test_staffing_uses_what_was_measured_unless_it_is_told(
    desk: Desk, work: Start, at_midnight: Ticking
) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    await db.write(intervals, desk.queues["general"], 28)
    await work(worker.WORKER)
    question = StaffingQuestion(ZONE, TODAY.isoformat(), queue=desk.queues["general"])
    asked = await db.write(ask_scenario, sam, "staffing", "", question)
    told = StaffingQuestion(
        ZONE, TODAY.isoformat(), queue=desk.queues["general"], handling_s=1800, at_once=1
    )
    other = await db.write(ask_scenario, sam, "staffing", "", told)
    await ended(desk, asked)
    await ended(desk, other)
    answer, slower = await db.query(scenario_answer, asked), await db.query(scenario_answer, other)
    assert answer is not None
    assert slower is not None
    assert answer["measured"] == {"handling_s": 240, "patience_s": None, "at_once": 3}
    assert answer["used"]["handling_s"] == 240
    assert slower["used"] == {
        "handling_s": 1800, "patience_s": None, "at_once": 1, "assumed_handling": False,
    }  # fmt: skip
    assert answer["rows"][40]["needed"] == 1  # 1.07 Erlangs, three chats at once
    assert slower["rows"][40]["needed"] >= 10
    assert slower["rows"][40]["present"] == 0
    assert slower["rows"][40]["overloaded"]
    assert answer["rows"][0]["needed"] == 0


@pytest.mark.engine
async def test_nobody_is_needed_while_it_is_closed(
    desk: Desk, work: Start, at_midnight: Ticking
) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    await db.write(intervals, desk.queues["general"], 28)
    await db.write(_open_in_the_morning)
    await work(worker.WORKER)
    question = StaffingQuestion(ZONE, TODAY.isoformat(), queue=desk.queues["general"])
    asked = await db.write(ask_scenario, sam, "staffing", "", question)
    await ended(desk, asked)
    answer = await db.query(scenario_answer, asked)
    assert answer is not None
    ten, two = answer["rows"][40], answer["rows"][56]
    assert (ten["open"], ten["needed"]) == (True, 1)
    assert (two["open"], two["needed"], two["mean"]) == (False, 0, pytest.approx(4, abs=0.2))


def _open_in_the_morning(tx: Tx) -> None:
    spans = {str(day): [["09:00", "12:00"]] for day in range(7)}
    made = insert(business_hours).values(name="Morning", time_zone=ZONE, spans=spans, holidays=[])
    hours_id = tx.execute(made.returning(business_hours.c.id)).scalar_one()
    tx.execute(update(queues).values(hours_id=hours_id))


async def test_a_question_that_was_called_off_is_not_answered(desk: Desk, work: Start) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    asked = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    assert await db.write(cancel_scenario, sam, asked)
    assert not await db.write(cancel_scenario, sam, asked)
    other = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    await work(worker.WORKER)
    await ended(desk, other)
    assert (await db.query(visible_scenario, sam, asked)).state == "cancelled"


async def test_calling_off_a_running_one_ends_its_process(desk: Desk, work: Start) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    asked = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    await work(worker.WORKER)

    async def runs() -> bool:
        return (await db.query(visible_scenario, sam, asked)).state != "queued"

    await until(runs)
    await db.write(cancel_scenario, sam, asked)
    after = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    assert (await ended(desk, after)).state == "done"  # the worker is free again
    found = await db.query(visible_scenario, sam, asked)
    assert (found.state, found.progress < 100) == ("cancelled", True)


@pytest.mark.engine
async def test_what_was_running_when_the_worker_ended_is_answered_after_all(
    desk: Desk, work: Start
) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    asked = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))

    def interrupt(tx: Tx) -> None:
        tx.execute(update(scenarios).values(state="running", progress=40))

    await db.write(interrupt)
    await work(worker.WORKER)
    assert (await ended(desk, asked)).state == "done"


async def test_a_failure_is_kept_in_words(desk: Desk, work: Start) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    tomorrow = ReplayQuestion("2099-01-01", ZONE)
    asked = await db.write(ask_scenario, sam, "replay", "", tomorrow)
    await work(worker.WORKER)
    found = await ended(desk, asked)
    assert (found.state, found.error) == ("failed", "day_to_come")


async def test_more_than_three_unfinished_questions_are_refused(desk: Desk) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    for _ in range(3):
        await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    with pytest.raises(Invalid):
        await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    await db.write(ask_scenario, await desk.actor("ada"), "forecast", "", forecast_of(desk))


async def test_agents_ask_nothing_and_see_nothing(desk: Desk) -> None:
    db, ana = desk.runtime.db, await desk.actor("ana")
    asked = await db.write(ask_scenario, await desk.actor("sam"), "forecast", "", forecast_of(desk))
    for refused in (
        lambda: db.write(ask_scenario, ana, "forecast", "", forecast_of(desk)),
        lambda: db.query(visible_scenario, ana, asked),
        lambda: db.write(remove_scenario, ana, asked),
    ):
        with pytest.raises(NotFound):
            await refused()


@pytest.mark.engine
async def test_who_serves_one_brand_sees_no_answer_that_counts_others(desk: Desk) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    for_all = await db.write(
        ask_scenario, sam, "forecast", "", ForecastQuestion(ZONE, TODAY.isoformat())
    )
    await db.write(_limit_to_brand, desk, "sam")
    sam = await desk.actor("sam")
    with pytest.raises(NotFound):
        await db.query(visible_scenario, sam, for_all)
    own = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
    assert [found.id for found in await db.query(list_scenarios, sam)] == [own]
    stranger = await db.write(_other_queue)
    change = QueueChange(stranger, agents=1)
    with pytest.raises(NotFound):
        await db.write(
            ask_scenario, sam, "replay", "", ReplayQuestion("2026-11-01", ZONE, (change,))
        )


def _limit_to_brand(tx: Tx, desk: Desk, name: str) -> None:
    tx.execute(insert(agent_brands).values(agent_id=desk.agents[name], brand_id=desk.brand))


def _other_queue(tx: Tx) -> int:
    brand = tx.execute(
        insert(brands).values(name="Cups", slug="cups", created_at=tx.now).returning(brands.c.id)
    ).scalar_one()
    made = insert(queues).values(name="Cups", brand_id=brand, created_at=tx.now)
    return int(tx.execute(made.returning(queues.c.id)).scalar_one())


@pytest.mark.engine
async def test_only_the_newest_sixty_are_kept(desk: Desk) -> None:
    db, sam = desk.runtime.db, await desk.actor("sam")
    for _ in range(62):
        asked = await db.write(ask_scenario, sam, "forecast", "", forecast_of(desk))
        await db.write(cancel_scenario, sam, asked)

    def count(conn) -> int:  # type: ignore[no-untyped-def]
        return len(conn.execute(select(scenarios.c.id)).all())

    assert await db.query(count) == 60


@pytest.mark.parametrize(
    ("typed", "field", "code"),
    [
        ({"day": "yesterday"}, "day", "not_a_day"),
        ({"arrivals_pct": "9000"}, "arrivals_pct", "out_of_range"),
        ({"arrivals_pct": "many"}, "arrivals_pct", "not_a_number"),
        ({"queues": "1", "q1_begins": "14:00", "q1_ends": "10:00"}, "q1_ends", "ends_before"),
        ({"queues": "1", "q1_begins": "25:00"}, "q1_begins", "not_a_time"),
        ({"queues": "1", "q1_occupancy": "chaos"}, "q1_occupancy", "unknown"),
        ({"skill0_skill": "3"}, "skill0_level", "needed"),
    ],
)
def test_what_cannot_be_used_is_refused_by_field(
    typed: dict[str, str], field: str, code: str
) -> None:
    with pytest.raises(Invalid) as refused:
        read_question("replay", {"day": "2026-11-01", **typed}, ZONE)
    assert refused.value.errors == {field: code}


def test_a_form_without_changes_asks_for_the_day_as_it_was() -> None:
    sent = {"day": "2026-11-01", "queues": "1,2", "q1_agents": "", "q2_agents": "0"}
    assert read_question("replay", sent, ZONE) == ReplayQuestion("2026-11-01", ZONE)


@pytest.mark.engine
def test_a_quarter_of_an_hour_is_found_by_the_wall_clock_when_it_changes() -> None:
    london = "Europe/London"  # the clock goes back on 25 October 2026: a day of 25 hours
    assert (
        instant("2026-10-25", 24 * 60, london) - instant("2026-10-25", 0, london) == 25 * 3_600_000
    )
    assert ZoneInfo(london).key == london
