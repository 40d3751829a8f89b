"""Somebody unknown chats on the shop's site, signs in there, and the agent sees who it has been."""

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from playwright.async_api import BrowserContext, Frame, Page, expect
from sqlalchemy import Connection, func, select, update

from app import clock
from app.actions.customer import edit_customer
from app.models.conversation import conversations
from app.models.customer import customers
from app.models.organisation import inboxes
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.fixtures.workers import until

pytestmark = pytest.mark.browser
SECRET = "a secret of the shop's server"
SOON = 15_000


def token(user: str, email: str) -> str:
    """What the shop's server signs."""
    claims = {"sub": user, "email": email, "aud": "chat-key", "exp": clock.now() // 1000 + 600}
    parts = [_part({"alg": "HS256"}), _part(claims)]
    signed = ".".join(parts)
    digest = hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).digest()
    return f"{signed}.{base64.urlsafe_b64encode(digest).rstrip(b'=').decode()}"


def _part(value: dict[str, Any]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()


async def _chat(page: Page) -> Frame:
    await page.evaluate("switchroom('open')")
    for _ in range(200):
        frame = next((one for one in page.frames if "/widget/frame" in one.url), None)
        if frame is not None:
            await frame.wait_for_selector("#text", timeout=SOON)
            return frame
        await page.wait_for_timeout(50)
    raise AssertionError("the chat's frame did not appear")


async def _on_the_site(context: BrowserContext, shop: Shop) -> Page:
    page = await context.new_page()
    await page.goto(shop.site)

    async def loaded() -> bool:
        return bool(await page.evaluate("window.switchroom?.loaded"))

    await until(loaded)
    return page


async def test_the_agent_sees_who_the_unknown_visitor_is_once_they_sign_in(
    shop: Shop, console: OpenConsole, context: BrowserContext
) -> None:
    desk, write = shop.desk, shop.runtime.db.write
    await write(
        lambda tx: tx.execute(
            update(inboxes)
            .where(inboxes.c.id == desk.inboxes["chat"])
            .values(settings={"identity_secrets": [SECRET]})
        )
    )
    kim = (await desk.mail(email="kim@example.com", name="Kim Doe")).customer_id
    await write(edit_customer, kim, {"company": "Tea Lovers"})
    await desk.available("ben")
    site = await _on_the_site(context, shop)
    frame = await _chat(site)
    await frame.fill("#text", "Hello, it is about my parcel")
    await frame.press("#text", "Enter")
    await expect(frame.locator("#log .bubble")).to_have_count(1)
    agent = await console("sam", "/inbox/2")
    await expect(agent.get_by_text("Visitor #").first).to_be_visible()
    await expect(agent.get_by_text("Tea Lovers")).to_have_count(0)
    await site.evaluate(
        "(token) => switchroom('identify', {token})", token("42", "kim@example.com")
    )
    await expect(agent.get_by_text("Tea Lovers").first).to_be_visible(timeout=SOON)
    await expect(frame.locator("#log .bubble")).to_have_text(["Hello, it is about my parcel"])
    await frame.fill("#text", "It is me")
    await frame.press("#text", "Enter")
    await expect(agent.get_by_text("It is me").first).to_be_visible(timeout=SOON)
    await site.evaluate("switchroom('forget')")
    frame = await _chat(site)
    await expect(frame.locator("#log .bubble")).to_have_count(0)


def _talks(conn: Connection) -> int:
    return int(conn.execute(select(func.count()).select_from(conversations)).scalar_one())


async def test_two_people_on_one_shared_computer_stay_two(
    shop: Shop, console: OpenConsole, context: BrowserContext
) -> None:
    desk, write = shop.desk, shop.runtime.db.write
    chat = inboxes.c.id == desk.inboxes["chat"]
    secrets = {"identity_secrets": [SECRET]}
    await write(lambda tx: tx.execute(update(inboxes).where(chat).values(settings=secrets)))
    await desk.available("ben")
    site = await _on_the_site(context, shop)
    for number, (user, email) in enumerate([("42", "kim@example.com"), ("43", "lei@example.com")]):
        frame = await _chat(site)
        await site.evaluate("(token) => switchroom('identify', {token})", token(user, email))

        async def alone() -> bool:
            frame = await _chat(site)
            return not await frame.locator("#log .bubble").count()

        await until(alone)  # nobody reads what the one before has said
        frame = await _chat(site)
        await frame.fill("#text", f"It is {email}")
        await frame.press("#text", "Enter")
        await expect(frame.locator("#log .bubble")).to_have_text([f"It is {email}"])

        async def arrived(count: int = number + 1) -> bool:
            return await shop.runtime.db.query(_talks) == count

        await until(arrived)
        agent = await console("sam", f"/inbox/{number + 1}")
        await expect(agent.get_by_text(email).first).to_be_visible(timeout=SOON)
    async with shop.runtime.db.read() as conn:
        found = await conn.execute(
            select(conversations.c.id, customers.c.email)
            .join(customers, customers.c.id == conversations.c.customer_id)
            .order_by(conversations.c.id)
        )
        assert [tuple(row) for row in found] == [(1, "kim@example.com"), (2, "lei@example.com")]
