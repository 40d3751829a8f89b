"""Who serves several brands: told apart everywhere, looked at one by one, greeted for as each."""

import pytest
from playwright.async_api import expect
from sqlalchemy import update

from app import clock
from app.actions.promise import make_promise
from app.actions.receive_message import receive_message
from app.db import Tx
from app.models.conversation import conversations
from app.models.organisation import brands
from channels.values import Identity, Inbound
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.shop import Shop

GREETINGS = {"en": "Hello {{customer.first_name}},", "zh_Hans": "{{customer.name}}，您好！"}


def greet(tx: Tx, brand_id: int) -> None:
    tx.execute(update(brands).where(brands.c.id == brand_id).values(greetings=GREETINGS))


async def coffee(desk: Desk) -> int:
    """A question to the second brand; returns the conversation's id."""
    inbound = Inbound(
        channel="email", external_id="coffee-1", identities=(Identity("email", "bo@example.com"),),
        name="Bo Berg", subject="Beans", text="Any beans?", full_text="Any beans?", language="en",
    )  # fmt: skip
    got = await desk.runtime.db.write(receive_message, desk.inboxes["coffee"], inbound)
    return got.conversation_id


@pytest.mark.engine
async def test_a_chosen_brand_narrows_every_list_and_no_right(
    desk: Desk, browser_of: SignIn, other_brand: int
) -> None:
    db, ada, soon = desk.runtime.db, await desk.actor("ada"), clock.now() + 60_000
    tea, beans = (await desk.mail("Where is it?")).conversation_id, await coffee(desk)
    for conversation, text in ((tea, "Post the pot"), (beans, "Send the beans")):
        await db.write(make_promise, ada, conversation, text, soon)
    browser, chip = await browser_of("ada"), "brand-chip"
    places = {
        "/inbox?view=all": ("Where is it?", "Any beans?"),
        "/inbox/list?view=all": ("Where is it?", "Any beans?"),
        "/due": ("Post the pot", "Send the beans"),
        "/calendar": ("Post the pot", "Send the beans"),
        "/customers": ("Kim Doe", "Bo Berg"),
        "/supervise/history/promises.csv?length=week": ("General", "Coffee"),
        "/supervise/history/effort.csv?length=week": ("General", "Coffee"),
        "/supervise/history?length=week": ("General", "Coffee"),
    }
    for where, words in places.items():
        text = (await browser.get(where)).text
        assert [word in text for word in words] == [True, True], where
    assert chip in (await browser.get("/inbox?view=all")).text
    answer = await browser.post("/brand", data={"brand": str(other_brand)})
    assert answer.status_code == 303
    for where, words in places.items():
        text = (await browser.get(where)).text
        assert [word in text for word in words] == [False, True], where
    every = (await browser.get("/supervise/history/promises.csv?length=week&brand=all")).text
    assert "General" in every
    assert (await browser.get(f"/inbox/{tea}")).status_code == 200  # a link still opens
    await browser.post("/brand", data={"brand": ""})
    assert "Where is it?" in (await browser.get("/inbox?view=all")).text
    listed = (await browser.get(f"/inbox?view=all&brand={desk.brand}")).text
    assert ("Where is it?" in listed, "Any beans?" in listed) == (True, False)


async def test_nobody_looks_at_a_brand_they_do_not_serve(
    desk: Desk, browser_of: SignIn, other_brand: int
) -> None:
    ana, sue = await browser_of("ana"), await browser_of("sue")
    await desk.mail()
    assert (await ana.post("/brand", data={"brand": str(other_brand)})).status_code == 404
    assert "brand-chip" not in (await ana.get("/inbox?view=all")).text
    for path in ("promises", "effort", "fairness", "wrong-queue", "announcements"):
        where = f"/supervise/history/{path}?brand={desk.brand}"
        assert (await sue.get(where)).status_code == 404
    gone = await sue.get(f"/knowledge/deflection?brand={desk.brand}")
    assert gone.status_code == 404


async def test_the_greeting_is_in_the_customers_language_until_somebody_has_answered(
    desk: Desk, browser_of: SignIn
) -> None:
    db, ana = desk.runtime.db, await browser_of("ana")
    mail = await desk.mail()
    where = f"/inbox/{mail.conversation_id}"
    assert "data-greeting" not in (await ana.get(where)).text
    await db.write(greet, desk.brand)
    assert 'data-greeting="Hello Kim,"' in (await ana.get(where)).text
    theirs = conversations.c.id == mail.conversation_id
    await db.write(lambda tx: tx.execute(update(conversations).where(theirs).values(language="zh")))
    assert 'data-greeting="Kim Doe，您好！"' in (await ana.get(where)).text
    nobody = await desk.chat()  # without a name there is no greeting
    assert "data-greeting" not in (await ana.get(f"/inbox/{nobody.conversation_id}")).text


@pytest.mark.browser
async def test_a_greeting_waits_in_the_empty_reply_and_is_not_sent_alone(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    await shop.runtime.db.write(greet, shop.desk.brand)
    ana = await console("ana", f"/inbox/{mail.conversation_id}")
    reply, note = ana.locator("textarea[name=outbound]"), ana.get_by_role("tab", name="Note")
    await reply.click()
    await expect(reply).to_have_value("Hello Kim,\n\n")
    await ana.keyboard.press("Control+Enter")
    await note.click()
    await expect(reply).to_have_value("")
    await ana.get_by_role("tab", name="Reply").click()
    await ana.keyboard.type("It is on its way.")
    await ana.keyboard.press("Control+Enter")
    sent = ana.locator(".message[data-kind=outbound]")
    await expect(sent).to_have_count(1)
    await expect(sent).to_contain_text("Hello Kim,")
    await expect(reply).to_have_value("")


async def test_an_address_that_cannot_be_meant_is_read_as_none(browser_of: SignIn) -> None:
    sam = await browser_of("sam")
    for path in (
        f"/inbox?view=all&before={10**20}.1",
        "/inbox?view=all&before=².²",
    ):
        assert (await sam.get(path, follow_redirects=True)).status_code == 200, path
