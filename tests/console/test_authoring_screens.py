"""Articles in browsers: written, reviewed, moved, compared, brought back; by keys, at any width."""

import base64
import os

import httpx2 as httpx
import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.db import Tx
from app.models.agent import agents
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
DOT = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


async def _without_barrier(page: Page, name: str) -> None:
    assert await barriers(page) == []
    wide = await page.evaluate("document.documentElement.scrollWidth > innerWidth")
    assert not wide, f"{name} is wider than its window"
    if folder := os.environ.get("SHOTS"):
        await page.screenshot(path=f"{folder}/{name}.png", full_page=True)


def _may_not_publish(tx: Tx, agent_id: int) -> None:
    tx.execute(update(agents).where(agents.c.id == agent_id).values(publishes=False))


async def test_an_article_goes_from_its_author_to_a_reviewer_to_its_readers_and_back(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.runtime.db.write(_may_not_publish, shop.desk.agents["ana"])
    author = await console("ana", "/knowledge/new")
    await author.get_by_label("Title").fill("How hot should the water be?")
    text = author.get_by_label("Text", exact=True)
    await text.fill("Green tea: 75 degrees. Never boiling.")
    await text.evaluate("box => box.setSelectionRange(23, 36)")
    await text.press("Control+b")
    await expect(author.locator("#preview strong")).to_have_text("Never boiling")
    await expect(author.get_by_text("not saved yet")).to_be_visible()
    await author.reload()
    await expect(author.get_by_text("This is what you were writing")).to_be_visible()
    await expect(author.locator("#preview strong")).to_have_text("Never boiling")
    await expect(author.get_by_role("button", name="Save and publish")).to_have_count(0)
    await _without_barrier(author, "editor-new")
    await author.get_by_role("button", name="Send for review").press("Enter")
    await expect(author.get_by_text("Sent for review.")).to_be_visible()
    at = author.url.split("?")[0]

    reviewer = await console("sam", "/knowledge?status=review")
    await _without_barrier(reviewer, "list")
    await reviewer.get_by_role("link", name="How hot should the water be?").press("Enter")
    await reviewer.locator("#main").get_by_role("link", name="Read it").press("Enter")
    await expect(reviewer.get_by_text("Never boiling")).to_be_visible()
    await _without_barrier(reviewer, "review")
    await reviewer.get_by_role("button", name="Publish").press("Enter")
    await expect(reviewer.get_by_text("Published.")).to_be_visible()
    async with httpx.AsyncClient(base_url=shop.url) as reader:
        old = "/help/tea/en/how-hot-should-the-water-be"
        assert (await reader.get(old)).status_code == 200

        await reviewer.get_by_label("Address").fill("water temperature")
        await reviewer.get_by_role("button", name="Save", exact=True).press("Enter")
        await expect(reviewer.get_by_text("Saved.")).to_be_visible()
        moved = await reader.get(old)
        assert moved.status_code == 301
        assert moved.headers["location"].endswith("/help/tea/en/water-temperature")
        assert (await reader.get("/help/tea/en/water-temperature")).status_code == 200

        text = reviewer.get_by_label("Text", exact=True)
        await text.fill("Green tea: 80 degrees. **Never boiling**.")
        await reviewer.get_by_label("What you changed").fill("Measured again")
        await reviewer.get_by_role("button", name="Save", exact=True).press("Enter")
        await expect(reviewer.get_by_text("Saved.")).to_be_visible()
        await reviewer.get_by_role("link", name="Versions").press("Enter")
        await expect(reviewer.locator("ins")).to_have_text(["80"])
        await expect(reviewer.locator("del")).to_have_text(["75"])
        await expect(reviewer.get_by_text("Measured again")).to_be_visible()
        await _without_barrier(reviewer, "versions")
        await reviewer.get_by_role("link", name="Side by side").press("Enter")
        await expect(reviewer.locator(".knowledge-sides ins")).to_have_text(["80"])
        await reviewer.get_by_role("link", name="Version 1").press("Enter")
        await reviewer.get_by_role("button", name="Bring this version back").press("Enter")
        await expect(reviewer.get_by_text("The earlier version is back")).to_be_visible()
        await expect(reviewer.get_by_label("Text", exact=True)).to_have_value(
            "Green tea: 75 degrees. **Never boiling**."
        )
        page = await reader.get("/help/tea/en/water-temperature")
        assert "75 degrees" in page.text

    await author.goto(at)
    await author.get_by_label("Text", exact=True).fill("Green tea: 70 degrees.")
    await author.get_by_role("button", name="Send for review").press("Enter")
    await expect(author.get_by_text("Sent for review.")).to_be_visible()
    await reviewer.goto(at)
    await reviewer.locator("#main").get_by_role("link", name="Read it").press("Enter")
    await _without_barrier(reviewer, "review-change")
    await reviewer.get_by_label("What should be changed").fill("Too cold")
    await reviewer.get_by_role("button", name="Give back").press("Enter")
    await author.goto(at)
    await expect(author.get_by_text("Sam gave it back: Too cold")).to_be_visible()
    await expect(author.get_by_label("Text", exact=True)).to_have_value("Green tea: 70 degrees.")


async def test_a_picture_is_dropped_into_the_text_and_a_translation_is_marked(
    shop: Shop, console: OpenConsole
) -> None:
    db, ada = shop.runtime.db, await shop.desk.actor("ada")
    texts = {"en": ArticleText("Opening", "At nine."), "zh_Hans": ArticleText("营业", "九点。")}
    article_id = await db.write(save_article, ada, shop.desk.brand, ArticleDraft(texts))
    await db.write(publish_article, ada, article_id)
    page = await console("ada", f"/knowledge/{article_id}?lang=en")
    await page.locator("#article-picture").set_input_files(
        {"name": "door.png", "mimeType": "image/png", "buffer": DOT}
    )
    await expect(page.locator("#preview img[alt=door]")).to_be_visible()
    await page.get_by_role("button", name="Save", exact=True).press("Enter")
    await expect(page.get_by_text("Saved.")).to_be_visible()
    address = await page.locator("#preview img").get_attribute("src")
    async with httpx.AsyncClient(base_url=shop.url) as reader:
        assert (await reader.get(str(address))).headers["content-type"] == "image/png"
        await page.get_by_role("button", name="More").press("Enter")
        await page.get_by_role("menuitem", name="Archive").press("Enter")
        await expect(page.get_by_text("Archived", exact=True).first).to_be_visible()
        assert (await reader.get(str(address))).status_code == 404
    await page.get_by_role("link", name="简体中文").first.press("Enter")
    await expect(page.get_by_text("English has changed since this was translated.")).to_be_visible()
    await page.get_by_role("link", name="Show what changed").press("Enter")
    await expect(page.locator("#beside ins")).to_contain_text("door")
    await _without_barrier(page, "translation")
    await page.get_by_role("button", name="Mark as up to date").press("Enter")
    await expect(page.get_by_text("has changed since this was translated")).to_have_count(0)


async def test_no_screen_of_the_authors_has_a_barrier(shop: Shop, console: OpenConsole) -> None:
    db, ada = shop.runtime.db, await shop.desk.actor("ada")
    for number in range(3):
        texts = {
            "en": ArticleText(f"How does it work, number {number}?", "## So\n\n- one\n- two"),
            "zh_Hans": ArticleText(f"怎么用{number}", "这样。"),
        }
        draft = ArticleDraft(
            texts, category="Brewing", visibility="internal" if number else "public"
        )
        article_id = await db.write(save_article, ada, shop.desk.brand, draft)
    draft = ArticleDraft({"en": ArticleText("How does it work?", "Better.")}, category="Brewing")
    await db.write(save_article, ada, shop.desk.brand, draft, article_id)
    page = await console("ada")
    for path in (
        "/knowledge",
        f"/knowledge/{article_id}?lang=zh_Hans&beside=en",
        f"/knowledge/{article_id}/versions?lang=en&view=beside",
        "/knowledge/import",
        "/knowledge/categories",
    ):
        await page.goto(shop.url + path)
        await expect(page.locator("h1")).to_be_visible()
        assert await barriers_in_every_look(page, (1920, 1280, 375)) == [], path
    await page.goto(shop.url + "/knowledge")
    await page.get_by_label("Choose all").press("Space")
    await expect(page.get_by_text("3 chosen")).to_be_visible()
    await page.get_by_label("With those chosen").select_option("archive")
    await page.get_by_role("button", name="Apply").press("Enter")
    await expect(page.get_by_text("3 articles changed.")).to_be_visible()
