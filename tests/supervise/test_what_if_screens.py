"""What if in a real browser: from the first question to two scenarios side by side."""

from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect

from app import clock
from app.actions.route_pass import NAME
from app.workers import scenarios as worker
from app.workers.leases import Leases
from app.workers.route_waiting import Router
from app.workers.supervisor import Shift, Supervisor
from tests.axe import WCAG, barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.product import Ticking
from tests.fixtures.routing import Rounds
from tests.fixtures.scenarios import a_morning, intervals
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
HOME = "/supervise/what-if"


@pytest.fixture
async def yesterday(shop: Shop, ticking: Ticking) -> str:
    """Ana's morning yesterday, four weeks of rows before; returns the day."""
    today = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day = today - timedelta(1)
    ticking.at = round((day + timedelta(hours=9)).timestamp() * 1000)
    db = shop.runtime.db
    await db.write(intervals, shop.desk.queues["general"], 28, today.date(), "UTC")
    leases = Leases(db)
    fence = await leases.take(NAME, lambda: None)
    assert fence is not None
    shift = Shift(NAME, shop.runtime, leases, fence)
    with Router(shift) as router:
        await a_morning(shop.desk, Rounds(router, shift), ticking, chats=20)
    await leases.release(NAME)
    clock.set_clock(None)
    return day.date().isoformat()


async def test_a_day_is_played_again_with_progress_and_set_beside_another(
    shop: Shop, console: OpenConsole, yesterday: str
) -> None:
    page = await console("sam", HOME)
    await page.get_by_role("link", name="Play a day again").click()
    await expect(page.get_by_label("Day", exact=True)).to_have_value(yesterday)
    await page.get_by_label("Name").fill("Two more")
    general = page.get_by_role("group", name="General")
    await general.get_by_label("Agents more").fill("2")
    await page.get_by_role("button", name="Play it").click()
    await expect(page.get_by_role("progressbar")).to_be_visible()
    await expect(page.get_by_text("General: 2 agents more")).to_be_visible()

    async with Supervisor(shop.runtime, [worker.WORKER]):
        checked = page.get_by_text("decisions, 0 different")  # it gets there by itself
        await expect(checked).to_be_visible(timeout=30_000)
        level = page.get_by_role("row", name="Service level").first
        await expect(level).to_contain_text("better")
        await expect(page.locator("#chart-level canvas")).to_be_visible()
        await _no_complaints(page)

        await page.get_by_role("link", name="Change and ask again").click()
        await expect(general.get_by_label("Agents more")).to_have_value("2")
        await general.get_by_label("Agents more").fill("-1")
        await page.get_by_label("Name").fill("Nobody")
        await page.get_by_role("button", name="Play it").click()
        await expect(page.get_by_role("heading", name="Nobody")).to_be_visible()
        await expect(page.get_by_label("Beside")).to_be_visible(timeout=30_000)
        await page.get_by_label("Beside").select_option(label=await _option(page, "Two more"))
        figures = page.locator(".what-if-figures")
        for name in ("As it was", "Nobody", "Two more"):
            await expect(figures.get_by_role("columnheader", name=name)).to_be_visible()
        await expect(figures).to_contain_text("worse")
        async with page.expect_download() as download:
            await page.get_by_role("link", name="CSV").click()
        assert (await download.value).suggested_filename.startswith("what-if-")


async def test_a_question_can_be_called_off(
    shop: Shop, console: OpenConsole, yesterday: str
) -> None:
    page = await console("sam", f"{HOME}/new?kind=replay")
    await page.get_by_role("button", name="Play it").click()
    await page.get_by_role("button", name="Call off").click()
    await expect(page.get_by_text("called off before it had an answer")).to_be_visible()
    await page.get_by_role("button", name="Remove").click()
    await expect(page.get_by_text("No scenario yet")).to_be_visible()


async def test_staff_is_planned_and_planned_again_with_another_goal(
    shop: Shop, console: OpenConsole, yesterday: str
) -> None:
    page = await console("sam", f"{HOME}/new?kind=staffing")
    async with Supervisor(shop.runtime, [worker.WORKER]):
        await page.get_by_label("Days").fill("7")  # tomorrow may be a Sunday
        await page.get_by_label("Handling time").fill("1800")
        await page.get_by_label("Contacts at once").fill("1")
        await page.get_by_role("button", name="Plan staff", exact=True).click()
        await expect(page.get_by_text("Most at once")).to_be_visible(timeout=30_000)
        first = await page.locator(".tile-value").first.inner_text()
        await page.get_by_label("within, s").fill("3600")
        await page.get_by_label("Busy at most").fill("100")
        await page.get_by_role("button", name="Plan again").click()
        await expect(page.get_by_role("progressbar")).to_be_visible()
        await expect(page.get_by_text("Most at once")).to_be_visible(timeout=30_000)
        assert int(await page.locator(".tile-value").first.inner_text()) < int(first)


async def test_every_page_of_it_is_accessible_and_fits_from_phone_to_wall(
    shop: Shop, console: OpenConsole, yesterday: str
) -> None:
    page = await console("sam", HOME)
    async with Supervisor(shop.runtime, [worker.WORKER]):
        paths = [HOME]
        for kind, button in (
            ("replay", "Play it"),
            ("forecast", "Forecast"),
            ("staffing", "Plan staff"),
        ):
            paths.append(f"{HOME}/new?kind={kind}")
            await page.goto(shop.url + paths[-1])
            await page.get_by_role("button", name=button, exact=True).click()
            await expect(page.get_by_role("link", name="CSV")).to_be_visible(timeout=30_000)
            paths.append(page.url.removeprefix(shop.url))
    for path in paths:
        await page.goto(shop.url + path)
        assert await barriers_in_every_look(page, (1920, 375), WCAG) == [], path
        await page.set_viewport_size({"width": 1024, "height": 900})
        assert await page.evaluate("document.documentElement.scrollWidth") <= 1024, path


async def _option(page: Page, name: str) -> str:
    found = page.get_by_label("Beside").locator("option", has_text=name)
    return (await found.inner_text()).strip()


async def _no_complaints(page: Page) -> None:
    assert await barriers(page, WCAG) == []
