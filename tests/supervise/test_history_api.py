"""The reports over the API: the same figures and rights as the pages."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert

from app.db import Tx
from app.models.agent import agent_brands
from app.models.organisation import brands
from app.security.api_keys import create_api_key
from app.workers.rollup import roll_up
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
DAY = 86_400_000


@pytest.fixture
async def api(app: FastAPI, desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    """A program with Sam's key."""
    key = await desk.runtime.db.write(create_api_key, desk.agents["sam"], "reports")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport,
        base_url="http://127.0.0.1:8000/api/v1",
        headers={"Authorization": f"Bearer {key}"},
    ) as found:
        yield found


async def test_a_day_of_queues_and_agents(
    api: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    began = ticking.at
    await desk.available("ana")
    await desk.chat()
    ticking.forward(s=30)
    await desk.available("ana")
    await desk.accept("ana")
    await roll_up(desk.runtime.db)
    asked = {"from": began - DAY, "to": began + DAY, "step": "all"}
    [queue] = (await api.get("/reports/queues", params=asked)).raise_for_status().json()
    assert (queue["queue_id"], queue["offered"]) == (desk.queues["general"], 1)
    assert (queue["service_level"], queue["asa_ms"]) == (1.0, 30_000)
    [agent] = (await api.get("/reports/agents", params=asked)).raise_for_status().json()
    assert (agent["agent_id"], agent["accepted"]) == (desk.agents["ana"], 1)
    nobody = {**asked, "queue_id": desk.queues["billing"]}
    assert (await api.get("/reports/queues", params=nobody)).json() == []


async def test_the_figures_of_one_brand_are_those_of_its_own_queues(
    api: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    await desk.chat()
    await roll_up(desk.runtime.db)
    asked: dict[str, Any] = {"from": ticking.at - DAY, "to": ticking.at + DAY, "step": "all"}
    asked["brand_id"] = desk.brand
    assert len((await api.get("/reports/queues", params=asked)).json()) == 1

    def send_sam_elsewhere(tx: Tx) -> int:
        values = {"name": "Books", "slug": "books", "created_at": 1}
        made = tx.execute(insert(brands).values(**values).returning(brands.c.id))
        other = int(made.scalar_one())
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["sam"], brand_id=other))
        return other

    other = await desk.runtime.db.write(send_sam_elsewhere)
    for report in ("queues", "promises"):
        assert (await api.get(f"/reports/{report}", params=asked)).status_code == 404
    assert (await api.get("/reports/queues", params={**asked, "brand_id": other})).json() == []


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"from": 10, "to": 10}, {"to": "not_after_from"}),
        ({"from": 0, "to": 2_000 * DAY, "step": "quarter"}, {"step": "too_fine"}),
        ({"from": 0, "to": DAY, "time_zone": "Moon/Base"}, {"time_zone": "unknown"}),
    ],
)
async def test_what_cannot_be_answered_says_why(
    api: httpx.AsyncClient, asked: dict[str, object], why: dict[str, str]
) -> None:
    for kind in ("queues", "agents"):
        answer = await api.get(f"/reports/{kind}", params=asked)  # type: ignore[arg-type]
        assert answer.status_code == 422
        assert answer.json()["errors"].keys() == why.keys()


async def test_an_agents_key_finds_no_reports(api: httpx.AsyncClient, desk: Desk) -> None:
    key = await desk.runtime.db.write(create_api_key, desk.agents["ana"], "reports")
    answer = await api.get(
        "/reports/queues",
        params={"from": 0, "to": 1},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 404
