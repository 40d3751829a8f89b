"""What customers do elsewhere: taken in once, with whom it belongs to, of the brands one serves."""

from typing import Any

import pytest
from sqlalchemy import func, select

from app.models.activity import activities, order_returns, orders
from app.models.customer import customers
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
BROWSER = "b" * 32
KIM = [{"kind": "email", "value": "kim@example.com"}]


def event(desk: Desk, key: str, **more: Any) -> dict[str, Any]:
    return {"brand_id": desk.brand, "type": "page_view", "key": key, "visitor": BROWSER, **more}


async def count(desk: Desk, table) -> int:  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return int((await conn.execute(select(func.count()).select_from(table))).scalar_one())


async def test_the_same_batch_again_changes_nothing(machine: Machine, desk: Desk) -> None:
    client = await machine("sam")
    batch = [event(desk, f"e{n % 40}", identities=KIM, at=n) for n in range(50)]
    first = await client.post("/events/batch", json=batch)
    assert first.json() == {"stored": 40, "known": 10, "unknown": 0}
    again = await client.post("/events/batch", json=batch)
    assert again.json() == {"stored": 0, "known": 50, "unknown": 0}
    assert (await count(desk, activities), await count(desk, customers)) == (40, 1)


async def test_a_batch_with_a_bad_event_stores_none_of_it(machine: Machine, desk: Desk) -> None:
    client = await machine("sam")
    junk = [{"kind": "user", "value": "undefined"}]
    batch = [event(desk, "e1", identities=KIM), event(desk, "e2", identities=junk)]
    assert (await client.post("/events/batch", json=batch)).status_code == 422
    assert await count(desk, activities) == 0


async def test_a_browser_s_views_become_those_of_who_signs_in(machine: Machine, desk: Desk) -> None:
    client = await machine("sam")
    for key in ("e1", "e2"):
        answer = await client.post("/events", json=event(desk, key, at=1_000))
        assert answer.json() == {"stored": 1, "known": 0, "unknown": 1}
    made = await client.post("/events", json=event(desk, "e3", identities=KIM, type="cart"))
    assert made.json()["unknown"] == 0
    kim = (await client.get("/customers/lookup", params={"value": "kim@example.com"})).json()[0]
    found = (await client.get(f"/customers/{kim['id']}/events")).json()
    assert [one["key"] for one in found] == ["e3", "e2", "e1"]
    await client.post("/events", json=event(desk, "e4"))
    lee = [{"kind": "user", "value": "tea:2"}]
    await client.post("/events", json=event(desk, "e5", identities=lee))
    async with desk.runtime.db.read() as conn:
        nobody = (
            await conn.execute(select(activities.c.key).where(activities.c.customer_id.is_(None)))
        ).scalars()
        assert list(nobody) == ["e4"]  # between two people nobody knows whose it was


async def test_an_order_told_again_is_the_same_order(machine: Machine, desk: Desk) -> None:
    client = await machine("sam")
    order = {
        "brand_id": desk.brand, "external_id": "o1", "number": "7001", "status": "paid",
        "total": 5800, "currency": "EUR", "placed_at": 1_000, "changed_at": 2_000,
        "identities": KIM, "lines": [{"sku": "T1", "quantity": 2, "amount": 5800}],
    }  # fmt: skip
    first = (await client.post("/orders", json=order)).json()
    back = {"external_id": "r1", "at": 3_000, "amount": 2900, "reason": "broken"}
    later = {**order, "status": "shipped", "changed_at": 3_000, "returns": [back]}
    for _ in range(2):
        changed = (await client.post("/orders", json=later)).json()
        assert (changed["id"], changed["status"]) == (first["id"], "shipped")
    stale = (await client.post("/orders", json=order)).json()
    assert stale["status"] == "shipped"
    assert (await count(desk, orders), await count(desk, order_returns)) == (1, 1)
    theirs = (await client.get("/customers/lookup", params={"value": "kim@example.com"})).json()[0][
        "id"
    ]
    listed = (await client.get(f"/customers/{theirs}/orders")).json()
    assert [one["number"] for one in listed] == ["7001"]


async def test_events_and_orders_of_another_brand_are_not_there(
    machine: Machine, desk: Desk, other_brand: int
) -> None:
    sam, sue = await machine("sam"), await machine("sue")
    refused = await sue.post("/events", json=event(desk, "e1", identities=KIM))
    assert refused.status_code == 404
    await sam.post("/events", json=event(desk, "e1", identities=KIM))
    kim = (await desk.mail(email="kim@example.com")).customer_id
    assert (await sue.get(f"/customers/{kim}/events")).status_code == 404
    await sue.post(
        f"/inboxes/{desk.inboxes['coffee']}/contacts",
        json={"external_id": "c1", "email": "kim@example.com", "text": "Coffee?"},
    )
    seen = await sue.get(f"/customers/{kim}/events")
    assert (seen.status_code, seen.json()) == (200, [])
    assert len((await sam.get(f"/customers/{kim}/events")).json()) == 1
