"""Two customers side by side in the console and over the API: suggested, merged, led on, undone."""

import httpx2 as httpx
import pytest
from sqlalchemy import select, update

from app.actions.customer import edit_customer, find_or_create_customer
from app.actions.doubts import suspect_all
from app.models.customer import customers
from app.models.party import access_log
from app.queries.duplicates import find_duplicates
from channels.values import Identity
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


@pytest.fixture
async def two(desk: Desk) -> tuple[int, int]:
    """Kim by mail and by phone."""
    kim = (await desk.mail(email="kim@example.com", name="Kim Doe")).customer_id
    other = await desk.runtime.db.write(
        find_or_create_customer, [Identity("phone", "+442079460018")], "Doe, Kim"
    )
    for each in (kim, other):
        await desk.runtime.db.write(edit_customer, each, {"company": "Tea Ltd"})
    await desk.runtime.db.write(edit_customer, other, {"name": "DOE Kim"})
    found = await desk.runtime.db.query(find_duplicates)
    await desk.runtime.db.write(suspect_all, found)
    return kim, other


async def test_a_machine_merges_and_takes_it_back(
    machine: Machine, two: tuple[int, int], desk: Desk
) -> None:
    client = await machine("sam")
    kim, other = two
    suggested = (await client.get(f"/customers/{kim}/duplicates")).json()
    assert [(one["id"], one["reasons"]) for one in suggested] == [(other, ["same_name_company"])]
    answer = await client.post(f"/customers/{kim}/merges", json={"with_id": other})
    assert (answer.status_code, answer.json()["id"]) == (201, kim)
    assert {one["kind"] for one in answer.json()["identities"]} == {"email", "phone"}
    led = await client.get(f"/customers/{other}")
    assert (led.status_code, led.headers["location"]) == (301, f"/api/v1/customers/{kim}")
    begun = await client.post(
        "/conversations",
        json={
            "inbox_id": desk.inboxes["email"],
            "customer_id": other,
            "subject": "Hi",
            "text": "Hello",
        },
    )
    assert begun.json()["customer_id"] == kim
    changed = await client.patch(f"/customers/{other}", json={"company": "Tea & Co"})
    assert changed.json()["id"] == kim
    merges = (await client.get(f"/customers/{kim}/merges")).json()
    path = f"/customers/{kim}/merges/{merges[0]['id']}"
    for _ in range(2):
        undone = await client.delete(path)
        assert (undone.status_code, undone.json()["id"]) == (200, other)
    assert (await client.get(f"/customers/{other}")).json()["phone"] == "+442079460018"


@pytest.mark.parametrize(
    ("kind", "value", "asked"),
    [
        ("email", "kim@example.com", "KIM@Example.com"),
        ("phone", "+8613800138000", "138 0013 8000"),
        ("user", "tea:42", "tea:42"),
        ("external", "crm:42", "crm : 42"),
        ("card", "471142", "47 11-42"),
        ("oidc", "https://id.example|42", "https://id.example|42"),
        ("wechat", "oABC-42", "oABC-42"),
        ("visitor", "v" * 32, "v" * 32),
    ],
)
async def test_somebody_is_found_by_each_kind_of_identity(
    machine: Machine, desk: Desk, kind: str, value: str, asked: str
) -> None:
    client = await machine("sam")
    made = await client.post(
        "/customers", json={"name": "Kim", "identities": [{"kind": kind, "value": value}]}
    )
    assert made.status_code == 201, made.text
    found = await client.get(
        "/customers/lookup", params={"kind": kind, "value": asked, "region": "CN"}
    )
    assert [one["id"] for one in found.json()] == [made.json()["id"]]
    junk = await client.get("/customers/lookup", params={"kind": kind, "value": "undefined"})
    assert junk.status_code == 422


async def test_sources_that_disagree_overwrite_nothing(desk: Desk, two: tuple[int, int]) -> None:
    from app.actions.customer_field import learn_field

    kim = two[0]
    write = desk.runtime.db.write
    assert await write(learn_field, kim, "company", "Other Ltd", "list") == "earlier"
    assert await write(learn_field, kim, "birthday", "1990-05-17", "list") == "used"
    assert await write(learn_field, kim, "birthday", "1991-01-01", "fair") == "conflict"
    assert await write(learn_field, kim, "birthday", "1990-05-18", "list") == "used"
    assert await write(learn_field, kim, "birthday", "1992-02-02", "crm", verified=True) == "used"
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(customers).where(customers.c.id == kim))).one()
    assert (row.company, row.birthday) == ("Tea Ltd", "1992-02-02")


async def test_an_agent_merges_beside_each_other_and_undoes_it(
    supervisor: httpx.AsyncClient, two: tuple[int, int], desk: Desk
) -> None:
    kim, other = two
    shown = await supervisor.get("/customers/duplicates")
    assert f"/customers/{kim}/merge?with={other}" in shown.text
    page = await supervisor.get(f"/customers/{kim}/merge?with={other}")
    assert "DOE Kim" in page.text
    assert "Kim Doe" in page.text
    answer = await supervisor.post(
        f"/customers/{kim}/merge", data={"with": other, "keep": kim, "name": other}
    )
    assert answer.headers["location"] == f"/customers/{kim}?merged=1"
    led = await supervisor.get(f"/customers/{other}")
    assert (led.status_code, led.headers["location"]) == (301, f"/customers/{kim}")
    page = await supervisor.get(f"/customers/{kim}")
    assert 'value="DOE Kim"' in page.text
    undo = f"/customers/{kim}/merges/1/undo"
    assert undo in page.text
    assert (await supervisor.post(undo)).status_code == 303
    assert 'value="Kim Doe"' in (await supervisor.get(f"/customers/{kim}")).text
    async with desk.runtime.db.read() as conn:
        done = (await conn.execute(select(access_log.c.action))).scalars().all()
    assert [one for one in done if one != "viewed"] == ["merged", "unmerged"]


@pytest.mark.parametrize("log", ["access_log", "audit"])
async def test_nobody_rewrites_the_logs(desk: Desk, log: str, two: tuple[int, int]) -> None:
    from sqlalchemy import delete, insert, text
    from sqlalchemy.exc import DBAPIError

    from app.models import metadata

    table = metadata.tables[log]

    def note(tx):  # type: ignore[no-untyped-def]
        tx.execute(insert(table).values(at=tx.now, action="viewed", detail={}))

    await desk.runtime.db.write(note)
    for change in (update(table).values(at=1), delete(table)):
        with pytest.raises(DBAPIError):
            await desk.runtime.db.write(lambda tx, change=change: tx.execute(change))
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(text(f"SELECT count(*) FROM {log}"))).scalar_one() > 0


async def test_people_belong_to_an_organisation(
    supervisor: httpx.AsyncClient, machine: Machine, desk: Desk, two: tuple[int, int]
) -> None:
    kim = two[0]
    house = (await desk.mail(email="office@tea.example", name="Tea Ltd")).customer_id
    client = await machine("sam")
    refused = await client.put(f"/customers/{house}/people/{kim}", json={"role": "Buyer"})
    assert refused.status_code == 422
    await client.patch(f"/customers/{house}", json={"kind": "organisation", "party": "press"})
    await client.put(f"/customers/{house}/people/{kim}", json={"role": "Buyer"})
    people = (await client.put(f"/customers/{house}/people/{kim}", json={"role": "Chief"})).json()
    assert [(one["id"], one["role"]) for one in people] == [(kim, "Chief")]
    page = await supervisor.get(f"/customers/{house}")
    assert "Chief" in page.text
    assert "Press" in page.text
    theirs = (await client.get(f"/customers/{kim}/organisations")).json()
    assert [one["id"] for one in theirs] == [house]
    assert (await client.delete(f"/customers/{house}/people/{kim}")).status_code == 204
    assert (await client.delete(f"/customers/{house}/people/{kim}")).status_code == 404
