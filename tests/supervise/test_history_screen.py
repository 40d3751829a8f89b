"""The reports in a real browser: charts are drawn and read by keys; accessible everywhere."""

import pytest
from playwright.async_api import expect

from app.workers.rollup import roll_up
from tests.axe import WCAG, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
INK = """() => [...document.querySelectorAll('[data-chart] canvas')].map(canvas => {
  const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
  return data.some(value => value !== 0);
})"""


async def _work(shop: Shop) -> None:
    desk = shop.desk
    await desk.available("ana")
    await desk.mail()
    await desk.chat()
    await desk.accept("ana")
    await roll_up(desk.runtime.db)


async def test_charts_are_drawn_and_arrow_keys_read_them(shop: Shop, console: OpenConsole) -> None:
    await _work(shop)
    page = await console("sam", "/supervise/history?step=hour")
    await expect(page.locator("#chart-contacts canvas")).to_be_visible()
    assert await page.evaluate(INK) == [True] * 4
    await page.locator("#chart-contacts").focus()
    await page.keyboard.press("Home")
    await expect(page.locator("#chart-reading")).to_contain_text("Answered 0")
    for _ in range(23):  # which hour it is now, nobody knows
        if "Other 2" in await page.locator("#chart-reading").inner_text():
            break
        await page.keyboard.press("ArrowRight")
    await expect(page.locator("#chart-reading")).to_contain_text("Other 2")
    await expect(page.locator("#chart-contacts-legend")).to_contain_text("Other 2")


async def test_a_choice_is_shown_at_once_and_a_number_leads_to_its_contacts(
    shop: Shop, console: OpenConsole
) -> None:
    await _work(shop)
    page = await console("sam", "/supervise/history")
    await page.get_by_label("Channel", exact=True).select_option("email")
    await page.wait_for_url("**channel=email**")
    await expect(page.get_by_label("Channel", exact=True)).to_be_focused()
    await page.locator(".tile").first.get_by_role("link").click()
    await expect(page.get_by_role("link", name="Kim Doe")).to_be_visible()


async def test_every_report_is_accessible_and_fits_a_phone(
    shop: Shop, console: OpenConsole
) -> None:
    await _work(shop)
    page = await console("sam", "/supervise/history")
    for path in ("", "/agents", "/contacts", "/fairness", "/wrong-queue", "/announcements"):
        await page.goto(f"{shop.url}/supervise/history{path}")
        assert await barriers_in_every_look(page, (1440, 375), WCAG) == [], path
