"""The words of consents: versions that stay, what each consent was given for, who may say so."""

from typing import Any

import pytest
from sqlalchemy import select

from app.actions.consent_text import write_consent_text
from app.models.consent import consent_texts, consents
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
WORDS = {"purpose": "marketing", "channel": "email", "brand": "", "locale": "en"}


async def rows(desk: Desk, table: Any) -> list[Any]:
    return list(await desk.runtime.db.query(lambda conn: conn.execute(select(table)).all()))


async def test_a_wording_never_changes_and_a_consent_keeps_its_version(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    ada, ana = await browser_of("ada"), await browser_of("ana")
    first = {**WORDS, "text": "May we write to you about <new> tea?"}
    seen = await ada.post("/admin/consents", data={**first, "do": "preview"})
    assert "about &lt;new&gt; tea?" in seen.text
    assert await rows(desk, consent_texts) == []
    for _ in range(2):  # the same once more is no new version
        assert (await ada.post("/admin/consents", data=first)).status_code == 303
    (text,) = await rows(desk, consent_texts)
    read = (await ana.get(f"/customers/{kim}/consents")).text
    assert "about &lt;new&gt; tea?" in read
    said = {"purpose": "marketing", "channel": "email", "text": str(text.id), "status": "granted"}
    assert (await ana.post(f"/customers/{kim}/consents", data=said)).status_code == 303
    newer = {**first, "text": "May we write to you twice a month?"}
    assert (await ada.post("/admin/consents", data=newer)).status_code == 303
    (given,) = await rows(desk, consents)
    assert (given.text_id, given.agent_id) == (text.id, desk.agents["ana"])
    versions = [(row.version, row.text) for row in await rows(desk, consent_texts)]
    assert versions == [(1, first["text"]), (2, newer["text"])]
    page = (await ada.get("/admin/consents")).text
    assert "agreed to once" in page
    assert "100 %" in page
    again = (await ada.get("/admin/consents", params={"of": text.id})).text
    assert "about &lt;new&gt; tea?</textarea>" in again.replace("\n", "")
    read = (await ana.get(f"/customers/{kim}/consents")).text
    assert "twice a month" in read
    assert "Version 1" in read  # of what was said
    withdrawn = {**said, "status": "revoked"}
    assert (await ana.post(f"/customers/{kim}/consents", data=withdrawn)).status_code == 303
    assert "0 %" in (await ada.get("/admin/consents")).text


async def test_words_for_another_purpose_or_brand_cannot_be_agreed_to(
    machine: Machine, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    ada = await desk.actor("ada")
    of_brand = (await desk.runtime.db.write(
        write_consent_text, ada, "surveys", "", desk.brand, "en", "May we ask how it was?"
    ))  # fmt: skip
    client = await machine("ana")
    at = f"/customers/{kim}/consents"
    said = {"purpose": "surveys", "status": "granted", "text_id": of_brand, "brand_id": desk.brand}
    for wrong in ({"purpose": "marketing"}, {"brand_id": None}, {"text_id": of_brand + 1}):
        assert (await client.post(at, json={**said, **wrong})).status_code == 422
    assert (await client.post(at, json=said)).json()["text_id"] == of_brand


async def test_only_administrators_write_the_words(browser_of: SignIn, desk: Desk) -> None:
    sam, ada = await browser_of("sam"), await browser_of("ada")
    assert (await sam.get("/admin/consents")).status_code == 404
    assert (await sam.post("/admin/consents", data={**WORDS, "text": "x"})).status_code == 404
    wrong = {"purpose": "New mails", "channel": "fax", "locale": "xx", "text": " "}
    refused = await ada.post("/admin/consents", data=wrong)
    assert refused.status_code == 422
    assert "small letters" in refused.text
    unknown = await ada.post("/admin/consents", data={**WORDS, "text": "x", "brand": "999"})
    assert unknown.status_code == 422
    assert await rows(desk, consent_texts) == []
