"""The privacy page in the console: who may, what it does, and in a browser."""

import pytest
from sqlalchemy import select

from app.models.customer import customers
from app.models.party import access_log
from tests.desk import Desk
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine


async def test_looking_at_a_customer_is_written_down_once_in_a_while(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    ana = await browser_of("ana")
    for _ in range(3):
        assert (await ana.get(f"/customers/{kim}")).status_code == 200
    query = select(access_log.c.action, access_log.c.agent_id)
    lines = await desk.runtime.db.query(lambda conn: conn.execute(query).all())
    assert [tuple(line) for line in lines] == [("viewed", desk.agents["ana"])]
    assert (await ana.get(f"/customers/{kim}/privacy")).status_code == 404
    page = await (await browser_of("sam")).get(f"/customers/{kim}/privacy")
    assert "Ana" in page.text
    assert "Erase for good" not in page.text


async def test_a_consent_is_written_down_and_everything_is_taken_along(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    sam = await browser_of("sam")
    at = f"/customers/{kim}/privacy"
    said = {"purpose": "marketing", "status": "granted", "channel": "email", "brand": ""}
    assert (await sam.post(f"{at}/consents", data=said)).status_code == 303
    assert "Granted" in (await sam.get(at)).text
    archive = await sam.post(f"{at}/export")
    assert archive.headers["content-type"] == "application/zip"
    assert "Took everything along" in (await sam.get(at)).text


async def test_erasing_needs_the_number_and_no_hold(browser_of: SignIn, desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    ada, at = await browser_of("ada"), f"/customers/{kim}/privacy"
    assert (await (await browser_of("sam")).post(f"{at}/erase", data={})).status_code == 404
    assert (await ada.post(f"{at}/erase", data={"sure": "yes"})).status_code == 422
    assert (await ada.post(f"{at}/hold", data={"reason": " "})).status_code == 422
    assert (await ada.post(f"{at}/hold", data={"reason": "A case"})).status_code == 303
    held = await ada.post(f"{at}/erase", data={"sure": str(kim)})
    assert held.status_code == 422
    assert "legal hold" in held.text
    assert (await ada.post(f"{at}/release")).status_code == 303
    assert (await ada.post(f"{at}/erase", data={"sure": f"#{kim}"})).status_code == 303
    query = select(customers.c.erased_at).where(customers.c.id == kim)
    assert await desk.runtime.db.query(lambda conn: conn.scalar(query))
    assert (await ada.get(f"/customers/{kim}")).status_code == 404
