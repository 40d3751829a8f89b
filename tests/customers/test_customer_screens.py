"""The pages of customers in a browser: no barrier, any width, any theme; merging by keys."""

import pytest
from playwright.async_api import Page, expect

from app.actions.customer import edit_customer
from app.actions.customer_field import learn_field
from app.actions.customer_import import keep_import
from app.actions.doubts import suspect_all
from app.actions.membership import put_member
from app.queries.customer_imports import next_running
from app.queries.duplicates import find_duplicates
from app.workers.imports import run_import
from tests.axe import barriers, barriers_in_every_look
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop

pytestmark = pytest.mark.browser
CARDS = "Name,Mail\nLee,lee@example.com\nNobody,no address\n"


async def fill(shop: Shop) -> tuple[int, int]:
    """Kim twice, an organisation, sources that disagree, an import; returns the two."""
    desk, write = shop.desk, shop.runtime.db.write
    sam = await desk.actor("sam")
    kim = (await desk.mail(email="kim@example.com", name="Kim Doe")).customer_id
    other = (await desk.mail(email="kim@work.example", name="Doe Kim")).customer_id
    house = (await desk.mail(email="office@tea.example", name="Tea Ltd")).customer_id
    await write(edit_customer, house, {"kind": "organisation", "party": "partner"})
    await write(put_member, sam, house, kim, "Buyer")
    for source, day in (("crm", "1990-05-17"), ("fair", "1991-05-17")):
        await write(learn_field, kim, "birthday", day, source)
    await write(suspect_all, await shop.runtime.db.query(find_duplicates))
    stored = shop.runtime.files.keep(CARDS.encode(), "people.csv", "text/csv")
    await write(keep_import, sam, stored, "csv", 2, "fair", {"Name": "name", "Mail": "email"})
    return kim, other


async def no_barriers(page: Page) -> None:
    """What axe finds is none; nothing is wider than the window."""
    assert await barriers(page) == []
    assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")


async def test_no_page_of_customers_has_a_barrier(shop: Shop, console: OpenConsole) -> None:
    kim, other = await fill(shop)
    page = await console("sam", "/customers")
    for path in (
        f"/customers/{kim}",
        f"/customers/{kim + 2}",
        "/customers/duplicates",
        f"/customers/{kim}/merge",
        f"/customers/{kim}/merge?with={other}",
        "/customers/imports",
        "/customers/imports/1",
        "/customers/quality",
    ):
        await page.goto(shop.url + path)
        assert await barriers_in_every_look(page) == [], path


async def test_two_are_merged_and_parted_by_keys(shop: Shop, console: OpenConsole) -> None:
    kim, other = await fill(shop)
    page = await console("ana", f"/customers/{kim}/merge?with={other}")
    await page.get_by_role("radio", name=f"Keep #{other}").focus()
    await page.keyboard.press("Space")
    await page.get_by_role("button", name="Merge").focus()
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{shop.url}/customers/{other}?merged=1")
    await expect(page.get_by_text(f"Merged with #{kim}")).to_be_visible()
    await expect(page.get_by_text("2 conversations")).to_be_visible()
    await page.goto(f"{shop.url}/customers/{kim}")
    await expect(page).to_have_url(f"{shop.url}/customers/{other}")
    await page.get_by_role("button", name="Undo").focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text(f"Merge with #{kim} undone")).to_be_visible()
    await expect(page.get_by_text("1 conversation")).to_be_visible()


async def test_an_import_is_watched_until_it_is_done(shop: Shop, console: OpenConsole) -> None:
    await fill(shop)
    page = await console("sam", "/customers/imports/1")
    await page.get_by_role("button", name="Import", exact=True).click()
    await expect(page.get_by_text("0 of 2 rows")).to_be_visible()
    running = await shop.runtime.db.query(next_running)
    assert running is not None
    await run_import(shop.runtime.db, shop.runtime.files, running)
    await expect(page.get_by_text("Done: every row was")).to_be_visible()
    await expect(page.get_by_role("link", name="Rejected rows with reasons")).to_be_visible()
    await no_barriers(page)
