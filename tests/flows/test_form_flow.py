"""A web form in a real browser: without JavaScript, with it, and inside another site's page."""

from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.models.conversation import attachments, messages
from tests.axe import barriers_in_every_look
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def _fill(page: Page) -> None:
    await page.get_by_label("Your name").fill("Kim Doe")
    await page.get_by_label("Your email address").fill("kim@example.com")
    await page.get_by_label("How can we help?").fill("Where is my parcel?")


async def test_a_form_with_a_file_needs_no_javascript(
    browser: Browser, shop: Shop, tmp_path: Path
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(f"{shop.url}/form/form-key")
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_text("3 things need your attention.")).to_be_visible()
    await _fill(page)
    bill = tmp_path / "bill.txt"
    bill.write_text("tea, 2 kg")
    await page.get_by_label("Files").set_input_files(bill)
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_text("We have your message.")).to_be_visible()
    await expect(page.get_by_text("Its number is #1")).to_be_visible()
    await context.close()
    async with shop.runtime.db.read() as conn:
        assert (await conn.execute(select(messages.c.text))).scalar_one() == "Where is my parcel?"
        assert (await conn.execute(select(attachments.c.name))).scalar_one() == "bill.txt"


async def test_with_javascript_files_go_up_with_progress_and_errors_come_back_in_place(
    page: Page, shop: Shop
) -> None:
    await page.goto(f"{shop.url}/form/form-key")
    await page.get_by_label("Files").set_input_files(
        {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"tea"}
    )
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_text("3 things need your attention.")).to_be_visible()
    await _fill(page)
    await page.get_by_label("Files").set_input_files(
        {"name": "bill.txt", "mimeType": "text/plain", "buffer": b"tea"}
    )
    await page.get_by_role("button", name="Send message").click()
    await expect(page.get_by_text("We have your message.")).to_be_visible()


async def test_answers_appear_while_typing(page: Page, shop: Shop) -> None:
    ada, db = await shop.desk.actor("ada"), shop.runtime.db
    draft = ArticleDraft({"en": ArticleText("Where is my parcel?", "On its way.")})
    await db.write(publish_article, ada, await db.write(save_article, ada, shop.desk.brand, draft))
    await shop.runtime.knowledge.settled()
    await page.goto(f"{shop.url}/form/form-key")
    await page.get_by_label("How can we help?").press_sequentially("where is my parc", delay=5)
    async with page.context.expect_page() as opened:
        await page.get_by_role("link", name="Where is my parcel?").click()
    await expect((await opened.value).get_by_text("On its way.")).to_be_visible()
    await page.get_by_role("button", name="That solved it").click()
    await expect(page.get_by_text("Glad that helped.")).to_be_visible()


async def test_a_form_stands_in_another_sites_page(page: Page, shop: Shop) -> None:
    await page.goto(f"{shop.site}/contact")
    form = page.frame_locator("iframe")
    await expect(form.get_by_role("heading", name="Write to us")).to_be_visible()
    await expect(page.locator("iframe")).not_to_have_attribute("height", "720")


async def test_public_pages_have_no_accessibility_violations(page: Page, shop: Shop) -> None:
    ada, db = await shop.desk.actor("ada"), shop.runtime.db
    draft = ArticleDraft({"en": ArticleText("Where is my parcel?", "## Wait\n\nOn its way.")})
    await db.write(publish_article, ada, await db.write(save_article, ada, shop.desk.brand, draft))
    await shop.runtime.knowledge.settled()
    found: list[str] = []
    for path in (
        "/form/form-key",
        "/help/tea/en/",
        "/help/tea/en/?q=parcel",
        "/help/tea/en/where-is-my-parcel",
    ):
        await page.goto(shop.url + path)
        if path.startswith("/form"):
            await page.get_by_role("button", name="Send message").click()
        found += [f"{path}: {one}" for one in await barriers_in_every_look(page)]
    assert found == [], "\n".join(found)
