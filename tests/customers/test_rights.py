"""Consent at any moment, everything of a person as an archive, who looked, and who may do so."""

import io
import json
import zipfile

import httpx2 as httpx
import pytest
from sqlalchemy import delete, insert, select, text
from sqlalchemy.exc import DBAPIError

from app.actions.attach import attach_files
from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.merge_customers import merge_customers
from app.models import metadata
from app.models.consent import legal_holds
from app.models.customer import customers
from app.models.party import access_log
from app.queries.consents import granted_at
from app.queries.person_export import INTERNAL, person_data, theirs
from channels.values import Identity
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


async def test_the_latest_word_that_covers_a_case_counts_at_every_moment(
    machine: Machine, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    client = await machine("ada")
    said = [
        {"status": "granted", "channel": "email", "at": 1_000},
        {"status": "revoked", "at": 2_000},  # on every channel
        {"status": "granted", "channel": "email", "at": 3_000, "expires_at": 4_000},
    ]
    for each in said:
        made = await client.post(f"/customers/{kim}/consents", json={"purpose": "news", **each})
        assert made.status_code == 201, made.text
    answers = {}
    for at in (999, 1_000, 1_999, 2_000, 3_000, 3_999, 4_000):
        asked: dict[str, str | int] = {"brand_id": desk.brand, "channel": "email", "at": at}
        found = await client.get(f"/customers/{kim}/consent", params={"purpose": "news", **asked})
        answers[at] = found.json()["granted"]
    assert answers == {
        999: False, 1_000: True, 1_999: True, 2_000: False, 3_000: True, 3_999: True, 4_000: False,
    }  # fmt: skip
    other = await client.get(
        f"/customers/{kim}/consent", params={"brand_id": desk.brand, "channel": "email"}
    )
    assert other.json() == {"granted": False}
    by_then = (await client.get(f"/customers/{kim}/consents", params={"at": 2_500})).json()
    assert [one["status"] for one in by_then] == ["revoked", "granted"]


async def test_after_a_merge_the_stricter_word_counts(machine: Machine, desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    other = await desk.runtime.db.write(
        find_or_create_customer, [Identity("phone", "+442079460018")]
    )
    client = await machine("ada")
    for one, status, at in ((kim, "granted", 2_000), (other, "denied", 1_000)):
        body = {"purpose": "news", "channel": "email", "status": status, "at": at}
        await client.post(f"/customers/{one}/consents", json=body)
    await desk.runtime.db.write(merge_customers, await desk.actor("ada"), kim, other)
    for each in (kim, other):
        assert not await desk.runtime.db.query(
            granted_at, each, "news", "email", desk.brand, 9_000_000_000_000
        )


@pytest.mark.parametrize(
    "wrong",
    [
        {"at": 9_000_000_000_000},
        {"expires_at": 1, "at": 2},
        {"text_id": 77},
        {"status": "perhaps"},
        {"purpose": "No Words"},
    ],
)
async def test_a_word_that_cannot_be_is_refused(
    machine: Machine, desk: Desk, wrong: dict[str, object]
) -> None:
    kim = (await desk.mail()).customer_id
    body = {"purpose": "news", "status": "granted", **wrong}
    answer = await (await machine("ada")).post(f"/customers/{kim}/consents", json=body)
    assert answer.status_code == 422


def archive(answer: httpx.Response) -> zipfile.ZipFile:
    assert answer.status_code == 200, answer.text
    return zipfile.ZipFile(io.BytesIO(answer.content))


async def test_an_export_has_every_row_files_and_aliases(machine: Machine, desk: Desk) -> None:
    kim = await desk.mail("=cmd|' /C calc'!A0")
    other = await desk.runtime.db.write(
        find_or_create_customer, [Identity("phone", "+442079460018")], "Kim D."
    )
    stranger = await desk.mail("Not theirs", email="lee@example.com")
    stored = desk.runtime.files.keep(b"a photo", "../../photo.txt", "text/plain")
    await desk.runtime.db.write(attach_files, [stored], message_id=kim.message_id)
    await desk.runtime.db.write(merge_customers, await desk.actor("ada"), kim.customer_id, other)
    client = await machine("sam")
    found = archive(await client.get(f"/customers/{other}/export"))
    data = json.loads(found.read("data.json"))["tables"]
    assert {row["id"] for row in data["customers"]} == {kim.customer_id, other}
    assert [row["text"] for row in data["messages"]] == ["=cmd|' /C calc'!A0"]
    assert {row["kind"] for row in data["identities"]} == {"email", "phone"}
    assert stranger.conversation_id not in {row["id"] for row in data["conversations"]}
    assert "'=cmd" in found.read("tables/messages.csv").decode("utf-8-sig")
    files = [name for name in found.namelist() if name.startswith("files/")]
    assert len(files) == 1
    assert ".." not in files[0]
    assert found.read(files[0]) == b"a photo"
    looked = (await client.get(f"/customers/{kim.customer_id}/access")).json()
    assert [one["action"] for one in looked] == ["exported", "merged"]
    assert (looked[0]["actor"], looked[0]["agent"]) == ("api", "Sam")


async def test_a_table_that_names_a_customer_is_exported_or_left_out_with_a_reason(
    desk: Desk,
) -> None:
    kim = (await desk.mail()).customer_id
    tables = (await desk.runtime.db.query(person_data, kim)).tables
    of_people = {
        table.name
        for table in metadata.tables.values()
        if any(key.column.table is customers for key in table.foreign_keys)
    }
    assert of_people - tables.keys() <= INTERNAL.keys()
    known = {name for name, table in metadata.tables.items() if theirs(table, [1]) is not None}
    assert INTERNAL.keys() <= known


async def test_only_supervisors_export_and_only_administrators_erase(
    machine: Machine, desk: Desk
) -> None:
    kim = (await desk.mail()).customer_id
    for name in ("ana", "sam"):
        answer = await (await machine(name)).post(f"/customers/{kim}/erase")
        assert answer.status_code == 404
    assert (await (await machine("ana")).get(f"/customers/{kim}/export")).status_code == 404
    assert (await (await machine("ana")).get(f"/customers/{kim}/access")).status_code == 404
    ada = await machine("ada")
    hold = {"customer_id": kim, "reason": "Court", "since_at": 1}
    await desk.runtime.db.write(lambda tx: tx.execute(insert(legal_holds).values(**hold)))
    held = await ada.post(f"/customers/{kim}/erase")
    assert (held.status_code, held.json()["code"]) == (409, "legal_hold")
    await desk.runtime.db.write(lambda tx: tx.execute(delete(legal_holds)))
    assert (await ada.post(f"/customers/{kim}/erase")).status_code == 200
    assert (await ada.get(f"/customers/{kim}")).status_code == 404
    assert (await ada.post(f"/customers/{kim}/erase")).status_code == 404


async def test_nobody_edits_the_log(desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    await desk.runtime.db.write(edit_customer, kim, {"name": "Kim"})
    ada = await desk.actor("ada")
    other = await desk.runtime.db.write(
        find_or_create_customer, [Identity("phone", "+442079460018")]
    )
    await desk.runtime.db.write(merge_customers, ada, kim, other)
    for statement in ("UPDATE access_log SET agent_id = 1", "DELETE FROM access_log"):
        with pytest.raises(DBAPIError):
            await desk.runtime.db.write(lambda tx, said: tx.execute(text(said)), statement)
    rows = await desk.runtime.db.query(lambda conn: conn.execute(select(access_log)).all())
    assert len(rows) == 1
