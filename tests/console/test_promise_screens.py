"""Promises in a real browser: two keys make one, a chip offers what the reply promises."""

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from app.models.promise import promises
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def test_two_keys_make_a_promise_and_a_reply_keeps_it(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    ana = await console("ana", f"/inbox/{mail.conversation_id}")
    await ana.locator("textarea[name=outbound]").focus()
    await ana.keyboard.press("Alt+p")
    await expect(ana.locator("#promise-form")).to_be_visible()
    assert await barriers_in_every_look(ana, (1280, 375)) == []
    await ana.keyboard.press("Enter")
    promise = ana.locator(".promise")
    await expect(promise).to_contain_text("Get back to the customer")
    await expect(ana.locator("textarea[name=outbound]")).to_be_focused()
    await shop.runtime.db.write(lambda tx: tx.execute(update(promises).values(due_at=1)))
    await ana.reload()
    await expect(ana.locator(".promise-late")).to_contain_text("Late")
    assert await barriers_in_every_look(ana, (1280, 375)) == []
    await promise.get_by_role("button", name="More about this promise").click()
    await ana.get_by_role("menuitem", name="Another date or owner").click()
    dialog = ana.get_by_role("dialog")
    await dialog.get_by_label("Now by").fill("in 2 hours")
    await dialog.get_by_label("Why").fill("The part is late")
    assert await barriers_in_every_look(ana, (1280, 375)) == []
    await ana.keyboard.press("Enter")
    await expect(ana.locator(".promise-late")).to_have_count(0)
    await expect(ana.locator(".system-line").last).to_contain_text("The part is late")
    await promise.get_by_label("Kept by this reply").check()
    await ana.locator("textarea[name=outbound]").fill("Here it is.")
    await ana.get_by_role("button", name="Send reply").click()
    await expect(promise).to_have_count(0)
    await expect(ana.locator(".system-line").last).to_contain_text("was kept")


async def test_what_a_reply_promises_is_offered_and_one_key_keeps_it_in_mind(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    ana = await console("ana", f"/inbox/{mail.conversation_id}")
    await ana.locator("textarea[name=outbound]").press_sequentially("我明天给您回电。")
    await expect(ana.locator(".promise-chip")).to_contain_text("promised by")
    assert await barriers(ana) == []
    await expect(ana.locator(".promise")).to_have_count(0)
    await ana.keyboard.press("Alt+p")
    await expect(ana.locator(".promise")).to_contain_text("我明天给您回电。")
    await expect(ana.locator(".promise-chip")).to_have_count(0)
