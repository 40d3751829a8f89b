"""Pause reasons and outcomes: made, ordered, taken out of use, and what names clash."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import Table, select

from app.models.organisation import dispositions, pause_reasons
from app.queries.offers import pause_choices
from tests.desk import Desk
from tests.fixtures.people import SignIn


@pytest.fixture
async def ada(desk: Desk, browser_of: SignIn) -> httpx.AsyncClient:
    """The administrator's browser."""
    return await browser_of("ada")


async def rows(desk: Desk, table: Table) -> list[Any]:
    """All rows, in order."""
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(table).order_by(table.c.position))).all())


async def test_pause_reasons_stand_in_the_agents_menu_in_their_order(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    for name, productive in (("Lunch", {}), ("Training", {"productive": "1"}), ("Break", {})):
        await ada.post("/admin/pause-reasons/new", data={"name": name} | productive)
    await ada.post("/admin/pause-reasons/3/move", data={"direction": "up"})
    await ada.post("/admin/pause-reasons/1/remove")
    shown = await desk.runtime.db.query(pause_choices)
    assert [one.name for one in shown] == ["Break", "Training"]
    kept = {row.name: (row.productive, row.active) for row in await rows(desk, pause_reasons)}
    assert kept == {"Lunch": (False, False), "Training": (True, True), "Break": (False, True)}


async def test_an_outcome_is_named_once_where_it_can_be_chosen(
    desk: Desk, ada: httpx.AsyncClient
) -> None:
    general, billing = (str(id) for id in desk.queues.values())

    async def make(name: str, queue_id: str) -> int:
        data = {"name": name, "queue_id": queue_id}
        return (await ada.post("/admin/dispositions/new", data=data)).status_code

    assert await make("Refunded", general) == 303
    assert await make("refunded", general) == 422
    assert await make("Refunded", billing) == 303
    assert await make("Refunded", "") == 422
    assert await make("Solved", "") == 303
    assert await make("Solved", billing) == 422
    assert await make("Solved", "999") == 422
    names = [(row.name, row.queue_id) for row in await rows(desk, dispositions)]
    assert names == [("Refunded", int(general)), ("Refunded", int(billing)), ("Solved", None)]


@pytest.mark.parametrize("slug", ["pause-reasons", "dispositions"])
async def test_only_administrators_write_them(desk: Desk, browser_of: SignIn, slug: str) -> None:
    for name in ("ana", "sam"):
        browser = await browser_of(name)
        for path in ("", "/new"):
            assert (await browser.get(f"/admin/{slug}{path}")).status_code == 404
