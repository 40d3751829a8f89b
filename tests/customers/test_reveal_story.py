"""A hidden number in a browser: asked for with a reason, seen by one, hidden again after that; and
the pages on which administrators see to it."""

from typing import Literal

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect

from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
CARD = "4111 1111 1111 1111"


async def no_barriers(page: Page) -> None:
    """What axe finds is none, small and light or wide and dark; nothing is wider than the page."""
    sizes: tuple[tuple[int, Literal["light", "dark"]], ...] = ((375, "light"), (1280, "dark"))
    for width, theme in sizes:
        await page.set_viewport_size({"width": width, "height": 800})
        await page.emulate_media(color_scheme=theme)
        found = (await Axe().run(page)).response["violations"]
        told = [f"{one['id']}: {node['html'][:120]}" for one in found for node in one["nodes"]]
        assert told == [], page.url
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


async def test_a_number_is_shown_to_who_says_why_and_only_there(
    shop: Shop, console: OpenConsole
) -> None:
    mail = await shop.desk.mail(f"Back to {CARD}, please", subject="Refund")
    address = f"/inbox/{mail.conversation_id}?view=all"
    ana = await console("ana", address)
    await expect(ana.locator(".message-text")).to_have_text("Back to •••• 1111, please")
    await expect(ana.get_by_role("button", name="Show the hidden number")).to_be_hidden()
    sam = await console("sam", address)
    await sam.get_by_role("button", name="Show the hidden number").click()
    dialog = sam.locator("#sheet-dialog")
    await expect(dialog.get_by_label("What do you need it for?")).to_be_focused()
    await no_barriers(sam)
    await dialog.get_by_label("What do you need it for?").select_option("refund")
    await dialog.get_by_role("button", name="Show", exact=True).click()
    await expect(sam.locator(".message-text")).to_have_text(f"Back to {CARD}, please")
    await expect(dialog).to_be_hidden()
    await no_barriers(sam)
    await expect(ana.locator(".message-text")).to_have_text("Back to •••• 1111, please")
    await sam.reload()
    await expect(sam.locator(".message-text")).to_have_text("Back to •••• 1111, please")

    ada = await console("ada", f"/customers/{mail.customer_id}/privacy")
    revealed = ada.get_by_role("listitem").filter(has_text="Revealed a number")
    await expect(revealed).to_contain_text("Sam")
    await no_barriers(ada)
    ada = await console("ada", "/admin/access?action=revealed")
    await expect(ada.get_by_role("cell", name="To pay money back")).to_be_visible()
    await no_barriers(ada)


async def test_rules_are_looked_at_before_they_are_saved(shop: Shop, console: OpenConsole) -> None:
    await shop.desk.mail()
    ada = await console("ada", "/admin/retention")
    solved = ada.get_by_role("group", name="Solved conversations", exact=True)
    await solved.get_by_label("Rule").select_option("days")
    await solved.get_by_label("Days").fill("365")
    await ada.get_by_role("button", name="See what would go").click()
    await expect(ada.get_by_role("heading", name="What would go now")).to_be_visible()
    await no_barriers(ada)
    await ada.get_by_role("button", name="Save these rules").click()
    await expect(ada.get_by_text("Your changes are saved.")).to_be_visible()
    await expect(solved.get_by_label("Days")).to_have_value("365")
    ada = await console("ada", "/admin/hidden-numbers")
    await no_barriers(ada)
