"""The card beside a conversation and an offer, in a browser: it changes by itself, live."""

import pytest
from playwright.async_api import BrowserContext, expect
from sqlalchemy import func, insert, select, update

from app import clock
from app.actions.customer import edit_customer
from app.db import Tx
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import inboxes
from app.models.promise import customer_facts, promises
from tests.customers.test_customer_screens import no_barriers
from tests.customers.test_sign_in_story import SECRET, SOON, _chat, _on_the_site, token
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.fixtures.workers import until

pytestmark = pytest.mark.browser
DAY = 24 * 3_600_000


async def test_the_unknown_visitor_becomes_the_customer_of_five_years_who_was_let_down(
    shop: Shop, console: OpenConsole, context: BrowserContext
) -> None:
    desk, write = shop.desk, shop.runtime.db.write
    kim = (await desk.mail(email="kim@example.com", name="Kim Doe")).customer_id
    now = clock.now()

    def long_ago(tx: Tx) -> None:
        chat = inboxes.c.id == desk.inboxes["chat"]
        tx.execute(update(inboxes).where(chat).values(settings={"identity_secrets": [SECRET]}))
        tx.execute(update(customers).values(created_at=now - 5 * 365 * DAY))
        tx.execute(
            insert(promises).values(
                customer_id=kim, owner_id=desk.agents["ana"], text="A new lid by Friday",
                due_at=now - DAY, created_at=now - 9 * DAY,
            )
        )  # fmt: skip

    await write(long_ago)
    await desk.available("ben")
    site = await _on_the_site(context, shop)
    frame = await _chat(site)
    await frame.fill("#text", "Hello")
    await frame.press("#text", "Enter")
    await expect(frame.locator("#log .bubble")).to_have_count(1)
    agent = await console("sam", "/inbox/2")
    card = agent.locator(".first-card")
    await expect(card.get_by_text("Unknown")).to_be_visible()
    await expect(card.get_by_text("A new lid by Friday")).to_have_count(0)
    await site.evaluate(
        "(token) => switchroom('identify', {token})", token("42", "kim@example.com")
    )
    await expect(card.locator("li").first).to_contain_text("A new lid by Friday", timeout=SOON)
    await expect(card.get_by_text("Signed in")).to_be_visible()
    await no_barriers(agent)
    await site.evaluate("switchroom('forget')")

    async def gone() -> bool:
        return frame.is_detached()

    await until(gone)
    frame = await _chat(site)
    await frame.fill("#text", "I am somebody else")
    await frame.press("#text", "Enter")

    async def arrived() -> bool:
        async with shop.runtime.db.read() as conn:
            talks = select(func.count()).select_from(conversations)
            return (await conn.execute(talks)).scalar_one() == 3

    await until(arrived)
    await agent.goto(f"{shop.url}/inbox/3")
    await expect(card.get_by_text("Unknown")).to_be_visible()
    await expect(card.get_by_text("A new lid by Friday")).to_have_count(0)


async def test_what_one_agent_notes_in_two_clicks_stands_on_the_card_of_another(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.mail()
    sam = await console("sam", "/inbox/1")
    ana = await console("ana", "/inbox/1")
    await sam.keyboard.press("o")
    await sam.keyboard.type("Mornings only")
    await sam.get_by_role("button", name="Preference").click()
    seen = ana.locator(".first-fact", has_text="Mornings only")
    await expect(seen).to_be_visible(timeout=SOON)
    await expect(seen.get_by_text("Preference")).to_be_visible()
    await expect(sam.locator(".note-fact-menu")).to_be_hidden()
    await shop.runtime.db.write(
        lambda tx: tx.execute(update(customer_facts).values(stale_at=clock.now() - 1))
    )
    await shop.runtime.db.write(edit_customer, 1, {"company": "Tea Lovers"})
    await seen.get_by_role("button", name="Yes").click()
    await expect(seen.get_by_text("Still so?")).to_have_count(0, timeout=SOON)


async def test_the_card_stands_on_an_offer_before_it_is_accepted(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    kim = (await desk.mail()).customer_id
    await shop.runtime.db.write(
        lambda tx: tx.execute(
            insert(customer_facts).values(
                customer_id=kim, kind="problem", text="The lid is loose", at=tx.now
            )
        )
    )
    await desk.available("ana")
    page = await console("ana", "/inbox")
    await desk.route()
    offer = page.locator(".offer")
    await expect(offer.get_by_text("The lid is loose")).to_be_visible(timeout=SOON)
    await no_barriers(page)
