"""An agent at the console and a visitor in the shop's chat, both in real browsers."""

import asyncio
import re

import pytest
from playwright.async_api import FrameLocator, Page, Route, expect
from sqlalchemy import update

from app.actions.offer import accept_offer
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import set_presence
from app.live.hub import Frame
from app.models.organisation import inboxes
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.live_equals_reloaded import assert_live_equals_reloaded

pytestmark = pytest.mark.browser
# The button's shadow root is closed to the host page; the test looks inside all the same.
OPEN_SHADOWS = """
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (init) {
  return attach.call(this, {...init, mode: "open"});
};
"""

FETCHED = """
part => performance.getEntriesByType("resource").some(entry => entry.name.includes(part))
"""


async def chat_as_visitor(page: Page, site: str, text: str) -> FrameLocator:
    """Open the shop's chat and say something in it."""
    await page.add_init_script(OPEN_SHADOWS)
    await page.goto(site)
    await page.get_by_role("button").first.click()
    widget = page.frame_locator("iframe")
    await widget.locator("textarea").first.fill(text)
    await widget.locator("textarea").first.press("Enter")
    await expect(widget.get_by_text(text).first).to_be_visible()
    return widget


async def offer_to(desk: Desk, name: str) -> None:
    """Route until this agent has an offer: what a visitor sees is stored a moment later."""
    async with asyncio.timeout(10):
        while await desk.pending_offer(name) is None:
            await desk.route()
            await asyncio.sleep(0.05)


async def cut_off(shop: Shop) -> None:
    """Close every agent's socket, as a network that fails would."""
    async with asyncio.timeout(10):
        while not shop.runtime.live.clients:  # noqa: ASYNC110 - the browser is told first
            await asyncio.sleep(0.01)
    for client in list(shop.runtime.live.clients):
        shop.runtime.live.drop(client, 1013)


async def test_a_chat_from_offer_to_answer(shop: Shop, console: OpenConsole, page: Page) -> None:
    desk = shop.desk
    await desk.available("ana")
    ana = await console("ana")
    widget = await chat_as_visitor(page, shop.site, "Is the oolong vegan?")
    await offer_to(desk, "ana")
    offer = ana.locator(".offer")
    await expect(offer).to_contain_text("Is the oolong vegan?")
    await expect(offer.locator(".offer-clock")).to_have_text(re.compile(r"0:\d\d"))
    await ana.keyboard.press("y")
    await expect(offer).to_have_count(0)
    await expect(ana).to_have_url(re.compile(r"/inbox/\d+"))
    await expect(ana.locator(".thread")).to_contain_text("Is the oolong vegan?")
    await expect(ana.locator("#rows .row-item")).to_have_count(1)

    await ana.keyboard.press("r")
    await ana.keyboard.type("Yes, all of our teas are.")
    await expect(widget.get_by_text(re.compile("typing")).first).to_be_attached()
    await ana.keyboard.press("Enter")
    await expect(ana.locator(".message-ours")).to_contain_text("Yes, all of our teas are.")
    await expect(ana.locator(".message-ours")).not_to_have_class(re.compile("message-sending"))
    await expect(widget.get_by_text("Yes, all of our teas are.").first).to_be_visible()
    await expect(widget.locator("#typing")).to_be_hidden()
    await expect(widget.locator("#announcer")).to_have_text("Ana: Yes, all of our teas are.")

    await widget.locator("textarea").first.fill("Lovely, thank you!")
    await widget.locator("textarea").first.press("Enter")
    await expect(ana.locator(".message-theirs").last).to_contain_text("Lovely, thank you!")
    await assert_live_equals_reloaded(ana, ".thread", "#rows", "#inbox-tabs")


async def test_an_answer_that_comes_while_the_chat_is_loaded_again_stays_in_it(
    shop: Shop, page: Page
) -> None:
    desk = shop.desk
    await desk.available("ana")
    widget = await chat_as_visitor(page, shop.site, "Is the oolong vegan?")
    await offer_to(desk, "ana")
    conversation = await desk.accept("ana")
    asked, answer = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        response = await route.fetch()
        asked.set()
        await answer.wait()
        await route.fulfill(response=response)

    await page.route("**/widget/panel", hold)
    for client in shop.runtime.live.clients:
        client.socket.write(Frame.of({"type": "reload"}))
    await asked.wait()
    reply = Reply("Yes, all of our teas are.", "key-of-ana")
    await shop.runtime.db.write(send_message, await desk.actor("ana"), conversation, reply)
    await expect(widget.get_by_text("Yes, all of our teas are.").first).to_be_visible()
    await widget.locator("#log").evaluate("log => { log.dataset.old = ''; }")
    answer.set()
    await expect(widget.locator("#log[data-old]")).to_have_count(0)
    await expect(widget.get_by_text("Yes, all of our teas are.").first).to_be_visible()


async def test_enter_sends_the_first_message_once_what_is_asked_is_filled_in(
    shop: Shop, page: Page
) -> None:
    asked = {"pre_chat": [{"name": "name", "required": True}]}
    await shop.runtime.db.write(
        lambda tx: tx.execute(update(inboxes).values(settings=asked)) and None
    )
    await shop.desk.available("ana")
    await page.add_init_script(OPEN_SHADOWS)
    await page.goto(shop.site)
    await page.get_by_role("button").first.click()
    widget = page.frame_locator("iframe")
    text, name = widget.locator("#text"), widget.locator("#ask-name")
    await text.fill("Is it vegan?")
    await text.press("Shift+Enter")
    await text.press_sequentially("All of it?")
    await text.press("Enter")
    await expect(widget.locator("#ask-name-error")).to_contain_text("fill this in")
    await expect(name).to_be_focused()
    await name.fill("Kim")
    await text.press("Enter")
    await expect(widget.locator("#log .mine")).to_contain_text("Is it vegan?\nAll of it?")


async def test_a_note_never_reaches_the_visitor(
    shop: Shop, console: OpenConsole, page: Page
) -> None:
    await shop.desk.available("ana")
    widget = await chat_as_visitor(page, shop.site, "Hello?")
    await offer_to(shop.desk, "ana")
    conversation = await shop.desk.accept("ana")
    ana = await console("ana", f"/inbox/{conversation}")
    await ana.keyboard.press("n")
    await expect(ana.get_by_text("Only colleagues see this")).to_be_visible()
    await ana.keyboard.type("A regular, be kind.")
    await ana.keyboard.press("Control+Enter")
    note = ana.locator(".message-note")
    await expect(note).to_contain_text("Note – not sent to customer")
    await expect(note).to_contain_text("A regular, be kind.")
    await ana.keyboard.press("Escape")
    await ana.keyboard.press("r")
    await ana.keyboard.type("Hello! How can I help?")
    await ana.keyboard.press("Control+Enter")
    await expect(widget.get_by_text("How can I help?").first).to_be_visible()
    await expect(widget.get_by_text("be kind")).to_have_count(0)


async def test_a_reload_keeps_the_draft(shop: Shop, console: OpenConsole) -> None:
    mail = await shop.desk.mail()
    ana = await console("ana", f"/inbox/{mail.conversation_id}?view=all")
    await ana.locator("textarea[name=outbound]").fill("Dear Kim, ")
    await expect(ana.get_by_text("Draft saved")).to_be_visible()
    await expect(ana.locator(".row-draft")).to_be_visible()
    await ana.reload()
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("Dear Kim, ")


async def test_what_was_missed_stands_above_the_kept_draft(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    mail = await desk.mail()
    await desk.available("ana")
    await desk.accept("ana")
    ana = await console("ana", f"/inbox/{mail.conversation_id}")
    await ana.locator("textarea[name=outbound]").fill("It is on its way.")
    # Ben answers while Ana's page is cut off.
    await ana.route("**/live/ticket", lambda route: route.abort())
    await cut_off(shop)
    ben = await desk.actor("ben")
    reply = Reply("I have refunded it.", "key-of-ben")
    await shop.runtime.db.write(send_message, ben, mail.conversation_id, reply)
    await ana.locator("textarea[name=outbound]").press("Control+Enter")
    box = ana.locator("#stale-box")
    await expect(box).to_contain_text("I have refunded it.")
    await expect(ana.locator("textarea[name=outbound]")).to_have_value("It is on its way.")
    await expect(ana.locator(".message-sending")).to_have_count(0)
    await box.get_by_role("button", name="Send anyway").click()
    await expect(ana.locator(".message-ours").last).to_contain_text("It is on its way.")
    await expect(box).to_have_count(0)


async def test_what_could_not_be_sent_is_sent_again_once(shop: Shop, console: OpenConsole) -> None:
    desk = shop.desk
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    ana = await console("ana", f"/inbox/{chat.conversation_id}")
    await ana.context.set_offline(True)
    await ana.locator("textarea[name=outbound]").fill("Hello there")
    await ana.locator("textarea[name=outbound]").press("Control+Enter")
    unsent = ana.locator(".message-sending")
    await expect(unsent).to_contain_text("Not sent")
    await ana.context.set_offline(False)
    await unsent.get_by_role("button", name="Retry").click()
    await expect(unsent).to_have_count(0)
    await expect(ana.locator(".message-ours")).to_have_count(1)
    await expect(ana.locator(".message-ours")).to_contain_text("Sent")


async def test_new_conversations_wait_in_a_pill_while_the_pointer_is_in_the_list(
    shop: Shop, console: OpenConsole
) -> None:
    first = await shop.desk.mail("First", email="a@example.com", name="Ada")
    ana = await console("ana", "/inbox?view=all")
    await ana.wait_for_function(FETCHED, arg="/inbox/list")  # as it does once its socket is open
    await ana.locator(f"#row-{first.conversation_id}").hover()
    await shop.desk.mail("Second", email="b@example.com", name="Bob")
    pill = ana.get_by_role("button", name="1 new conversation")
    await expect(pill).to_be_visible()
    await expect(ana.locator("#rows .row-item")).to_have_count(1)
    await pill.click()
    await expect(ana.locator("#rows .row-item")).to_have_count(2)
    await expect(ana.locator("#rows .row-item").first).to_contain_text("Bob")
    await assert_live_equals_reloaded(ana, "#rows", "#inbox-tabs")


async def test_what_the_agent_accepts_with_the_mouse_is_in_the_list_at_once(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    await desk.available("ana")
    for name in ("Ada", "Bob"):
        await desk.mail("Hello", email=f"{name}@example.com", name=name)
    await desk.route()
    ana = await console("ana")
    complaints: list[str] = []
    ana.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    await (
        ana.get_by_role("button", name="Snooze")
        .or_(ana.get_by_role("button", name="Notifications and sending"))
        .first.click()
    )
    await ana.keyboard.press("Escape")
    for count in (1, 2):
        await ana.locator("#list-scroll").hover()
        await ana.get_by_role("button", name="Accept").first.click()
        await expect(ana.locator("#rows .row-item")).to_have_count(count)
        await expect(ana.locator("#new-rows")).to_be_hidden()
        await expect(ana.locator(".rows-empty")).to_be_hidden()
        await ana.locator("#rows .row-item").first.hover()
        await ana.locator("[popovertarget=snooze-menu]").click()
        await expect(ana.locator("#snooze-menu")).to_be_in_viewport(ratio=1)
        await ana.keyboard.press("Escape")
    assert complaints == []


async def test_done_leaves_the_list_and_the_focus_goes_to_the_next(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    first = await desk.mail("One", email="a@example.com", name="Ada")
    second = await desk.mail("Two", email="b@example.com", name="Bob")
    ana = await console("ana", f"/inbox/{second.conversation_id}?view=all")
    await ana.keyboard.press("e")
    await expect(ana.locator(f"#row-{second.conversation_id}")).to_have_count(0)
    await expect(ana.locator(f"#row-{first.conversation_id} .row-link")).to_be_focused()
    await expect(ana.locator(".thread-head")).to_contain_text("Done")
    await ana.get_by_role("button", name="Undo").click()
    await expect(ana.locator(f"#row-{second.conversation_id}")).to_be_visible()
    await expect(ana.locator(".thread-head")).to_contain_text("Open")
    await assert_live_equals_reloaded(ana, ".thread", "#rows", ".thread-head")


async def test_two_agents_see_each_other(shop: Shop, console: OpenConsole) -> None:
    mail = await shop.desk.mail()
    path = f"/inbox/{mail.conversation_id}?view=all"
    ana, ben = await console("ana", path), await console("ben", path)
    await expect(ana.locator(".viewer-viewing")).to_contain_text("Ben is looking at this")
    await ben.locator("textarea[name=outbound]").press_sequentially("Hello")
    await expect(ana.locator(".viewer-replying")).to_contain_text("Ben is writing a reply")


async def test_who_missed_an_offer_learns_why_and_returns_by_one_click(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    await desk.available("ana")
    ana = await console("ana")
    await expect(ana.locator("#standing")).to_contain_text("Available")
    await shop.runtime.db.write(set_presence, desk.agents["ana"], "not_ready", "no_answer")
    await expect(ana.locator("#presence-notice")).to_contain_text("you did not answer")
    await ana.get_by_role("button", name="I'm back").click()
    await expect(ana.locator("#standing")).to_contain_text("Available")
    await expect(ana.locator("#presence-notice .banner")).to_have_count(0)


async def test_an_offer_follows_the_agent_to_other_pages(shop: Shop, console: OpenConsole) -> None:
    desk = shop.desk
    await desk.available("ana")
    ana = await console("ana", "/customers")
    chat = await desk.chat("Anybody here?")
    await desk.route()
    await expect(ana.locator(".offer")).to_contain_text("Anybody here?")
    await expect(ana).to_have_title(re.compile(r"^\(1\) "))
    await ana.get_by_role("button", name="Accept").click()
    await expect(ana).to_have_url(re.compile(rf"/inbox/{chat.conversation_id}"))


async def test_a_page_that_was_away_catches_up(shop: Shop, console: OpenConsole) -> None:
    desk = shop.desk
    await desk.available("ana")
    chat = await desk.chat()
    offer = (await desk.route(), await desk.pending_offer("ana"))[1]
    assert offer is not None
    await shop.runtime.db.write(accept_offer, await desk.actor("ana"), offer)
    ana = await console("ana", f"/inbox/{chat.conversation_id}")
    await ana.evaluate("document.body.dataset.live = 'no'")
    await cut_off(shop)
    for text in ("Are you there?", "Hello?", "I have to go."):
        await desk.chat(text, conversation_id=chat.conversation_id)
    await expect(ana.locator("body[data-live=yes]")).to_be_attached(timeout=20_000)
    await expect(ana.locator(".message-theirs").last).to_contain_text("I have to go.")
    await expect(ana.locator(".message-theirs")).to_have_count(4)
    await assert_live_equals_reloaded(ana, ".thread", "#rows", "#inbox-tabs")


async def test_the_list_goes_on_and_back_keeps_its_place(shop: Shop, console: OpenConsole) -> None:
    for number in range(60):
        await shop.desk.mail(f"Number {number}", email=f"c{number}@example.com")
    ana = await console("ana", "/inbox?view=all")
    await expect(ana.locator("#rows .row-item")).to_have_count(50)
    await ana.locator("#rows-more").scroll_into_view_if_needed()
    await expect(ana.locator("#rows .row-item")).to_have_count(60)
    await ana.locator("#row-3 .row-link").click()
    await expect(ana.locator(".thread-head")).to_contain_text("#3")
    place = await ana.locator("#list-scroll").evaluate("list => list.scrollTop")
    assert place > 500
    await ana.locator("#row-2 .row-link").click()
    await expect(ana.locator(".thread-head")).to_contain_text("#2")
    await ana.go_back()
    await expect(ana.locator(".thread-head")).to_contain_text("#3")
    after = await ana.locator("#list-scroll").evaluate("list => list.scrollTop")
    assert abs(after - place) < 400
