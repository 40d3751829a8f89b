"""Who would rather not wait is called back, where their queue does that."""

from typing import Any

import pytest
from sqlalchemy import select, update

from app.models.contact import contacts
from app.models.organisation import queues
from tests.desk import Desk
from tests.fixtures.visitors import NewBrowser

pytestmark = pytest.mark.engine


async def _calls_back(desk: Desk) -> None:
    rules = [{"when": "too_long", "limit": 600, "way": "callback", "queue_id": None, "text": ""}]

    def change(tx: Any) -> None:
        tx.execute(update(queues).values(overflow=rules))

    await desk.runtime.db.write(change)


async def _contact(desk: Desk) -> Any:
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(contacts))).one()


async def test_a_visitor_who_waits_is_called_at_their_number(
    desk: Desk, widget: NewBrowser
) -> None:
    await _calls_back(desk)
    await desk.available("ana")
    kim = await widget()
    assert "Be called back instead" in (await kim.say("Where is my parcel?")).text
    before = await _contact(desk)
    wrong = await kim.post("/widget/call-back", tel="soon")
    assert wrong.json()["errors"] == {"phone": "not_a_phone"}
    told = await kim.post("/widget/call-back", tel="+49 30 901820")
    assert "We will call you at +4930901820" in told.text
    after = await _contact(desk)
    assert (after.status, after.callback["to"]) == ("waiting", "+4930901820")
    assert after.enqueued_at == before.enqueued_at


async def test_where_nobody_is_called_back_it_is_not_offered(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    assert "called back" not in (await kim.say("Where is my parcel?")).text
    assert (await kim.post("/widget/call-back", tel="+49 30 901820")).status_code == 409
    assert (await _contact(desk)).callback is None


async def test_whoever_is_offered_the_contact_just_then_calls(
    desk: Desk, widget: NewBrowser
) -> None:
    await _calls_back(desk)
    await desk.available("ana")
    kim = await widget()
    await kim.say("Where is my parcel?")
    await desk.route()
    told = await kim.post("/widget/call-back", tel="030 901820")
    assert "We will call you at 030 901820" in told.text
    await desk.accept("ana")
    after = await _contact(desk)
    assert (after.status, after.callback["to"]) == ("active", "030 901820")
