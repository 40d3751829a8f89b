"""The help centre in a real browser: without JavaScript, by keys alone, for everybody's eyes."""

import re
from collections.abc import Callable

import pytest
from playwright.async_api import Browser, Page, expect
from sqlalchemy import select

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.models.knowledge import article_feedback
from app.models.question import unanswered_questions
from tests.axe import WCAG, barriers, barriers_in_every_look
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
STEPS = "\n\n".join(f"## Step {n}\n\nDo it *{n}* times." for n in range(1, 5))


@pytest.fixture
async def help_centre(shop: Shop) -> str:
    """A few articles; the address of their contents."""
    ada, db = await shop.desk.actor("ada"), shop.runtime.db
    for title, body in (
        ("How do I return a parcel?", "Print the label.\n\n" + STEPS),
        ("How do I return a gift?", "As any parcel."),
        ("When does my parcel arrive?", "In three days."),
    ):
        draft = ArticleDraft({"en": ArticleText(title, body)}, "Parcels")
        await db.write(
            publish_article, ada, await db.write(save_article, ada, shop.desk.brand, draft)
        )
    await shop.runtime.knowledge.settled()
    return f"{shop.url}/help/tea/en/"


async def test_a_reader_searches_reads_and_says_why_without_javascript(
    browser: Browser, shop: Shop, help_centre: str
) -> None:
    context = await browser.new_context(java_script_enabled=False, locale="en-GB")
    page = await context.new_page()
    await page.goto(help_centre)
    await page.get_by_label("Search the answers").fill("return parcel")
    await page.get_by_role("button", name="Search").click()
    await expect(page.get_by_role("heading", level=1)).to_contain_text("answers for")
    await page.get_by_role("link", name="How do I return a parcel?").click()
    await expect(page).to_have_url(f"{help_centre}how-do-i-return-a-parcel")
    await page.get_by_role("link", name="Step 3").click()
    await expect(page).to_have_url(re.compile("#part-3$"))
    await page.get_by_role("button", name="No").click()
    await page.get_by_label("I do not understand it").check()
    await page.get_by_label("What would have helped you?").fill("A picture")
    await page.get_by_role("button", name="Send").click()
    await expect(page.get_by_text("Thank you for telling us.")).to_be_visible()
    await context.close()
    async with shop.runtime.db.read() as conn:
        said = (await conn.execute(select(article_feedback))).one()
        asked = (await conn.execute(select(unanswered_questions))).one()
    assert (said.reason, said.comment) == ("unclear", "A picture")
    assert (asked.query, asked.clicked) == ("return parcel", True)


async def test_suggestions_are_chosen_by_keys(page: Page, help_centre: str) -> None:
    await page.goto(help_centre)
    box = page.get_by_role("combobox", name="Search the answers")
    await box.press_sequentially("retu", delay=5)
    options = page.get_by_role("option")
    await expect(options).to_have_count(2)
    await expect(page.get_by_role("status")).to_have_text("2 suggestions")
    await expect(box).to_have_attribute("aria-expanded", "true")
    await box.press("Escape")
    await expect(options.first).to_be_hidden()
    await expect(box).to_have_value("retu")
    await box.press("ArrowDown")
    await expect(options.first).to_be_visible()
    await box.press("ArrowDown")
    await box.press("ArrowDown")
    await expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    await box.press("Enter")
    await expect(page).to_have_url(re.compile(r"/help/tea/en/how-do-i-return-a-\w+$"))
    await page.goto(help_centre)
    await box.fill("return parcel")
    await box.press("Enter")
    await expect(page).to_have_url(f"{help_centre}?q=return+parcel")


async def test_the_chat_opens_on_the_help_pages(page: Page, help_centre: str) -> None:
    await page.goto(help_centre)
    async with page.expect_response("**/widget/session") as opened:
        await page.get_by_role("button", name="Chat with us").click()
    assert (await opened.value).ok


async def test_every_page_is_accessible_and_fits(page: Page, help_centre: str) -> None:
    refused: list[str] = []
    page.on("console", _noting(refused))
    for path in (
        "", "?q=return", "?q=qwrtzplk", "c/parcels", "how-do-i-return-a-parcel",
        "how-do-i-return-a-parcel?why=1",
    ):  # fmt: skip
        await page.goto(help_centre + path)
        assert await barriers_in_every_look(page, (1920, 375), WCAG) == [], path
    await page.get_by_role("combobox").press_sequentially("retu", delay=5)
    await expect(page.get_by_role("option").first).to_be_visible()
    assert await barriers(page, WCAG) == []
    assert refused == []


def _noting(refused: list[str]) -> Callable[[object], None]:
    def note(message: object) -> None:
        if getattr(message, "type", "") == "error":
            refused.append(str(getattr(message, "text", "")))

    return note
