"""Every screen of the console in a browser: no barrier that axe knows, any width, any theme."""

from collections.abc import Awaitable, Callable

import pytest
from playwright.async_api import Page, expect

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.desk import save_draft, set_tags
from app.actions.send_message import Reply, send_message
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def fill(shop: Shop) -> None:
    """One of everything that shows on a screen."""
    desk, write = shop.desk, shop.runtime.db.write
    await desk.available("ana")
    ana = await desk.actor("ana")
    mail = await desk.mail("Where is it?\n\nKim", subject="A parcel")
    await desk.accept("ana")
    await write(send_message, ana, mail.conversation_id, Reply("On its way", "key-reply"))
    note = Reply("A regular", "key-of-note", kind="note")
    await write(send_message, ana, mail.conversation_id, note)
    await write(set_tags, ana, mail.conversation_id, ["parcel", "vip"])
    await write(save_draft, ana, mail.conversation_id, "outbound", "Dear Kim")
    await desk.chat("Hello?")
    await desk.route()
    draft = ArticleDraft({"en": ArticleText("How long does it take?", "Three **days**.")})
    await write(save_article, ana, desk.brand, draft)


async def no_barriers(page: Page) -> None:
    """What axe finds is none; nothing is wider than the window."""
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_no_screen_has_a_barrier(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("ana")
    for path in (
        "/inbox",
        "/inbox/1",
        "/inbox/1/context",
        "/inbox?view=all&q=nothing-at-all",
        "/inbox/new",
        "/customers",
        "/customers/1",
        "/knowledge",
        "/knowledge/1",
        "/knowledge/new",
    ):
        await page.goto(shop.url + path)
        assert await barriers_in_every_look(page, (1440, 1024, 375)) == [], path


async def test_no_dialog_has_a_barrier(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("ana", "/inbox/1")
    for key, shown in (("a", "Transfer"), ("l", "Tags"), ("?", "Keyboard shortcuts")):
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_contain_text(shown)
        await no_barriers(page)
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)


async def test_the_columns_give_way_as_the_window_narrows(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("ana", "/inbox/1")
    await page.set_viewport_size({"width": 1440, "height": 900})
    columns = [page.locator(name) for name in ("#list", "#thread-pane", "#context")]

    async def shown(*expected: bool) -> None:
        for column, is_shown in zip(columns, expected, strict=True):
            await (expect(column).to_be_visible() if is_shown else expect(column).to_be_hidden())

    await shown(True, True, True)
    await page.set_viewport_size({"width": 1024, "height": 768})
    await shown(True, True, False)
    await page.get_by_role("link", name="Customer", exact=True).click()
    await shown(True, True, True)
    await expect(page).to_have_url(shop.url + "/inbox/1/context")
    await page.keyboard.press("Escape")
    await shown(True, True, False)
    await page.set_viewport_size({"width": 375, "height": 812})
    await shown(False, True, False)
    await page.get_by_role("link", name="Back to the list").click()
    await expect(page.locator("#list")).to_be_visible()
    await page.locator("#row-1 .row-link").click()
    await shown(False, True, False)
    await page.go_back()
    await expect(page.locator("#list")).to_be_visible()


async def test_keys_walk_through_list_and_panes(shop: Shop, console: OpenConsole) -> None:
    for name in ("a", "b", "c"):
        await shop.desk.mail(f"Number {name * 6}", email=f"{name}@example.com", name=name.upper())
    page = await console("ana", "/inbox?view=all")
    go: Callable[[str], Awaitable[None]] = page.keyboard.press
    await go("j")
    await expect(page.locator(".thread-title")).to_have_text("C")
    await go("j")
    await expect(page.locator(".thread-title")).to_have_text("B")
    await go("k")
    await expect(page.locator(".thread-title")).to_have_text("C")
    await expect(page.locator("#row-3 .row-link")).to_have_attribute("aria-current", "true")
    await go("F6")
    await expect(page.locator("#thread-scroll")).to_be_focused()
    await go("/")
    await expect(page.locator("#search-q")).to_be_focused()
    await page.keyboard.type("aaaaaa")
    await expect(page.locator("#rows .row-item")).to_have_count(1)
    await expect(page.locator("#search-q")).to_be_focused()
    await expect(page.locator("#search-q")).to_have_value("aaaaaa")


async def test_a_macro_fills_in_and_an_empty_place_stops_the_send(
    shop: Shop, console: OpenConsole
) -> None:
    await fill(shop)
    page = await console("ana", "/inbox/1")
    text = page.locator("textarea[name=outbound]")
    await text.fill("Your number is {{customer.phone}}.")
    await text.press("Control+Enter")
    asked = page.get_by_role("form", name="An empty placeholder")
    await expect(asked).to_contain_text("customer.phone has no value here")
    await asked.get_by_role("button", name="Back to the text").click()
    await expect(page.locator(".message-ours").filter(has_text="Your number")).to_have_count(0)
    await expect(text).to_have_value("Your number is {{customer.phone}}.")


async def test_a_dropped_file_is_sent_with_the_reply(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("ana", "/inbox/1")
    label = {"name": "label.txt", "mimeType": "text/plain", "buffer": b"Return label"}
    await page.locator("#composer-file").set_input_files([label])  # type: ignore[list-item]
    await expect(page.locator(".upload[data-key]")).to_contain_text("label.txt")
    await page.locator("textarea[name=outbound]").fill("Here is your label.")
    await page.locator("textarea[name=outbound]").press("Control+Enter")
    await expect(page.locator(".message-ours").last).to_contain_text("label.txt")
    await expect(page.locator(".upload")).to_have_count(0)


async def test_what_composes_is_not_sent(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("ana", "/inbox/1")
    await page.locator("textarea[name=outbound]").fill("nihao")
    await page.evaluate(
        """document.querySelector("textarea[name=outbound]").dispatchEvent(
          new KeyboardEvent("keydown", {key: "Enter", ctrlKey: true, isComposing: true,
                                        bubbles: true}))"""
    )
    await expect(page.locator(".message-sending")).to_have_count(0)
    await expect(page.locator("textarea[name=outbound]")).to_have_value("nihao")
