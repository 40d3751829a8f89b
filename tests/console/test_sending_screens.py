"""Sending in a real browser: taken back, planned."""

import re
from datetime import UTC, datetime, timedelta

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import update

from app.actions.mail_address import mark_address
from app.models.agent import agents
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def writing(shop: Shop, console: OpenConsole, undo_s: str = "30") -> Page:
    """Ana at Kim's mail, which she has accepted."""
    await shop.runtime.db.write(
        lambda tx: tx.execute(update(agents).values(preferences={"undo_send": undo_s}))
    )
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    return await console("ana", f"/inbox/{mail.conversation_id}")


async def no_barriers(page: Page) -> None:
    """What axe finds is none; nothing is wider than the window."""
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_undo_brings_text_and_file_back_on_every_screen(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    sam = await console("sam", "/inbox/1")
    await ana.set_input_files(
        "#composer-file", {"name": "label.txt", "mimeType": "text/plain", "buffer": b"label"}
    )
    await expect(ana.locator(".upload[data-key]")).to_have_count(1)
    await ana.locator("textarea[name=outbound]").fill("It comes.")
    await ana.get_by_role("button", name="Send reply").click()
    await expect(sam.locator(".message-ours")).to_contain_text("Sends in")
    await expect(ana.locator(".message-ours .delivery")).to_contain_text("Sends in")
    await no_barriers(ana)
    await ana.locator(".message-ours").get_by_role("button", name="Undo").click()
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("It comes.")
    await expect(ana.locator(".upload[data-key]")).to_contain_text("label.txt")
    for page in (ana, sam):
        await expect(page.locator(".message-ours")).to_have_count(0)


async def test_send_and_done_is_taken_back_from_the_notice(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    await ana.locator("textarea[name=outbound]").fill("It comes.")
    await ana.get_by_role("button", name="Other ways to send").click()
    await ana.get_by_role("menuitem", name="Send and mark as done").click()
    notice = ana.locator(".toast").filter(has_text="leaves in a moment")
    await notice.get_by_role("button", name="Undo").click()
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("It comes.")
    await expect(ana.locator(".message-ours")).to_have_count(0)


async def test_a_reply_is_planned_held_by_a_new_message_and_sent_anyway(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    tomorrow = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M}"
    await ana.locator("textarea[name=outbound]").fill("It comes.")
    await ana.get_by_role("button", name="Other ways to send").click()
    await ana.get_by_role("menuitem", name="Send later").click()
    await ana.locator("#send-later input[name=send_at]").fill(tomorrow)
    await ana.get_by_role("button", name="Plan").click()
    bubble = ana.locator(".message-ours")
    await expect(bubble).to_contain_text("Planned for")
    await shop.desk.chat("It has come!", conversation_id=1)
    await expect(bubble).to_contain_text("A new message came")
    assert await barriers_in_every_look(ana, (1280, 375)) == []
    await bubble.get_by_role("button", name="Send anyway").click()
    await expect(bubble).not_to_contain_text("A new message came")


async def test_copies_are_chips_that_are_checked_and_taken_off(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    await shop.desk.mail(to=("help@tea.example",), cc=("lee@example.net", "old@example.net"))
    await shop.desk.accept("ana")
    ana = await console("ana", "/inbox/1")
    copies = ana.locator("[data-addresses=cc]")
    await expect(copies.locator(".chip")).to_have_count(2)
    await copies.get_by_role("button", name="Remove old@example.net").click()
    await ana.get_by_role("button", name="Cc, Bcc").click()
    blind = ana.locator("[data-addresses=bcc] [data-address]")
    await blind.fill("Boss@Tea.example, nobody")
    await blind.press("Enter")
    await expect(ana.locator("[data-addresses=bcc] .chip")).to_have_text("boss@tea.example")
    await expect(ana.locator("#composer-status")).to_contain_text("nobody is not an email address")
    await no_barriers(ana)
    await ana.locator("textarea[name=outbound]").fill("It comes.")
    await ana.get_by_role("button", name="Send reply").click()
    await expect(ana.locator(".message-ours")).to_have_count(0)
    await blind.fill("")
    await ana.locator("[data-addresses=to] [data-address]").fill("pal@example.net")
    await ana.get_by_role("button", name="Send reply").click()
    bubble = ana.locator(".message-ours .bubble")
    await expect(bubble).to_contain_text("To pal@example.net")
    await expect(bubble).to_contain_text("Cc lee@example.net")
    await expect(bubble).to_contain_text("Bcc boss@tea.example")


async def test_an_empty_placeholder_stops_the_send_and_is_filled_on_the_spot(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console, "0")
    text = ana.locator("textarea[name=outbound]")
    await text.fill("Size {{customer.shoe_size}} it is.")
    await ana.get_by_role("button", name="Send reply").click()
    asked = ana.get_by_role("form", name="An empty placeholder")
    await expect(asked).to_contain_text("customer.shoe_size has no value here")
    await expect(ana.locator(".message-ours")).to_have_count(0)
    await no_barriers(ana)
    await asked.get_by_role("textbox").fill("42")
    await asked.get_by_role("button", name="Fill in").click()
    await expect(text).to_have_value("Size 42 it is.")
    await ana.get_by_role("button", name="Send reply").click()
    await expect(ana.locator(".message-ours")).to_contain_text("Size 42 it is.")


async def test_a_mail_is_formatted_by_toolbar_and_keys_and_looked_at_before(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    text = ana.locator("textarea[name=outbound]")
    await text.fill("today")
    await text.select_text()
    await text.press("Control+b")
    await expect(text).to_have_value("**today**")
    await text.press("Control+End")
    await ana.keyboard.press("Enter")
    await ana.keyboard.type("tea")
    await ana.get_by_role("button", name="List", exact=True).click()
    await expect(text).to_have_value("**today**\n\n- tea")
    await ana.get_by_role("button", name="Preview").click()
    shown = ana.locator(".composer-preview")
    await expect(shown.locator("strong")).to_have_text("today")
    await expect(shown.locator("li")).to_have_text("tea")
    assert await barriers_in_every_look(ana, (1280, 375)) == []
    await ana.get_by_role("button", name="Preview").click()
    await expect(text).to_be_focused()


PASTE = """async () => {
    const canvas = Object.assign(document.createElement("canvas"), { width: 40, height: 30 });
    canvas.getContext("2d").fillRect(5, 5, 20, 20);
    const blob = await new Promise((done) => canvas.toBlob(done, "image/png"));
    const clipboardData = new DataTransfer();
    clipboardData.items.add(new File([blob], "cup.png", { type: "image/png" }));
    const text = document.getElementById("composer").elements.outbound;
    const how = { clipboardData, bubbles: true, cancelable: true };
    text.dispatchEvent(new ClipboardEvent("paste", how));
}"""


async def test_a_pasted_picture_stands_at_its_place_and_goes_with_its_chip(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    text = ana.locator("textarea[name=outbound]")
    await text.fill("Look: ")
    await ana.evaluate(PASTE)
    await expect(text).to_have_value(re.compile(r"^Look: !\[cup\.\w+\]\(cid:[\w-]+\)$"))
    await ana.get_by_role("button", name="Preview").click()
    picture = ana.locator(".composer-preview img")
    await expect(picture).to_have_js_property("naturalWidth", 40)
    await ana.get_by_role("button", name="Preview").click()
    await ana.locator(".upload").get_by_role("button").click()
    await expect(text).to_have_value("Look: ")
    await ana.evaluate(PASTE)
    await expect(text).to_have_value(re.compile("cid:"))
    await ana.get_by_role("button", name="Send reply").click()
    await expect(ana.locator(".message-ours .message-text")).to_have_text(
        re.compile(r"^Look: \[cup\.\w+\]\s*$")
    )
    await expect(ana.locator(".message-ours .message-picture img")).to_have_count(1)


async def test_a_draft_keeps_addresses_and_files_over_a_reload(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    await shop.runtime.db.write(mark_address, "lee@example.com", "bounced", "gone", None)
    await ana.set_input_files(
        "#composer-file", {"name": "label.txt", "mimeType": "text/plain", "buffer": b"label" * 999}
    )
    await expect(ana.locator(".upload[data-key]")).to_have_count(1)
    await expect(ana.locator("#composer-size")).to_have_text("Attached: 5 kB")
    await ana.locator("[data-more-addresses]").click()
    await ana.locator("[data-addresses=cc] input[data-address]").fill("lee@example.com,")
    await ana.keyboard.press("Enter")
    await expect(ana.locator("#address-warnings")).to_contain_text(
        "Mail to lee@example.com comes back"
    )
    await ana.locator("textarea[name=outbound]").fill("It comes.")
    await expect(ana.locator("#composer-status")).to_have_text("Draft saved")
    await no_barriers(ana)
    await ana.reload()
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("It comes.")
    await expect(ana.locator(".upload[data-key]")).to_contain_text("label.txt")
    await expect(ana.locator("#composer-size")).to_have_text("Attached: 5 kB")
    await expect(ana.locator("[data-addresses=cc] .chip")).to_contain_text("lee@example.com")
    await expect(ana.locator("#address-warnings")).to_contain_text("lee@example.com")
    await ana.get_by_role("button", name="Send reply").click()
    await expect(ana.locator(".message-ours .message-cc")).to_contain_text("lee@example.com")
    await expect(ana.locator(".message-ours")).to_contain_text("label.txt")
    await ana.reload()
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("")
    await expect(ana.locator(".upload[data-key]")).to_have_count(0)


FIRST_DRAFT_TAKES_LONG = """() => {
  const real = window.fetch;
  window.drafts = 0;
  window.fetch = async (url, options) => {
    if (!String(url).endsWith("/draft")) return real(url, options);
    if (!window.slow) await (window.slow = new Promise((done) => setTimeout(done, 1_500)));
    return real(url, options).finally(() => { window.drafts += 1; });
  };
}"""


async def test_an_older_text_never_arrives_after_a_newer_one(
    shop: Shop, console: OpenConsole
) -> None:
    ana = await writing(shop, console)
    await ana.evaluate(FIRST_DRAFT_TAKES_LONG)
    text = ana.locator("textarea[name=outbound]")
    await text.fill("It comes")
    await ana.wait_for_function("() => Boolean(window.slow)")
    await text.fill("It comes today.")
    await ana.wait_for_function("() => window.drafts === 2")
    await ana.reload()
    await expect(text).to_have_value("It comes today.")


async def test_a_forward_is_taken_back_into_its_form(shop: Shop, console: OpenConsole) -> None:
    ana = await writing(shop, console)
    await ana.evaluate("htmx.ajax('GET', '/messages/1/forward', {target: '#sheet'})")
    await ana.locator("#sheet input[name=to]").fill("legal@example.com")
    await ana.locator("#sheet textarea[name=text]").fill("Please look.")
    await ana.locator("#sheet button[type=submit]").click()
    ours = ana.locator(".message-ours")
    await expect(ours).to_contain_text("Sends in")
    await ours.get_by_role("button", name="Undo").click()
    await expect(ana.locator("#sheet input[name=to]")).to_have_value("legal@example.com")
    await expect(ana.locator("#sheet textarea[name=text]")).to_have_value("Please look.")
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("")
    await expect(ours).to_have_count(0)
