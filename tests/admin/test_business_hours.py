"""Business hours as they are typed: spans, own closed days, and public holidays with a preview."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select

from app.models.organisation import business_hours
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking

FORM = {
    "name": "Office",
    "time_zone": "Europe/Berlin",
    "holidays": "2027-01-18",
    "country": "DE",
    "region": "BY",
} | {f"spans-{day}": "09:00–12:30, 13:30–18:00" if day < 5 else "" for day in range(7)}


@pytest.fixture
async def ada(desk: Desk, ticking: Ticking, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser, in January 2027."""
    return await browser_of("ada")


async def rows(desk: Desk) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(business_hours))).all())


async def test_country_and_region_are_kept_with_the_week(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    done = await ada.post("/admin/hours/new", data=FORM)
    assert done.status_code == 303, done.text
    (row,) = await rows(desk)
    assert (row.country, row.region, row.holidays) == ("DE", "BY", ["2027-01-18"])
    assert row.spans["4"] == [["09:00", "12:30"], ["13:30", "18:00"]]
    page = (await ada.get(f"/admin/hours/{row.id}")).text
    assert '<option value="DE" selected>Germany</option>' in page
    assert '<option value="BY" selected>Bayern</option>' in page


async def test_the_next_closed_days_are_shown_before_anything_is_saved(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    part = (await ada.get("/admin/hours/closed-days", params=FORM)).text
    assert "Monday, January 18, 2027" in part
    assert "Own closed day" in part
    assert "Good Friday" in part
    assert 'id="holidays-of"' in part
    assert await rows(desk) == []


async def test_a_country_without_regions_shows_its_holidays_only(ada: httpx.AsyncClient) -> None:
    form = FORM | {"country": "HK", "region": "BY", "time_zone": "Asia/Hong_Kong"}
    part = (await ada.get("/admin/hours/closed-days", params=form)).text
    assert "Chinese New Year" in part
    assert "<select" not in part


@pytest.mark.parametrize(("field", "value"), [("country", "XX"), ("region", "QQ")])
async def test_a_place_nobody_knows_is_refused_at_its_field(
    desk: Desk, ada: httpx.AsyncClient, field: str, value: str
) -> None:
    answer = await ada.post("/admin/hours/new", data=FORM | {field: value})
    assert answer.status_code == 422
    assert "Choose one of the list." in answer.text
    assert await rows(desk) == []


async def test_only_administrators_ask_for_closed_days(browser_of: SignIn, desk: Desk) -> None:
    ana = await browser_of("ana")
    assert (await ana.get("/admin/hours/closed-days", params=FORM)).status_code in (403, 404)
