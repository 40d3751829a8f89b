"""Macros that do something besides their text: shown first, done together with sending."""

import json
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select

from app.db import Tx
from app.models.contact import contacts
from app.models.conversation import conversation_tags, conversations, tags
from app.models.organisation import macros
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.shop import Shop

KEY = "0123456789abcdef"


async def a_macro(desk: Desk, brand: int | None = None, **actions: Any) -> int:
    """A macro with these actions; returns its id."""

    def add(tx: Tx) -> int:
        row = {"name": "Late", "shortcut": "late", "text": "We look into it.", "created_at": 1}
        made = insert(macros).values(**row, brand_id=brand, actions=actions)
        return int(tx.execute(made.returning(macros.c.id)).scalar_one())

    return await desk.runtime.db.write(add)


async def stands(desk: Desk, conversation_id: int) -> tuple[Any, set[str], str]:
    """The conversation, its tags, and the priority of its contact."""
    async with desk.runtime.db.read() as conn:
        of = conversations.c.id == conversation_id
        row = (await conn.execute(select(conversations).where(of))).one()
        held = await conn.execute(
            select(tags.c.name)
            .join(conversation_tags, conversation_tags.c.tag_id == tags.c.id)
            .where(conversation_tags.c.conversation_id == conversation_id)
        )
        of = contacts.c.conversation_id == conversation_id
        priority = (await conn.execute(select(contacts.c.priority).where(of))).scalar_one()
    return row, set(held.scalars()), priority


async def test_a_macro_tags_moves_and_ranks_with_the_message(
    desk: Desk, browser_of: SignIn
) -> None:
    mail = await desk.mail()
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}"
    await ana.post(f"{path}/tags", data={"tags": "vip"})
    queue = desk.queues["billing"]
    macro = await a_macro(desk, tags=["late"], priority="high", queue_id=queue)
    shown = (await ana.get(f"{path}/macros?q=late")).text
    assert "late</span>" in shown
    assert "High priority" in shown
    assert "To " in shown
    sent = {"text": "We look into it.", "key": KEY, "kind": "note", "macro": str(macro)}
    answer = await ana.post(f"{path}/messages", data=sent)
    assert answer.status_code == 200
    assert "conversation:left" in json.loads(answer.headers["hx-trigger"])
    row, named, priority = await stands(desk, mail.conversation_id)
    assert (row.queue_id, named, priority) == (queue, {"vip", "late"}, "high")
    await ana.post(f"{path}/tags", data={"tags": ""})
    await ana.post(f"{path}/messages", data=sent)  # the same key: nothing is done twice
    assert (await stands(desk, mail.conversation_id))[1] == set()


async def test_a_macro_that_ends_offers_undo(desk: Desk, browser_of: SignIn) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    for then, status in (("done", "done"), ("snooze", "snoozed")):
        sent = {"text": "Bye", "key": f"{KEY}-{then}", "macro": str(await a_macro(desk, then=then))}
        answer = await ana.post(f"/inbox/{mail.conversation_id}/messages", data=sent)
        assert (await stands(desk, mail.conversation_id))[0].status == status
        await ana.post(json.loads(answer.headers["hx-trigger"])["toast"]["undo"])
        assert (await stands(desk, mail.conversation_id))[0].status == "open"


async def test_a_refused_macro_sends_nothing(
    desk: Desk, browser_of: SignIn, other_brand: int
) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await browser_of("ana")
    path = f"/inbox/{mail.conversation_id}"
    foreign = await a_macro(desk, brand=other_brand, tags=["foreign"])
    no_queue = await a_macro(desk, tags=["late"], queue_id=999)
    before = (await stands(desk, mail.conversation_id))[0].preview
    for macro in (foreign, no_queue, 999):
        sent = {"text": "Hi", "key": KEY, "macro": str(macro)}
        assert (await ana.post(f"{path}/messages", data=sent)).status_code == 422
    row, named, _ = await stands(desk, mail.conversation_id)
    assert (row.preview, named) == (before, set())


async def test_an_administrator_gives_a_macro_its_actions(desk: Desk, browser_of: SignIn) -> None:
    ada = await browser_of("ada")
    form = {"name": "Late", "shortcut": "late", "text": "Sorry!", "locale": ""}
    does = {"tags": "late\nparcel", "priority": "high", "then": "done", "queue_id": ""}
    assert (await ada.post("/admin/macros/new", data=form | does)).status_code == 303
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(macros))).one()
    kept = {"tags": ["late", "parcel"], "priority": "high", "then": "done", "queue_id": None}
    assert row.actions == kept
    page = (await ada.get(f"/admin/macros/{row.id}")).text
    assert "late\nparcel" in page
    assert (await ada.post("/admin/macros/new", data=form | {"then": "burn"})).status_code == 422


@pytest.mark.browser
async def test_what_a_macro_does_is_shown_until_it_is_sent(
    shop: Shop, console: OpenConsole
) -> None:
    await shop.desk.available("ana")
    mail = await shop.desk.mail()
    await shop.desk.accept("ana")
    await a_macro(shop.desk, tags=["late"], then="done")
    page = await console("ana", f"/inbox/{mail.conversation_id}")
    text = page.locator("textarea[name=outbound]")
    await text.press_sequentially("/late")
    await expect(page.locator("#macros .macro-does")).to_contain_text("Done")
    await text.press("Enter")
    await expect(page.locator("#composer-macro")).to_contain_text("late")
    await text.press("Control+Enter")
    await expect(page.locator("#composer-macro")).to_be_hidden()
    await expect(page.locator(".toast").filter(has_text="Done")).to_be_visible()
    assert (await stands(shop.desk, mail.conversation_id))[1] == {"late"}
