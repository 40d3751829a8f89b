"""Merging and splitting in a browser, by keys; what is known of a sender, at any width."""

import asyncio
import os

import pytest
from playwright.async_api import Page, Route, expect

from app.actions.merge import merge
from channels.values import Invite, SpamVerdict, ThreadHints
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def _without_barrier(page: Page, name: str) -> None:
    assert await barriers(page) == []
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png")


async def test_what_is_known_of_a_sender_has_no_barrier(shop: Shop, console: OpenConsole) -> None:
    at = 1_796_126_400_000
    invite = Invite("REQUEST", "u", "Tasting", "Tea room", "lee@example.org", at, at + 3_600_000)
    got = await shop.desk.mail(
        name="Ana",
        reply_to="kim@elsewhere.example",
        trust="unverified",
        spam=SpamVerdict(7.5, True),
        invites=(invite,),
    )
    page = await console("sam")
    await page.goto(f"{shop.url}/inbox/{got.conversation_id}?view=all&status=spam")
    await expect(page.get_by_text("an answer goes to kim@elsewhere.example")).to_be_visible()
    chip = page.locator("summary", has_text="Unverified sender")
    await chip.focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("Anybody can write any sender")).to_be_visible()
    assert await barriers_in_every_look(page, (1280, 375)) == []


async def test_a_conversation_is_merged_and_a_message_split_off_by_keys(
    shop: Shop, console: OpenConsole
) -> None:
    one = (await shop.desk.mail("First words")).conversation_id
    two = (await shop.desk.mail("Second words")).conversation_id
    page = await console("ana", f"/inbox/{one}?view=all")
    await page.get_by_role("button", name="More", exact=True).press("Enter")
    await page.get_by_role("menuitem", name="Merge into another").press("Enter")
    await expect(page.get_by_role("heading", name="Merge this conversation")).to_be_visible()
    await _without_barrier(page, "merge")
    await page.get_by_role("radio").first.press("Space")
    await page.get_by_role("radio").first.press("Enter")
    thread = page.locator(f"#thread-{two}")
    await expect(thread.get_by_text("First words")).to_be_visible()
    await expect(thread.get_by_text("Second words")).to_be_visible()
    message = thread.locator(".message", has_text="Second words")
    await message.locator("[data-message-menu]").press("Enter")
    await page.get_by_role("menuitem", name="Split off from here").press("Enter")
    await expect(page.locator(f"#thread-{two + 1}").get_by_text("Second words")).to_be_visible()


async def test_a_colleague_s_open_thread_follows_a_merge(shop: Shop, console: OpenConsole) -> None:
    one = (await shop.desk.mail("First words")).conversation_id
    two = (await shop.desk.mail("Second words")).conversation_id
    page = await console("sam", f"/inbox/{two}?view=all")
    await expect(page.get_by_text("Second words").last).to_be_visible()
    await shop.runtime.db.write(merge, await shop.desk.actor("ana"), one, two)
    await expect(page.locator(f"#thread-{two}").get_by_text("First words")).to_be_visible()
    await shop.desk.mail("Third words", thread=ThreadHints(token=one))
    await expect(page.locator(f"#thread-{two}").get_by_text("Third words")).to_be_visible()


async def test_words_that_come_while_the_thread_is_loaded_again_stay_on_it(
    shop: Shop, console: OpenConsole
) -> None:
    one = (await shop.desk.mail("First words")).conversation_id
    two = (await shop.desk.mail("Second words")).conversation_id
    page = await console("sam", f"/inbox/{two}?view=all")
    thread = page.locator(f"#thread-{two}")
    await expect(thread.get_by_text("Second words")).to_be_visible()
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        asked.set()
        await answer.wait()
        await route.fulfill(response=response)

    await page.route(f"**/inbox/{two}?view=all", hold)
    await shop.runtime.db.write(merge, await shop.desk.actor("ana"), one, two)
    await asked.wait()
    await shop.desk.mail("Third words", thread=ThreadHints(token=one))
    await expect(thread.get_by_text("Third words")).to_be_visible()
    answer.set()
    await expect(thread.get_by_text("First words")).to_be_visible()
    await expect(thread.get_by_text("Third words")).to_be_visible()
