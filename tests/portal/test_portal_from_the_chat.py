"""From the chat of a site that says who somebody is, on to their own pages."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import select, update

from app.models.customer import customers, identities
from app.models.organisation import brands, inboxes
from tests.customers.test_sign_in_story import SECRET, token
from tests.desk import Desk
from tests.fixtures.portal import OpenHome
from tests.fixtures.product import Ticking
from tests.fixtures.visitors import Browser, NewBrowser

pytestmark = pytest.mark.engine


@pytest.fixture
async def site(desk: Desk) -> None:
    """A site that signs who its users are."""
    settings = {"identity_secrets": [SECRET]}
    one = inboxes.c.id == desk.inboxes["chat"]
    await desk.runtime.db.write(
        lambda tx: tx.execute(update(inboxes).where(one).values(settings=settings))
    )


async def _go(visitor: Browser) -> httpx.Response:
    return await visitor.client.post("/widget/portal", data={"token": visitor.token})


async def test_who_is_vouched_for_is_let_in_once_and_within_two_minutes(
    widget: NewBrowser, site: None, home: OpenHome, ticking: Ticking
) -> None:
    visitor = await widget(identity=token("42", "kim@example.com"))
    led = (await _go(visitor)).headers["location"]
    assert led.startswith("/my/tea/in/")
    kim = await home()
    assert (await kim.client.post(led)).headers["location"] == "/my/tea/"
    assert "kim@example.com" in (await kim.get("details")).text
    assert (await kim.client.post(led)).status_code == 404
    late = (await _go(visitor)).headers["location"]
    ticking.forward(s=121)
    assert (await kim.client.post(late)).status_code == 404


async def test_nobody_else_is_let_in(
    widget: NewBrowser, site: None, home: OpenHome, desk: Desk, ticking: Ticking
) -> None:
    unknown = await widget()
    await unknown.say("Hello")
    forged = await widget(identity=token("42", "kim@example.com")[:-2] + "xx")
    signed = await widget(identity=token("7", "lee@example.com"))
    for visitor in (unknown, forged):
        assert (await _go(visitor)).headers["location"] == "/my/tea/"
    assert (await signed.client.post("/widget/portal", data={"token": "x"})).status_code == 401
    foreign = {"Origin": "https://evil.example"}
    answer = await signed.client.post(
        "/widget/portal", data={"token": signed.token}, headers=foreign
    )
    assert answer.status_code == 401
    ticking.forward(s=25 * 3600)  # a proof is good for a day at most
    assert (await _go(signed)).headers["location"] == "/my/tea/"
    off = update(brands).values(portal=False)
    await desk.runtime.db.write(lambda tx: tx.execute(off))
    assert (await _go(signed)).status_code == 404


async def test_who_has_no_address_erases_themselves_while_their_proof_is_fresh(
    widget: NewBrowser, site: None, home: OpenHome, desk: Desk, ticking: Ticking
) -> None:
    visitor = await widget(identity=token("42", ""))
    kim = await home()
    await kim.client.post((await _go(visitor)).headers["location"])
    query: Any = select(identities.c.customer_id).where(identities.c.value == "tea:42")
    number = await desk.runtime.db.query(lambda c: c.scalar(query))
    assert f"Type {number} to go on" in (await kim.get("erase")).text
    assert (await kim.post("erase", sure="yes")).status_code == 422
    ticking.forward(s=11 * 60)
    assert "open these pages from the chat once more" in (await kim.get("erase")).text
    assert (await kim.post("erase", sure=str(number))).status_code == 422
    await kim.client.post((await _go(visitor)).headers["location"])
    assert "Your data is erased" in (await kim.post("erase", sure=f"#{number}")).text
    gone = select(customers.c.erased_at).where(customers.c.id == number)
    assert await desk.runtime.db.query(lambda c: c.scalar(gone))
