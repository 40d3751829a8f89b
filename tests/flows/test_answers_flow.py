"""Three visitors in real browsers: one is answered by an article and leaves; one is not, an agent
reads what was tried; an author writes what was missing and the next visitor is answered."""

import re

import pytest
from playwright.async_api import FrameLocator, Page, expect
from sqlalchemy import select, update

from app import clock
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.db import Tx
from app.models.contact import contacts
from app.models.organisation import inboxes
from app.workers.questions import follow_new
from tests.axe import COLOURS, WCAG, barriers
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
OPEN_SHADOWS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return attach.call(this, {...init, mode: "open"});
};
"""
PAGES = {
    "How do I return a parcel?": "Print the label and bring the parcel to a post office.",
    "Which teas are without caffeine?": "Rooibos and all herbal infusions.",
    "Can I pay by invoice?": "Companies can, from their second order on.",
}


async def prepare(desk: Desk) -> None:
    """Help pages that answer, and an agent who is there."""

    def change(tx: Tx) -> None:
        settings = {"answers": "answer"}
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["chat"]).values(settings=settings)
        )

    ada, write = await desk.actor("ada"), desk.runtime.db.write
    await write(change)
    for title, body in PAGES.items():
        draft = ArticleDraft({"en": ArticleText(title, body)})
        number = await write(save_article, ada, desk.brand, draft)
        await write(publish_article, ada, number)
    await desk.runtime.knowledge.settled()
    await desk.available("ana")


async def ask(page: Page, site: str, text: str) -> FrameLocator:
    """Open the shop's chat and ask."""
    await page.add_init_script(OPEN_SHADOWS)
    await page.goto(site)
    await page.get_by_role("button").first.click()
    widget = page.frame_locator("iframe")
    await widget.locator("textarea").first.fill(text)
    await widget.locator("textarea").first.press("Enter")
    await expect(widget.locator(".msg.mine").last).to_contain_text(text)
    return widget


async def how_many_contacts(desk: Desk) -> int:
    async with desk.runtime.db.read() as conn:
        return len((await conn.execute(select(contacts.c.id))).all())


async def test_a_visitor_is_answered_by_an_article_and_leaves(shop: Shop, page: Page) -> None:
    await prepare(shop.desk)
    await page.set_viewport_size({"width": 375, "height": 700})
    widget = await ask(page, shop.site, "How do I return a parcel?")
    await expect(widget.locator(".msg.theirs")).to_contain_text("Automatic answer")
    await expect(widget.locator(".msg.theirs")).to_contain_text("Print the label")
    assert await barriers(page.frames[1], WCAG) == []
    await page.emulate_media(color_scheme="dark")
    assert await barriers(page.frames[1], COLOURS) == []
    button = widget.get_by_role("button", name="That answers it")
    await button.focus()
    await page.keyboard.press("Enter")
    await expect(widget.locator("#status")).to_contain_text("Glad that is solved")
    assert await how_many_contacts(shop.desk) == 0


async def test_another_declines_and_the_agent_reads_what_was_tried(
    shop: Shop, console: OpenConsole, page: Page
) -> None:
    desk = shop.desk
    await prepare(desk)
    ana = await console("ana")
    widget = await ask(page, shop.site, "How do I return a parcel?")
    await widget.get_by_role("button", name="Talk to a person").click()
    await expect(widget.locator("#status")).to_have_attribute("data-phase", "waiting")
    await desk.route()
    await expect(ana.locator(".offer")).to_be_visible()
    await ana.keyboard.press("y")
    thread = ana.locator(".thread")
    await expect(thread).to_contain_text("The automatic answer was not what the customer needed")
    await expect(thread).to_contain_text("Shown: “How do I return a parcel?”; said: did not help")
    await expect(thread.locator(".message-ours")).to_contain_text("Automatic answer")
    assist = ana.locator(".assist")
    await expect(assist).to_contain_text("May answer this")
    await expect(assist).to_contain_text("Did not help this customer")
    await ana.locator("body").press("x")  # only what was not declined has the key
    await expect(ana.locator("#composer textarea[name=outbound]")).to_have_value("")
    await assist.get_by_role("button", name="Insert text").click()
    await expect(ana.locator("#composer textarea[name=outbound]")).to_have_value(
        re.compile("Print the label")
    )
    await widget.locator("textarea").first.fill("Which teas are without caffeine?")
    await widget.locator("textarea").first.press("Enter")
    await expect(thread).to_contain_text("Which teas are without caffeine?")
    await expect(widget.locator(".msg.theirs")).to_have_count(1)  # no second round


async def test_an_author_writes_the_gap_s_article_and_the_next_visitor_is_answered(
    shop: Shop, console: OpenConsole, page: Page
) -> None:
    desk = shop.desk
    await prepare(desk)
    widget = await ask(page, shop.site, "Is your shop in Berlin open on Sundays?")
    await expect(widget.locator(".msg.theirs")).to_contain_text("I cannot answer this")
    await desk.mail("Is the Berlin shop open on Sunday?", subject="Berlin shop")
    clock.set_clock(lambda: _later())
    try:
        while await follow_new(desk.runtime):
            pass
    finally:
        clock.set_clock(None)
    author = await console("ada", "/knowledge/gaps?fresh=1")
    gap = author.locator("tr", has_text="Berlin").first
    assert await barriers(author, WCAG) == []
    await gap.get_by_role("link", name="Write this").click()
    await expect(author.locator("[name=title]")).to_have_value(re.compile("Berlin"))
    await author.locator("[name=title]").fill("Is the shop in Berlin open on Sundays?")
    await author.locator("[name=body]").fill("Our shop in Berlin is open on Sundays from 12 to 6.")
    await author.get_by_role("button", name="Save and publish").click()
    await author.wait_for_url(re.compile(r"/knowledge/\d+"))
    await desk.runtime.knowledge.settled()
    other = await page.context.browser.new_page()  # type: ignore[union-attr]
    widget = await ask(other, shop.site, "Is your shop in Berlin open on Sundays?")
    await expect(widget.locator(".msg.theirs")).to_contain_text("open on Sundays from 12 to 6")
    await other.close()


def _later() -> int:
    import time

    return int(time.time() * 1000) + 10_000
