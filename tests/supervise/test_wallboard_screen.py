"""The wallboard in a real browser: it moves by itself, equals a fresh page, and is accessible."""

import re

import pytest
from playwright.async_api import expect

from app.actions.offer import decline_offer
from tests.axe import WCAG, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.live_equals_reloaded import assert_live_equals_reloaded

pytestmark = pytest.mark.browser
WAITING = ".tile:nth-child(2) .tile-value"


async def test_the_board_patched_by_the_socket_equals_a_fresh_one(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    board = await console("sam", "/supervise")
    await expect(board.locator(WAITING)).to_have_text("0")
    await desk.available("ana")
    await desk.mail()
    await desk.chat()
    await expect(board.locator(WAITING)).to_have_text("2")
    await desk.accept("ana")
    await desk.route()
    offer_id = await desk.pending_offer("ana")
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id)
    await expect(board.locator(WAITING)).to_have_text("1")
    await assert_live_equals_reloaded(board, "#board")


async def test_a_closed_queue_says_so_on_every_board(shop: Shop, console: OpenConsole) -> None:
    one = await console("sam", "/supervise")
    other = await console("ada", "/supervise")
    await one.get_by_role("button", name="Close General").click()
    await expect(other.get_by_role("button", name="Reopen General")).to_be_visible()
    await assert_live_equals_reloaded(other, "#board")


async def test_a_number_leads_to_its_rows_and_a_row_to_the_thread(
    shop: Shop, console: OpenConsole
) -> None:
    received = await shop.desk.mail("Where is my parcel?")
    page = await console("sam", "/supervise")
    await page.locator(WAITING).click()
    await page.get_by_role("link", name="Kim Doe").click()
    await expect(page).to_have_url(re.compile(rf"/inbox/{received.conversation_id}\b"))
    await expect(page.locator(".thread")).to_contain_text("Where is my parcel?")


async def test_the_board_and_its_rows_are_accessible_and_fit_a_phone(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    await shop.desk.mail()
    await shop.desk.chat()
    await shop.desk.accept("ana")
    page = await console("sam", "/supervise")
    for path in ("/supervise", "/supervise/contacts?what=waiting", "/supervise/contacts?what=late"):
        await page.goto(shop.url + path)
        assert await barriers_in_every_look(page, (1440, 375), WCAG) == [], path


async def test_what_an_agent_has_in_hand_stands_side_by_side_on_a_phone(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    for subject in ("One", "Two"):
        await shop.desk.mail(subject)
        await shop.desk.accept("ana")
    page = await console("sam", "/supervise")
    await page.set_viewport_size({"width": 375, "height": 900})
    chips = page.locator(".in-hand .chip")
    await expect(chips).to_have_count(2)
    first, second = await chips.nth(0).bounding_box(), await chips.nth(1).bounding_box()
    assert first is not None
    assert second is not None
    assert first["y"] == second["y"]
