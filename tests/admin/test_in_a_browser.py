"""The set-up in a real browser: axe finds nothing, phones fit, the preview follows."""

import pytest
from playwright.async_api import Browser, Page
from sqlalchemy import update

from app.models.agent import agents
from app.security.passwords import hash_password
from tests.axe import WCAG, barriers, barriers_in_every_look
from tests.desk import Desk

pytestmark = pytest.mark.browser

SIGNED_OUT = ["/sign-in", "/forgot-password", "/reset-password?token=x"]
SIGNED_IN = [
    "/account",
    "/admin",
    "/admin/inboxes",
    "/admin/email-inboxes/1",
    "/admin/chat-inboxes/2",
    "/admin/form-inboxes/3",
    "/admin/queues",
    "/admin/queues/1",
    "/admin/agents",
    "/admin/agents/1",
    "/admin/agents/invite",
    "/admin/hours/new",
    "/admin/macros/new",
    "/admin/mail",
    "/admin/supervision",
    "/admin/keys",
    "/admin/log",
    "/nowhere",
]


async def sign_in(page: Page, site: str, desk: Desk) -> None:
    token = await desk.sign_in("ada")
    await page.context.add_cookies([{"name": "session", "value": token, "url": site}])


async def test_every_page_is_accessible_and_fits_a_phone(page: Page, site: str, desk: Desk) -> None:
    errors: list[str] = []
    page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
    found: dict[str, object] = {}
    for address in SIGNED_OUT + SIGNED_IN:
        if address == SIGNED_IN[0]:
            await sign_in(page, site, desk)
        await page.goto(site + address)
        if wrong := await barriers_in_every_look(page, (1440, 375), WCAG):
            found[address] = wrong
    assert found == {}
    assert [each for each in errors if "status of 4" not in each] == []


async def test_the_preview_of_a_chat_follows_what_is_typed(
    page: Page, site: str, desk: Desk
) -> None:
    await sign_in(page, site, desk)
    await page.goto(f"{site}/admin/chat-inboxes/{desk.inboxes['chat']}")
    await page.get_by_role("group", name="Greeting").get_by_label("English").fill("Good morning!")
    await page.frame_locator("[data-preview]").get_by_text("Good morning!").wait_for()


async def test_a_queues_further_rules_unfold_and_are_accessible(
    page: Page, site: str, desk: Desk
) -> None:
    await sign_in(page, site, desk)
    await page.goto(f"{site}/admin/queues/{desk.queues['general']}")
    assert not await page.get_by_label("Agents asked at the same time").is_visible()
    await page.locator("details.admin-more > summary").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("combobox", name="If", exact=True).select_option("too_long")
    await page.get_by_label("How many, or seconds").fill("300")
    await page.get_by_role("combobox", name="Queue", exact=True).select_option("Billing")
    assert await barriers(page, WCAG) == []
    await page.set_viewport_size({"width": 375, "height": 700})
    assert await page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    await page.get_by_role("button", name="Save").last.click()
    await page.wait_for_url("**/admin/queues?done=changed")


async def test_the_next_closed_days_follow_the_country_that_is_chosen(
    page: Page, site: str, desk: Desk
) -> None:
    await sign_in(page, site, desk)
    await page.goto(f"{site}/admin/hours/new")
    await page.get_by_label("Public holidays of").select_option("DE")
    await page.get_by_role("combobox", name="Region").select_option("BY")
    await page.get_by_text("Epiphany").first.wait_for()
    assert await barriers(page, WCAG) == []


async def test_a_form_is_filled_in_and_saved_by_keyboard(page: Page, site: str, desk: Desk) -> None:
    await sign_in(page, site, desk)
    await page.goto(f"{site}/admin/tags/new")
    await page.get_by_label("Name").fill("vip")
    await page.keyboard.press("Enter")
    await page.wait_for_url("**/admin/tags?done=created")
    assert await page.get_by_role("link", name="vip").is_visible()


async def test_signing_in_and_out_works_without_scripts(
    browser: Browser, site: str, desk: Desk
) -> None:
    hashed = await hash_password("four calm otters")
    await desk.runtime.db.write(lambda tx: tx.execute(update(agents).values(password=hashed)))
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(f"{site}/account")
    await page.get_by_label("Email").fill("ana@tea.example")
    await page.get_by_label("Password").fill("four calm otters")
    await page.get_by_role("button", name="Sign in").click()
    assert await page.get_by_role("heading", name="Your account").is_visible()
    await page.get_by_label("Name").first.fill("Ana Lima")
    await page.locator("#profile").get_by_role("button", name="Save").click()
    assert await page.get_by_text("Your profile is saved.").is_visible()
    await context.close()
