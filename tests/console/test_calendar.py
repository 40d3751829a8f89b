"""The calendar: an agent's own days in their own time zone, and the same for other programs."""

import re
from datetime import UTC, date, datetime

import httpx2 as httpx
import pytest
from axe_playwright_python.async_playwright import Axe
from icalendar import Calendar
from playwright.async_api import expect
from sqlalchemy import update

from app import clock
from app.actions.promise import make_promise
from app.actions.task import add_task
from app.db import Tx
from app.models.agent import agents
from app.models.organisation import business_hours, queues
from app.models.promise import promises
from app.queries.agenda import agenda
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking
from tests.fixtures.shop import Shop

HOUR = 3_600_000
AUCKLAND = "Pacific/Auckland"
WEEK = {str(day): [["09:00", "12:00"]] for day in range(5)}


def keep_hours(tx: Tx, queue_id: int) -> None:
    """Give a queue hours of its own, in Germany."""
    made = tx.execute(
        business_hours.insert()
        .values(name=f"Of {queue_id}", spans=WEEK, holidays=[], country="DE")
        .returning(business_hours.c.id)
    ).scalar_one()
    tx.execute(update(queues).where(queues.c.id == queue_id).values(hours_id=made))


def change_agent(tx: Tx, /, agent_id: int, **values: object) -> None:
    """Change the agent's row."""
    tx.execute(update(agents).where(agents.c.id == agent_id).values(**values))


def feed_in(page: str) -> str:
    """The address that an account page shows."""
    found = re.search(r'value="http://[^/]+(/calendar/feed/[^"]+)"', page)
    assert found is not None
    return found[1]


@pytest.mark.engine
async def test_days_begin_at_midnight_where_the_agent_is(desk: Desk, ticking: Ticking) -> None:
    db = desk.runtime.db
    await db.write(change_agent, desk.agents["ana"], time_zone=AUCKLAND)
    ana = await desk.actor("ana")
    # The clocks of Auckland go back at 03:00 on 5 April 2026: a day of 25 hours.
    for text, hour in (("last", 10), ("first", 11), ("end", 36), ("next", 37)):
        at = int(datetime(2026, 4, 4, 0, tzinfo=UTC).timestamp() * 1000) + hour * HOUR
        await db.write(add_task, ana, text, due_at=at)
    found = await db.query(agenda, ana, date(2026, 4, 4), 3, ticking.at)
    said = {str(day.day): [item.text for item in day.items] for day in found.days}
    assert said == {
        "2026-04-04": ["last"],
        "2026-04-05": ["first"],
        "2026-04-06": ["end", "next"],
    }


async def test_closed_days_and_hours_are_those_of_all_the_agents_queues(
    desk: Desk, ticking: Ticking
) -> None:
    db, ana = desk.runtime.db, await desk.actor("ana")
    days = (date(2026, 12, 24), 3)  # a Thursday, Christmas, a Saturday
    await db.write(keep_hours, desk.queues["general"])
    found = await db.query(agenda, ana, *days, ticking.at)
    assert [day.closed for day in found.days] == [False, False, False]  # the other is always open
    await db.write(keep_hours, desk.queues["billing"])
    found = await db.query(lambda conn: agenda(conn, ana, *days, ticking.at, by_hour=True))
    assert [day.closed for day in found.days] == [False, True, True]
    assert found.days[0].open_in == {9, 10, 11}
    assert found.days[1].holiday


async def test_a_feed_tells_its_owners_items_and_no_more_than_was_chosen(
    desk: Desk, browser_of: SignIn, client: httpx.AsyncClient
) -> None:
    db, browser = desk.runtime.db, await browser_of("ana")
    ana, ben = await desk.actor("ana"), await desk.actor("ben")
    mail = await desk.mail("My secret question")
    soon = clock.now() + HOUR
    made = await db.write(make_promise, ana, mail.conversation_id, "Call\nback; 1,2", soon)
    await db.write(make_promise, ben, mail.conversation_id, "Of Ben", soon)

    async def address(**form: str) -> str:
        page = (await browser.post("/account/calendar", data=form)).text
        return feed_in(page)

    bare = await address()
    got = await client.get(bare)
    assert got.headers["content-type"].startswith("text/calendar")
    events = Calendar.from_ical(got.content).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["Promise"]
    assert events[0].decoded("dtstart") == datetime.fromtimestamp(soon // 1000, UTC)
    assert str(events[0]["uid"]).startswith(f"promise-{made}@")
    assert str(events[0]["url"]).endswith(f"/inbox/{mail.conversation_id}?view=all")
    worded = await address(texts="true")
    assert (await client.get(bare)).status_code == 404
    events = Calendar.from_ical((await client.get(worded)).content).walk("VEVENT")
    assert [str(event["summary"]) for event in events] == ["Promise · Call back; 1,2 · Kim Doe"]
    assert "Not read yet" not in (await browser.get("/account")).text
    assert worded.rsplit("/", 1)[1][:-4] not in (await browser.get("/account")).text
    await browser.post("/account/calendar/revoke")
    assert (await client.get(worded)).status_code == 404


async def test_a_feed_ends_with_its_agents_work_here(
    desk: Desk, browser_of: SignIn, client: httpx.AsyncClient
) -> None:
    browser = await browser_of("ana")
    page = (await browser.post("/account/calendar")).text
    where = feed_in(page)
    assert (await client.get(where)).status_code == 200
    await desk.runtime.db.write(change_agent, desk.agents["ana"], active=False)
    assert (await client.get(where)).status_code == 404


@pytest.mark.browser
async def test_an_agent_walks_through_the_calendar_by_keys(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await shop.desk.actor("ana")
    mail = await shop.desk.mail()
    db, now = shop.runtime.db, clock.now()
    await db.write(make_promise, ana, mail.conversation_id, "Call back", now + HOUR)
    await db.write(lambda tx: tx.execute(update(promises).values(due_at=now - 40 * 24 * HOUR)))
    await db.write(add_task, ana, "Send the sample", due_at=now, customer_id=mail.customer_id)
    page = await console("ana", "/calendar")
    await page.set_viewport_size({"width": 1280, "height": 800})
    await page.emulate_media(color_scheme="dark")

    async def no_barriers() -> None:
        found = (await Axe().run(page)).response["violations"]
        assert [
            f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]
        ] == []
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")

    overdue = page.get_by_role("region", name="Overdue").get_by_role("link", name="Call back")
    await expect(overdue).to_contain_text("late")
    await no_barriers()
    await page.keyboard.press("ArrowRight")
    await expect(page.locator('[aria-current="date"]')).to_be_focused()
    await page.keyboard.press("ArrowDown")
    await expect(page.locator(".cal-week .cal-item")).to_be_focused()
    await page.keyboard.press("n")
    await expect(overdue).to_have_count(0)
    await page.keyboard.press("t")
    await expect(overdue).to_be_visible()
    await page.keyboard.press("m")
    await expect(page.locator(".cal-month .cal-item")).to_contain_text("Send the sample")
    await page.set_viewport_size({"width": 375, "height": 800})
    await page.emulate_media(color_scheme="light")
    await no_barriers()
    await page.keyboard.press("w")
    await expect(page.locator(".cal-strip")).to_be_visible()
    await page.wait_for_load_state()
    await no_barriers()
    await page.locator(".cal-week .cal-item").click()
    await expect(page).to_have_url(f"{shop.url}/customers/{mail.customer_id}")
