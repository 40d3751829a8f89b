"""Taking everything along and being erased, by the customer's own hand."""

import io
import json
import re
import zipfile

import pytest
from sqlalchemy import insert, select, update

from app.actions.portal_self import set_preferences, set_tags
from app.actions.receive_message import Received
from app.db import Tx
from app.erasing import finish_erasures
from app.models.consent import legal_holds, portal_sessions, rights_requests
from app.models.conversation import conversations
from app.models.customer import customers, identities
from app.models.organisation import brands
from app.models.party import access_log
from app.models.promise import promises
from app.queries.portal_door import PortalSession
from app.queries.portal_self import Preferences
from tests.desk import Desk
from tests.fixtures.portal import Home, OpenHome, last_link, proved

pytestmark = pytest.mark.engine


@pytest.fixture
async def said(desk: Desk) -> Received:
    """Kim's mail; her address is verified."""
    received = await desk.mail("Where is my parcel?")
    await proved(desk)
    return received


@pytest.fixture
async def kim(said: Received, home: OpenHome) -> Home:
    """Kim at her pages."""
    browser = await home()
    await browser.enter()
    return browser


async def _link_to_erase(kim: Home) -> str:
    assert (await kim.post("erase")).status_code == 303
    link = await last_link(kim.desk)
    assert "/erase/" in link
    return link


async def _erased(desk: Desk, customer_id: int) -> bool:
    query = select(customers.c.erased_at).where(customers.c.id == customer_id)
    return await desk.runtime.db.query(lambda conn: conn.scalar(query)) is not None


async def test_an_export_has_what_is_of_this_brand_and_nothing_of_another(
    kim: Home, said: Received, desk: Desk
) -> None:
    def of_pots(tx: Tx, elsewhere: Received) -> None:
        pots = tx.execute(
            insert(brands).values(name="Pots", slug="pots", created_at=1).returning(brands.c.id)
        ).scalar_one()
        tx.execute(
            update(conversations)
            .where(conversations.c.id == elsewhere.conversation_id)
            .values(brand_id=pots)
        )
        for brand_id, text in ((pots, "A promise of Pots"), (desk.brand, "A promise of Tea")):
            tx.execute(
                insert(promises).values(
                    customer_id=said.customer_id, brand_id=brand_id, owner_id=desk.agents["ana"],
                    text=text, due_at=2, created_at=1,
                )
            )  # fmt: skip
        for value in ("tea:7", "pots:8"):
            tx.execute(
                insert(identities).values(
                    customer_id=said.customer_id, kind="user", value=value, created_at=1
                )
            )

    await desk.runtime.db.write(of_pots, await desk.mail("Said to Pots"))
    answer = await kim.post("export")
    assert answer.headers["content-type"] == "application/zip"
    assert answer.headers["cache-control"] == "no-store"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as found:
        everything = found.read("data.json").decode()
    data = json.loads(everything)["tables"]
    assert [row["text"] for row in data["messages"]] == ["Where is my parcel?"]
    assert [row["text"] for row in data["promises"]] == ["A promise of Tea"]
    assert "Pots" not in everything
    assert "pots:8" not in everything
    assert "tea:7" in everything
    assert "csrf" not in json.dumps(data["portal_sessions"])
    lines = select(access_log.c.actor).where(access_log.c.action == "exported")
    assert await desk.runtime.db.query(lambda c: list(c.scalars(lines))) == ["customer"]
    kinds = select(rights_requests.c.kind, rights_requests.c.state)
    assert await desk.runtime.db.query(lambda c: [tuple(r) for r in c.execute(kinds)]) == [
        ("export", "done")
    ]
    again = [(await kim.post("export")).status_code for _ in range(6)]
    assert again[-1] == 429


async def test_erasing_asks_by_a_fresh_link_and_a_typed_word_and_ends_with_a_receipt(
    kim: Home, said: Received, desk: Desk
) -> None:
    who = PortalSession(0, "", desk.brand, said.customer_id, "", 0, 0)
    await desk.runtime.db.write(set_tags, who, ["zebrafinches"])
    await desk.runtime.db.write(set_preferences, who, Preferences(topics=("budgerigars",)))
    page = (await kim.get("erase")).text
    assert "What goes" in page
    assert "What stays, and why" in page
    link = await _link_to_erase(kim)
    assert "Type your address kim@example.com" in (await kim.client.get(link)).text
    wrong = await kim.client.post(link, data={"sure": "yes"})
    assert wrong.status_code == 422
    assert not await _erased(desk, said.customer_id)
    done = await kim.client.post(link, data={"sure": " Kim@example.com "})
    assert "Your data is erased" in done.text
    number = re.search(r"Number (\d+)", done.text)
    asked = select(rights_requests.c.id).where(rights_requests.c.kind == "erase")
    assert number is not None
    assert int(number[1]) == await desk.runtime.db.query(lambda c: c.scalar(asked))
    assert await _erased(desk, said.customer_id)
    assert await finish_erasures(desk.runtime, 0) == 1
    assert (await kim.get("details")).status_code == 303
    assert (await kim.client.post(link, data={"sure": "kim@example.com"})).status_code == 404
    await kim.ask()  # nobody is known by it any more
    left = select(portal_sessions.c.id)
    assert await desk.runtime.db.query(lambda c: c.scalar(left)) is None


async def test_while_something_forbids_it_nothing_is_erased_and_they_are_told_what_to_do(
    kim: Home, said: Received, desk: Desk
) -> None:
    link = await _link_to_erase(kim)
    hold = {"customer_id": said.customer_id, "reason": "Court case Doe", "since_at": 1}
    await desk.runtime.db.write(lambda tx: tx.execute(insert(legal_holds).values(**hold)))
    for answer in (
        await kim.get("erase"),
        await kim.post("erase"),
        await kim.client.post(link, data={"sure": "kim@example.com"}),
    ):
        assert "We must not erase your data now" in answer.text
        assert "help@tea.example" in answer.text
        assert "Court case" not in answer.text
    assert not await _erased(desk, said.customer_id)
    await desk.runtime.db.write(lambda tx: tx.execute(update(legal_holds).values(ended_at=2)))
    done = await kim.client.post(link, data={"sure": "kim@example.com"})  # it was not used up
    assert "Your data is erased" in done.text


async def test_a_link_to_sign_in_erases_nothing_and_one_to_erase_signs_nobody_in(
    kim: Home, said: Received, desk: Desk
) -> None:
    erase = await _link_to_erase(kim)
    assert (await kim.client.post(erase.replace("/erase/", "/in/"))).status_code == 404
    assert (await kim.client.post(erase.replace("/erase/", "/address/"))).status_code == 404
    await kim.ask()
    enter = await last_link(desk)
    sure = {"sure": "kim@example.com"}
    assert (await kim.client.post(enter.replace("/in/", "/erase/"), data=sure)).status_code == 404
    assert not await _erased(desk, said.customer_id)
