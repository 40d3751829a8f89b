"""In a browser: the same text to the same customer is asked about, and answered by keys."""

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Page, expect
from sqlalchemy import insert

from app.actions.send_message import Reply, send_message
from app.db import Tx
from app.models.organisation import macros
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
TEXT = "Your parcel has left our house this morning."


async def ben_has_sent_it(shop: Shop) -> None:
    desk = shop.desk
    earlier = await desk.mail("Where is it?")
    await desk.available("ben")
    await desk.accept("ben")
    ben = await desk.actor("ben")

    def send(tx: Tx) -> None:
        values = {"name": "Parcel has left", "shortcut": "left", "text": TEXT, "created_at": 1}
        row = tx.execute(insert(macros).values(**values).returning(macros.c.id))
        reply = Reply(TEXT, "key-0001", materials=[f"macro:{row.scalar_one()}"])
        send_message(tx, ben, earlier.conversation_id, reply)

    await shop.runtime.db.write(send)


async def write_macro(page: Page) -> None:
    field = page.locator("textarea[name=outbound]")
    await field.fill("")
    await field.press_sequentially("/left")
    await expect(page.locator("#macros [role=option]")).to_have_count(1)
    await field.press("Enter")
    await expect(field).to_have_value(TEXT)


async def test_the_same_again_is_asked_about_and_answered_by_keys(
    shop: Shop, console: OpenConsole
) -> None:
    await ben_has_sent_it(shop)
    talk = (await shop.desk.mail("And now?", subject="Again")).conversation_id
    sam = await console("sam", f"/inbox/{talk}?view=all")
    field = sam.locator("textarea[name=outbound]")
    await write_macro(sam)
    await field.press("Control+Enter")
    ask = sam.locator("#stale-box")
    await expect(ask).to_contain_text("Ben sent the text “Parcel has left” on")
    await expect(ask.get_by_role("button", name="Send again")).to_be_focused()
    for width, scheme in ((375, "light"), (1280, "dark")):
        await sam.set_viewport_size({"width": width, "height": 800})
        await sam.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        found = (await Axe().run(sam)).response["violations"]
        assert [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found] == []
        assert await sam.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await sam.keyboard.press("Escape")
    await expect(ask).to_have_count(0)
    await expect(field).to_have_value(TEXT)
    await expect(field).to_be_focused()
    await sam.reload()  # the draft knows still what it was made of
    await expect(field).to_have_value(TEXT)
    await field.press("Control+Enter")
    await expect(ask.get_by_role("button", name="Send again")).to_be_focused()
    await sam.keyboard.press("Enter")
    await expect(sam.locator(".message-ours .delivery")).to_contain_text("Sen")
    await expect(sam.locator(".message-ours")).to_have_count(1)
    await expect(field).to_have_value("")
    await sam.locator("textarea[name=outbound]").fill("Anything else?")
    await field.press("Control+Enter")
    await expect(sam.locator(".message-ours")).to_have_count(2)
    await expect(ask).to_have_count(0)
