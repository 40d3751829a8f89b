"""The pages of scenarios as a browser without scripts gets them."""

import csv
import io
from datetime import timedelta

import pytest
from sqlalchemy import insert, select

from app.actions.scenario import (
    ask_scenario,
    cancel_scenario,
    finish_scenario,
    note_progress,
    start_scenario,
)
from app.db import Tx
from app.models.agent import agent_brands
from app.models.organisation import brands, skills
from app.models.supervision import scenarios
from app.queries.what_if.questions import (
    ForecastQuestion,
    QueueChange,
    ReplayQuestion,
    SkillChange,
    StaffingQuestion,
    question_of,
    stored,
)
from app.workers import scenarios as worker
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds
from tests.fixtures.scenarios import TODAY, ZONE, a_morning, ended, intervals
from tests.fixtures.workers import Start

pytestmark = pytest.mark.engine
HOME = "/supervise/what-if"


async def test_without_history_the_page_says_what_is_missing(
    desk: Desk, browser_of: SignIn, at_midnight: Ticking
) -> None:
    sam = await browser_of("sam")
    page = (await sam.get(HOME)).text
    assert "Try a change on a day that has been before you make it" in page
    assert "Needs a day with contacts: there is none yet." in page
    assert "A forecast needs two weeks of history: 0 days so far." in page
    await desk.runtime.db.write(intervals, desk.queues["general"], 4)
    assert "two weeks of history: 2 days so far." in (await sam.get(HOME)).text


async def test_only_supervisors_have_these_pages(desk: Desk, browser_of: SignIn) -> None:
    asked = await desk.runtime.db.write(
        ask_scenario, await desk.actor("sam"), "forecast", "", ForecastQuestion(ZONE, "2026-11-03")
    )
    ana = await browser_of("ana")
    for path in ("", "/new", f"/{asked}", f"/{asked}/state", f"/{asked}/csv"):
        assert (await ana.get(HOME + path)).status_code == 404
    for path in ("/new", f"/{asked}/cancel", f"/{asked}/remove"):
        assert (await ana.post(HOME + path, data={"kind": "forecast"})).status_code == 404
    assert (await (await browser_of("sam")).get(f"{HOME}/{asked}")).status_code == 200


async def test_who_serves_another_brand_is_shown_no_days_of_ours(
    desk: Desk, browser_of: SignIn, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=3600)
    await desk.chat()
    await desk.runtime.db.write(_another_brand_for, desk.agents["sam"])
    page = (await (await browser_of("sam")).get(HOME)).text
    assert "Needs a day with contacts: there is none yet." in page


def _another_brand_for(tx: Tx, agent_id: int) -> None:
    made = insert(brands).values(name="Cups", slug="cups", created_at=tx.now)
    brand_id = tx.execute(made.returning(brands.c.id)).scalar_one()
    tx.execute(insert(agent_brands).values(agent_id=agent_id, brand_id=brand_id))


async def test_a_form_asks_its_question_and_comes_back_filled(
    desk: Desk, browser_of: SignIn, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=3600)
    await desk.chat()
    sam, general = await browser_of("sam"), desk.queues["general"]
    await desk.runtime.db.write(lambda tx: tx.execute(insert(skills).values(name="French")))
    form = (await sam.get(f"{HOME}/new?kind=replay")).text
    assert "General" in form
    assert "as it is: Fill the busy first" in form
    sent = {
        "kind": "replay", "name": "Two at noon", "day": "2026-11-01", "queues": f"{general}",
        f"q{general}_agents": "2", f"q{general}_begins": "10:00", f"q{general}_ends": "14:00",
        f"q{general}_occupancy": "spread", "skill0_skill": "1", "skill0_agent": "all",
        "skill0_level": "2",
    }  # fmt: skip
    answer = await sam.post(f"{HOME}/new", data=sent)
    assert answer.status_code == 303
    page = (await sam.get(answer.headers["location"])).text
    for words in (
        "Two at noon",
        "General: 2 agents more, 10:00–14:00",
        "General: Spread evenly",
        "Everybody: French at level 2",
        "In line",
    ):
        assert words in page
    again = (await sam.get(f"{HOME}/new?like={answer.headers['location'].rsplit('/', 1)[1]}")).text
    assert f'name="q{general}_begins" type="time" value="10:00"' in again
    assert 'option value="spread" selected' in again


async def test_what_was_typed_wrong_is_said_beside_its_field(
    desk: Desk, browser_of: SignIn
) -> None:
    sam = await browser_of("sam")
    sent = {"kind": "forecast", "first_day": "soon", "days": "99"}
    page = await sam.post(f"{HOME}/new", data=sent)
    assert page.status_code == 200
    assert "Please choose a day." in page.text
    assert "This number is too small or too large." in page.text
    assert (await sam.post(f"{HOME}/new", data={"kind": "magic"})).status_code == 404


async def test_a_page_that_waits_asks_until_the_end_and_is_then_drawn_anew(
    desk: Desk, browser_of: SignIn
) -> None:
    db, actor, sam = desk.runtime.db, await desk.actor("sam"), await browser_of("sam")
    asked = await db.write(
        ask_scenario, actor, "forecast", "", ForecastQuestion(ZONE, "2026-11-03")
    )
    assert f'hx-get="{HOME}/{asked}/state"' in (await sam.get(f"{HOME}/{asked}")).text
    assert "Another" not in (await sam.get(f"{HOME}/{asked}/state")).text
    await sam.post(f"{HOME}/{asked}/cancel")
    answer = await sam.get(f"{HOME}/{asked}/state")
    assert (answer.status_code, answer.headers["hx-refresh"]) == (204, "true")
    assert "called off before it had an answer" in (await sam.get(f"{HOME}/{asked}")).text
    await sam.post(f"{HOME}/{asked}/remove")
    assert (await sam.get(f"{HOME}/{asked}")).status_code == 404


async def test_a_failure_is_said_in_words(
    desk: Desk, browser_of: SignIn, work: Start, at_midnight: Ticking
) -> None:
    db, actor = desk.runtime.db, await desk.actor("sam")
    asked = await db.write(ask_scenario, actor, "replay", "", ReplayQuestion("2026-10-30", ZONE))
    await work(worker.WORKER)
    assert (await ended(desk, asked)).state == "failed"
    page = (await (await browser_of("sam")).get(f"{HOME}/{asked}")).text
    assert "Nobody came on that day. Choose a day with contacts." in page


async def test_forecast_and_staffing_are_shown_and_given_as_csv(
    desk: Desk, browser_of: SignIn, work: Start, at_midnight: Ticking
) -> None:
    db, actor, sam = desk.runtime.db, await desk.actor("sam"), await browser_of("sam")
    await db.write(intervals, desk.queues["general"], 28)
    await work(worker.WORKER)
    asked = await db.write(
        ask_scenario, actor, "forecast", "", ForecastQuestion(ZONE, TODAY.isoformat())
    )
    await ended(desk, asked)
    page = (await sam.get(f"{HOME}/{asked}")).text
    assert "Expected in all" in page
    assert "How far off it was" in page
    rows = await _csv(sam, f"{HOME}/{asked}/csv")
    assert rows[0] == ["quarter", "expected", "lowest", "highest", "week_before"]
    assert rows[1 + 40][0] == "2026-11-02T10:00:00+08:00"
    assert len(rows) == 1 + 7 * 96

    plan = StaffingQuestion(ZONE, (TODAY + timedelta(1)).isoformat(), handling_s=1200, at_once=1)
    asked = await db.write(ask_scenario, actor, "staffing", "", plan)
    await ended(desk, asked)
    page = (await sam.get(f"{HOME}/{asked}")).text
    assert "Other goals" in page
    assert "no presence of agents on record yet" in page
    needed = [int(row[5]) for row in (await _csv(sam, f"{HOME}/{asked}/csv"))[1:]]
    assert max(needed) >= 7  # 5.3 Erlangs


async def test_a_replay_shows_the_check_and_two_scenarios_beside_the_day(
    desk: Desk, browser_of: SignIn, rounds: Rounds, work: Start, at_midnight: Ticking
) -> None:
    at_midnight.forward(s=9 * 3600)
    await a_morning(desk, rounds, at_midnight, chats=25)
    sam, general = await browser_of("sam"), desk.queues["general"]
    await work(worker.WORKER)
    asked = []
    for name, more in (("More people", "2"), ("Fewer people", "-1")):
        sent = {
            "kind": "replay", "name": name, "day": TODAY.isoformat(), "zone": ZONE,
            "queues": str(general), f"q{general}_agents": more,
        }  # fmt: skip
        answer = await sam.post(f"{HOME}/new", data=sent)
        asked.append(int(answer.headers["location"].rsplit("/", 1)[1]))
        assert (await ended(desk, asked[-1])).state == "done"
    page = (await sam.get(f"{HOME}/{asked[0]}?beside={asked[1]}&queue={general}")).text
    assert "the day as it was, played from its log, gives" in page
    assert "0 different" in page
    assert page.count("Fewer people") >= 3
    assert "better" in page
    assert "worse" in page
    rows = await _csv(sam, f"{HOME}/{asked[0]}/csv?beside={asked[1]}")
    assert {row[0] for row in rows[1:]} == {"as it was", "More people", "Fewer people"}
    assert {row[1] for row in rows[1:]} == {"all", "General"}


async def test_the_answer_of_a_scenario_that_is_called_off_is_never_stored(desk: Desk) -> None:
    db, actor = desk.runtime.db, await desk.actor("sam")
    asked = await db.write(
        ask_scenario, actor, "forecast", "", ForecastQuestion(ZONE, "2026-11-03")
    )
    await db.write(cancel_scenario, actor, asked)
    assert not await db.write(start_scenario, asked)
    assert not await db.write(note_progress, asked, 50)
    assert not await db.write(finish_scenario, asked, {"rows": []})
    async with db.read() as conn:
        assert (await conn.execute(select(scenarios.c.answer))).scalar() is None


async def _csv(client, address: str) -> list[list[str]]:  # type: ignore[no-untyped-def]
    answer = await client.get(address)
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.reader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_a_question_that_is_kept_is_read_back_as_it_was() -> None:
    for kind, question in (
        ("replay", ReplayQuestion("2026-11-01", ZONE, (QueueChange(1, 2),))),
        ("replay", ReplayQuestion("2026-11-01", ZONE, skills=(SkillChange(None, 1, 0),))),
        ("forecast", ForecastQuestion(ZONE, "2026-11-01", channel="chat")),
        ("staffing", StaffingQuestion(ZONE, "2026-11-01", goal_pct=90)),
    ):  # fmt: skip
        assert question_of(kind, stored(question)) == question


async def test_an_address_that_nobody_can_read_is_a_page_that_says_so(
    desk: Desk, browser_of: SignIn
) -> None:
    sam = await browser_of("sam")
    for address in (f"{HOME}/replay", "/supervise/watch/nobody", "/inbox/nobody/context"):
        answer = await sam.get(address, headers={"Accept": "text/html"})
        assert answer.status_code == 404
        assert "There is nothing here" in answer.text
