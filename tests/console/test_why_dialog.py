"""The dialog that says why, in a browser: readable at any width; the priority is changed in it."""

import pytest
from playwright.async_api import Page, expect
from sqlalchemy import insert, select, update

from app.actions.offer import decline_offer
from app.actions.set_presence import set_presence
from app.db import Tx
from app.models.contact import contacts
from app.models.organisation import queue_skills, queues, skills
from tests.axe import barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser


async def _waiting(shop: Shop) -> int:
    """A mail that asks for a skill, was declined by Ana, and that Ben could take later."""

    def rules(tx: Tx) -> None:
        made = insert(skills).values(name="Parcels").returning(skills.c.id)
        skill_id = tx.execute(made).scalar_one()
        general = shop.desk.queues["general"]
        tx.execute(insert(queue_skills).values(queue_id=general, skill_id=skill_id, level=2))
        tx.execute(update(queues).values(steps=[{"after_s": 0, "skills": []}]))

    await shop.runtime.db.write(rules)
    await shop.desk.available("ana")
    received = await shop.desk.mail("Where is it?\n\nKim", subject="A parcel")
    await shop.desk.route()
    offer_id = await shop.desk.pending_offer("ana")
    assert offer_id is not None
    await shop.runtime.db.write(decline_offer, await shop.desk.actor("ana"), offer_id, "lunch")
    await shop.runtime.db.write(set_presence, shop.desk.agents["ben"], "away")
    return received.conversation_id


async def _open(page: Page, conversation_id: int) -> None:
    await page.goto(f"{page.url.split('/inbox')[0]}/inbox/{conversation_id}")
    await page.evaluate(
        "id => htmx.ajax('GET', `/inbox/${id}/why`, {target: '#sheet', swap: 'innerHTML'})",
        conversation_id,
    )
    await expect(page.get_by_role("heading", name="Why is it here?")).to_be_visible()


async def test_the_dialog_has_no_barrier(shop: Shop, console: OpenConsole) -> None:
    conversation_id = await _waiting(shop)
    page = await console("sam")
    await _open(page, conversation_id)
    assert await barriers_in_every_look(page) == []


async def test_choosing_a_priority_changes_it_and_says_what_it_does(
    shop: Shop, console: OpenConsole
) -> None:
    conversation_id = await _waiting(shop)
    page = await console("sam")
    await _open(page, conversation_id)
    dialog = page.locator("#sheet")
    await expect(dialog.get_by_text("Parcels")).to_be_visible()
    await expect(dialog.get_by_text("Declined it, or did not answer.")).to_be_visible()
    await dialog.get_by_label("Priority").select_option("urgent")
    await expect(page.get_by_text("set the priority to urgent").first).to_be_visible()
    await _open(page, conversation_id)
    await expect(dialog.get_by_text("Counts as if it had come")).to_be_visible()
    async with shop.runtime.db.read() as conn:
        row = (await conn.execute(select(contacts.c.priority))).one()
    assert row.priority == "urgent"
