"""Monitor, whisper and join with three browsers: the customer's, the agent's, the supervisor's."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.flows.test_agent_and_visitor import chat_as_visitor, offer_to

pytestmark = pytest.mark.browser
RULES = {"runOnly": {"type": "tag", "values": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}}


async def test_a_supervisor_monitors_whispers_and_joins(
    shop: Shop, console: OpenConsole, new_context
) -> None:
    await shop.desk.available("ana")
    customer = await (await new_context()).new_page()
    frame = await chat_as_visitor(customer, shop.site, "My parcel is lost")
    await offer_to(shop.desk, "ana")
    conversation_id = await shop.desk.accept("ana")
    agent = await console("ana", f"/inbox/{conversation_id}")
    supervisor = await console("sam", "/supervise")

    # Silent: from the agent's row into the live thread.
    await supervisor.get_by_role("button", name="Ana").click()
    await supervisor.get_by_role("button", name="Monitor Visitor").click()
    await expect(supervisor.locator(".thread")).to_contain_text("My parcel is lost")
    await expect(supervisor.locator("#watch-who")).to_contain_text("Silent")
    assert await _complaints(supervisor) == []
    await agent.locator("textarea[name=outbound]").fill("Let me look")
    await agent.locator("textarea[name=outbound]").press("Control+Enter")
    await expect(supervisor.locator(".thread")).to_contain_text("Let me look")
    await expect(agent.locator("#notices")).not_to_contain_text("Sam")
    await expect(agent.locator("#viewers")).not_to_contain_text("Sam")

    # Whispered: the agent is told at once, the customer never.
    await supervisor.get_by_role("button", name="Whisper", exact=True).click()
    await expect(agent.locator("#notices")).to_contain_text("Sam listens in")
    await supervisor.locator("#watch-text").fill("Offer a new one")
    await supervisor.get_by_role("button", name="Whisper to Ana").click()
    await expect(agent.locator(".thread")).to_contain_text("Offer a new one")
    await expect(agent.locator(".thread")).to_contain_text("Whisper of a supervisor")
    await expect(supervisor.locator("#watch-text")).to_have_value("")

    # Joined: everybody sees it.
    await supervisor.get_by_role("button", name="Join", exact=True).click()
    await expect(agent.locator(".thread")).to_contain_text("Sam joined this conversation")
    await supervisor.locator("#watch-text").fill("We send a new one today")
    await supervisor.get_by_role("button", name="Send to the customer").click()
    await expect(frame.locator("body")).to_contain_text("We send a new one today")
    await expect(agent.locator(".thread")).to_contain_text("We send a new one today")
    assert "Offer a new one" not in await frame.locator("body").inner_text()
    assert await _complaints(supervisor) == []

    await supervisor.get_by_role("button", name="Leave").click()
    await expect(supervisor.locator("#board")).to_be_visible()
    await expect(agent.locator("#notices")).not_to_contain_text("Sam")


async def test_a_word_to_everybody_stands_until_it_is_dismissed(
    shop: Shop, console: OpenConsole
) -> None:
    agent, supervisor = await console("ana"), await console("sam", "/supervise")
    await supervisor.get_by_role("button", name="Tell everybody").click()
    await supervisor.get_by_label("What should they know?").fill("The parcel service is on strike")
    assert await _complaints(supervisor) == []
    await supervisor.get_by_role("button", name="Say it").click()
    await expect(agent.locator("#notices")).to_contain_text("The parcel service is on strike")
    assert await _complaints(agent) == []
    await agent.get_by_role("button", name="Dismiss").click()
    await expect(agent.locator("#notices")).not_to_contain_text("strike")
    await agent.reload()
    await expect(agent.locator("body[data-live=yes]")).to_be_attached(timeout=15_000)
    await expect(agent.locator("#notices")).not_to_contain_text("strike")


async def test_the_sheet_of_an_agent_fits_a_phone_and_steps_in(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    await shop.desk.chat()
    await shop.desk.accept("ana")
    page = await console("sam", "/supervise")
    await page.set_viewport_size({"width": 375, "height": 800})
    await page.get_by_role("button", name="Ana").click()
    await expect(page.locator("#sheet")).to_contain_text("Capacity for now")
    assert await _complaints(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    await page.get_by_role("button", name="Take Visitor back into the queue").click()
    await expect(page.locator("#tile-waiting .tile-value")).to_have_text("1")
    await page.get_by_role("button", name="Ana").click()
    await page.get_by_label("Units").fill("9")
    await page.get_by_role("button", name="Set capacity").click()
    await expect(page.locator(f"#board-agent-{shop.desk.agents['ana']}")).to_contain_text("0/9")


async def _complaints(page: Page) -> list[str]:
    found = await Axe().run(page, options=RULES)
    return [
        f"{each['id']}: {each['nodes'][0]['html'][:200]}" for each in found.response["violations"]
    ]
