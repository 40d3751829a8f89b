"""A visitor in a real browser on a shop's site: open, chat, reload, second tab, lost network."""

import json
import re
from typing import Any

import pytest
from playwright.async_api import Frame, Page, expect
from sqlalchemy import select

from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.models.conversation import messages
from tests.axe import COLOURS, barriers
from tests.fixtures.shop import Shop
from tests.fixtures.workers import until

pytestmark = pytest.mark.browser
SOON = 15_000


async def _holds(where: Page | Frame, expression: str) -> None:
    """Wait until it is true. Playwright's own wait would `eval`, which these pages forbid."""

    async def is_true() -> bool:
        return bool(await where.evaluate(expression))

    await until(is_true)


async def _open(page: Page, shop: Shop, query: str = "") -> Frame:
    """Go to the shop and open the chat."""
    await page.goto(shop.site + query)
    await _holds(page, "window.switchroom?.loaded")
    await page.evaluate("switchroom('open')")
    return await _frame(page)


async def _frame(page: Page) -> Frame:
    """The chat's frame, once its composer is there. The button lives in a closed shadow root."""
    for _ in range(200):
        frame = next((one for one in page.frames if "/widget/frame" in one.url), None)
        if frame is not None:
            await frame.wait_for_selector("#text", timeout=SOON)
            return frame
        await page.wait_for_timeout(50)
    raise AssertionError("the chat's frame did not appear")


async def _say(frame: Frame, text: str) -> None:
    await frame.fill("#text", text)
    await frame.press("#text", "Enter")


async def _texts(frame: Frame) -> list[str]:
    return await frame.locator("#log .bubble").all_inner_texts()


async def _answer(shop: Shop, conversation_id: int, text: str, **more: Any) -> None:
    ana = await shop.desk.actor("ana")
    reply = Reply(text, f"answer-{abs(hash(text))}", force=True, **more)
    await shop.runtime.db.write(send_message, ana, conversation_id, reply)


async def _stored(shop: Shop) -> list[str]:
    query = select(messages.c.text).where(messages.c.kind.in_(("inbound", "outbound")))
    async with shop.runtime.db.read() as conn:
        return list((await conn.execute(query.order_by(messages.c.seq))).scalars())


NEVER_IDLE = """window.requestIdleCallback = (callback, { timeout } = {}) => {
  if (timeout) setTimeout(callback, timeout);
};"""


async def test_a_page_that_is_never_idle_has_a_chat(page: Page, shop: Shop) -> None:
    await page.add_init_script(NEVER_IDLE)
    await _open(page, shop)


async def test_a_visitor_and_an_agent_chat(page: Page, shop: Shop) -> None:
    problems: list[str] = []
    page.on("console", lambda line: problems.append(line.text) if line.type == "error" else None)
    page.on("pageerror", lambda error: problems.append(str(error)))
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "Hello?")
    await expect(frame.get_by_text("You are next in line")).to_be_visible(timeout=SOON)
    conversation_id = await shop.desk.accept("ana")
    await expect(frame.locator("#who")).to_contain_text("Ana", timeout=SOON)
    await _answer(shop, conversation_id, "Hi, I am Ana.")
    await _answer(shop, conversation_id, "Sounds upset", kind="note")
    await expect(frame.get_by_text("Hi, I am Ana.", exact=True)).to_be_visible(timeout=SOON)
    await _say(frame, "Thank you!")
    await expect(frame.locator(".mine .receipt").last).to_have_text("Delivered", timeout=SOON)
    assert await _texts(frame) == ["Hello?", "Hi, I am Ana.", "Thank you!"]
    async with shop.runtime.db.read() as conn:
        query = select(messages.c.state).where(messages.c.kind == "outbound")
        for _ in range(100):
            if (await conn.execute(query)).scalar() == "read":
                break
            await page.wait_for_timeout(50)
            await conn.rollback()
        else:
            raise AssertionError("the agent never learned that the answer was read")
    await shop.runtime.db.write(resolve, await shop.desk.actor("ana"), conversation_id)
    await expect(frame.get_by_text("This chat has ended.")).to_be_visible(timeout=SOON)
    assert problems == []


async def test_the_chat_opens_with_the_button_and_closes_with_escape(
    page: Page, shop: Shop
) -> None:
    await shop.desk.available("ana")
    await page.goto(shop.site)
    await _holds(page, "window.switchroom?.loaded")
    await page.wait_for_timeout(300)
    shifts = "performance.getEntriesByType('layout-shift').length"
    size = page.viewport_size
    assert size is not None
    await page.mouse.click(size["width"] - 50, size["height"] - 50)
    frame = await _frame(page)
    await _holds(frame, "document.activeElement?.id === 'text'")
    await page.keyboard.press("Escape")
    await _holds(page, "document.activeElement !== document.body")
    assert await frame.evaluate("innerWidth") > 0
    assert await page.evaluate(shifts) == 0
    await page.keyboard.press("Enter")  # the button has the focus again
    await _holds(frame, "document.hasFocus()")


async def test_a_reload_and_a_second_tab_show_the_same_chat(page: Page, shop: Shop) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "Hello?")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    await page.reload()
    frame = await _frame(page)  # it was open, so it opens by itself
    assert await _texts(frame) == ["Hello?"]
    second_page = await page.context.new_page()
    second = await _open(second_page, shop)
    assert await _texts(second) == ["Hello?"]
    await _say(second, "From the second tab")
    await expect(frame.get_by_text("From the second tab")).to_be_visible(timeout=SOON)


async def test_a_lost_network_loses_nothing_and_needs_no_reload(page: Page, shop: Shop) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "One")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    conversation_id = await shop.desk.accept("ana")
    await _answer(shop, conversation_id, "Two")
    await expect(frame.get_by_text("Two", exact=True)).to_be_visible(timeout=SOON)
    await page.context.set_offline(True)
    await _answer(shop, conversation_id, "Three")
    await _answer(shop, conversation_id, "Four")
    await _say(frame, "Five")
    await expect(frame.get_by_text("Not sent")).to_be_visible(timeout=SOON)
    await page.context.set_offline(False)
    await expect(frame.locator("#log .bubble")).to_have_count(5, timeout=30_000)
    await expect(frame.locator(".not-sent")).to_have_count(0, timeout=30_000)
    await expect(frame.get_by_text("Four", exact=True)).to_be_visible(timeout=30_000)
    assert await _texts(frame) == await _stored(shop) == ["One", "Two", "Three", "Four", "Five"]


async def test_typing_shows_on_the_visitors_side(page: Page, shop: Shop) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "Hello?")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    conversation_id = await shop.desk.accept("ana")
    await expect(frame.locator("#who")).to_contain_text("Ana", timeout=SOON)
    shop.runtime.live.publish(
        f"visitor:{conversation_id}",
        {"type": "typing", "conversation": conversation_id, "on": True},
    )
    await expect(frame.locator("#typing")).to_be_visible(timeout=SOON)


async def test_files_travel_with_a_message(page: Page, shop: Shop) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await frame.set_input_files(
        "#files", {"name": "order.txt", "mimeType": "text/plain", "buffer": b"tea, 2 kg"}
    )
    await expect(frame.locator("#chips [data-file]")).to_contain_text("order.txt", timeout=SOON)
    await _say(frame, "My order")
    await expect(frame.locator("#log a.file")).to_contain_text("order.txt", timeout=SOON)


async def test_an_answer_while_typing_can_solve_it(page: Page, shop: Shop) -> None:
    from app.actions.article import ArticleDraft, ArticleText, save_article
    from app.actions.article_publish import publish_article

    ada, db = await shop.desk.actor("ada"), shop.runtime.db
    draft = ArticleDraft({"en": ArticleText("How do I return a parcel?", "Print the label.")})
    await db.write(publish_article, ada, await db.write(save_article, ada, shop.desk.brand, draft))
    await shop.runtime.knowledge.settled()
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await frame.locator("#text").press_sequentially("I want to return a parcel", delay=5)
    await frame.get_by_role("link", name="How do I return a parcel?").click(timeout=SOON)
    await expect(frame.get_by_text("Print the label.")).to_be_visible(timeout=SOON)
    await frame.get_by_role("button", name="Yes, that solved it").click()
    await expect(frame.get_by_role("heading", name="Glad that helped")).to_be_visible(timeout=SOON)
    assert await _stored(shop) == []


async def test_a_phone_shows_the_chat_on_the_whole_screen(page: Page, shop: Shop) -> None:
    await page.set_viewport_size({"width": 375, "height": 720})
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await page.wait_for_timeout(400)
    assert await frame.evaluate("[innerWidth, innerHeight]") == [375, 720]
    too_small = await frame.evaluate(
        """() => [...document.querySelectorAll("button, a, input:not([type=file]), textarea")]
        .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.5)
        .map((e) => e.outerHTML.slice(0, 80))"""
    )
    assert too_small == []


async def test_the_chat_has_no_accessibility_violations(page: Page, shop: Shop) -> None:
    found: list[str] = []

    async def check(what: str) -> None:
        found.extend(f"{what}: {one}" for one in await barriers(page))
        await page.emulate_media(color_scheme="dark")
        found.extend(f"{what} in the dark: {one}" for one in await barriers(page, COLOURS))
        await page.emulate_media(color_scheme="light")

    await page.goto(f"{shop.url}/widget/frame?key=chat-key")
    await page.wait_for_selector("#text")
    await check("away")
    await shop.desk.available("ana")
    await page.reload()
    await page.wait_for_selector("#text")
    await check("new")
    await page.fill("#text", "Hello?")
    await page.press("#text", "Enter")
    await page.get_by_text("You are next in line").wait_for(timeout=SOON)
    await check("waiting")
    conversation_id = await shop.desk.accept("ana")
    await _answer(shop, conversation_id, "Hi there")
    await page.get_by_text("Hi there", exact=True).wait_for(timeout=SOON)
    await check("chatting")
    await page.click("#menu-button")
    await check("menu")
    await page.click("#past-button")
    await page.get_by_text("There are no earlier chats").wait_for(timeout=SOON)
    await check("earlier chats")
    assert found == [], "\n".join(found)


async def test_the_shops_policy_needs_two_entries_only(page: Page, shop: Shop) -> None:
    refused: list[str] = []
    page.on(
        "console",
        lambda line: refused.append(line.text) if "Content Security" in line.text else None,
    )
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "Hello?")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    assert refused == []
    sources = re.findall(r"(?:script|frame)-src[^;]*127", (await _policy(page)))
    assert len(sources) == 2


async def _policy(page: Page) -> str:
    response = await page.request.get(page.url)
    return response.headers["content-security-policy"]


async def test_another_origin_in_the_frame_cannot_speak_for_the_host(
    page: Page, shop: Shop
) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await frame.evaluate("postMessage({switchroom: 'identify', name: 'Mallory'}, '*')")
    await _say(frame, "Hello?")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    async with shop.runtime.db.read() as conn:
        details = (await conn.execute(select(messages.c.details))).scalars().first()
    assert "Mallory" not in json.dumps(details)


async def test_a_returning_visitor_sees_how_many_answers_wait(page: Page, shop: Shop) -> None:
    await shop.desk.available("ana")
    frame = await _open(page, shop)
    await _say(frame, "Hello?")
    await expect(frame.locator("#status")).to_contain_text("next in line", timeout=SOON)
    conversation_id = await shop.desk.accept("ana")
    context = page.context
    await page.close()
    await _answer(shop, conversation_id, "Here I am")
    again = await context.new_page()
    await again.add_init_script(
        "window.heard = []; window.switchroom = function () { switchroom.q.push(arguments); };"
        "switchroom.q = []; switchroom('on', 'unread', (count) => heard.push(count));"
    )
    requests: list[str] = []
    again.on("request", lambda request: requests.append(request.url.split("?")[0]))
    await again.goto(shop.site)
    await _holds(again, "heard.length > 0")
    assert await again.evaluate("heard") == [1]
    ours = [url for url in requests if url.startswith(shop.url)]
    assert ours == [f"{shop.url}/static/widget/loader.js", f"{shop.url}/widget/badge.js"]
