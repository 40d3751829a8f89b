"""A mail that was not an agent's answer, as colleagues see it; and where agents ask for mails."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from app.actions.conversation import add_system_line
from app.db import Tx
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def no_barriers(page: Page) -> None:
    """What axe finds is none; nothing is wider than the window."""
    found = (await Axe().run(page)).response["violations"]
    assert [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]] == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_what_was_refused_is_one_click_away(shop: Shop, console: OpenConsole) -> None:
    mail = await shop.desk.mail()
    ana = shop.desk.agents["ana"]

    def refuse(tx: Tx) -> None:
        add_system_line(
            tx, mail.conversation_id, "answer_refused", why="other_sender", agent="Ana",
            agent_id=ana, sender="ana@evil.example", said="Send money to <b>me</b>.",
        )  # fmt: skip

    await shop.runtime.db.write(refuse)
    page = await console("sam", f"/inbox/{mail.conversation_id}")
    line = page.locator(".message-system").last
    await expect(line).to_contain_text("in the name of Ana was not sent: it came from ana@evil")
    await expect(line.get_by_text("Send money")).to_be_hidden()
    await line.get_by_text("Show what it said").click()
    await expect(line.get_by_text("Send money to <b>me</b>.")).to_be_visible()
    await no_barriers(page)
    for width, theme in ((1280, "light"), (375, "dark")):
        await page.set_viewport_size({"width": width, "height": 720})
        await page.emulate_media(color_scheme=theme)
        await no_barriers(page)


async def test_agents_ask_for_mails_in_their_profile(shop: Shop, console: OpenConsole) -> None:
    page = await console("ana", "/account")
    choice = page.get_by_role("radiogroup", name="Write to me by mail about my conversations")
    await expect(choice.get_by_role("radio", name="Never")).to_be_checked()
    await choice.get_by_text("When I am away").click()
    await page.locator("#preferences").get_by_role("button", name="Save").click()
    await expect(choice.get_by_role("radio", name="When I am away")).to_be_checked()
    await no_barriers(page)
