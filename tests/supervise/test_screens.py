"""Screens on the wall: who has the address reads, and nothing else; who has it no more does not."""

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select

from app.actions.screen import make_screen, revoke_screen
from app.db import Tx
from app.models.agent import agent_brands
from app.models.organisation import brands, queues
from app.models.supervision import screens
from app.queries.screens import screen_rows
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def _screen(desk: Desk, name: str = "sam") -> str:
    return await desk.runtime.db.write(make_screen, await desk.actor(name), "Kitchen")


async def test_the_address_shows_the_board_to_whoever_has_it(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    token = await _screen(desk)
    await desk.mail()
    page = await client.get(f"/tv/{token}")
    assert (page.status_code, "General" in page.text) == (200, True)
    assert page.headers["cache-control"] == "no-store"
    part = await client.get(f"/tv/{token}/board")
    assert part.text.lstrip().startswith('<div id="tv-board"')


async def test_a_screen_names_no_customer_and_offers_nothing_to_press(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    token = await _screen(desk)
    await desk.available("ana")
    await desk.mail()
    await desk.accept("ana")
    page = (await client.get(f"/tv/{token}")).text
    for absent in ("Kim Doe", "<a ", "<button", "<form", "csrf"):
        assert absent not in page


async def test_a_token_opens_nothing_but_its_screen(client: httpx.AsyncClient, desk: Desk) -> None:
    token = await _screen(desk)
    client.cookies.set("session", token)
    assert (await client.get("/supervise")).status_code in (303, 401)
    assert (await client.post(f"/tv/{token}")).status_code == 405


async def test_the_token_itself_is_not_kept(desk: Desk) -> None:
    token = await _screen(desk)
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(screens))).one()
    assert token not in str(row)


async def test_a_screen_that_was_revoked_shows_nothing(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    token = await _screen(desk)
    sam = await desk.actor("sam")
    (row,) = await desk.runtime.db.query(screen_rows, sam)
    await desk.runtime.db.write(revoke_screen, sam, row.id)
    await desk.runtime.db.write(revoke_screen, sam, row.id)
    assert (await client.get(f"/tv/{token}")).status_code == 404
    assert (await client.get(f"/tv/{token}/board")).status_code == 404
    assert (await client.get("/tv/guess")).status_code == 404


async def test_a_screen_shows_the_queues_of_its_makers_brands_alone(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    def divide(tx: Tx) -> None:
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=tx.now)
            .returning(brands.c.id)
        ).scalar_one()  # fmt: skip
        tx.execute(insert(queues).values(name="Secret", brand_id=other, created_at=tx.now))
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["sam"], brand_id=desk.brand))

    await desk.runtime.db.write(divide)
    own, all_of_them = await _screen(desk), await _screen(desk, "ada")
    assert "Secret" not in (await client.get(f"/tv/{own}")).text
    assert "Secret" in (await client.get(f"/tv/{all_of_them}")).text
    assert len(await desk.runtime.db.query(screen_rows, await desk.actor("sam"))) == 1
    assert len(await desk.runtime.db.query(screen_rows, await desk.actor("ada"))) == 2


async def test_the_page_of_screens_shows_an_address_once(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    made = await supervisor.post("/supervise/screens", data={"name": "Kitchen"})
    assert "/tv/" in made.text
    page = (await supervisor.get("/supervise/screens")).text
    assert "Kitchen" in page
    assert "/tv/" not in page
    assert (await supervisor.post("/supervise/screens", data={"name": " "})).status_code == 422


async def test_who_is_signed_in_shows_the_screen_without_a_token(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    page = (await supervisor.get("/supervise?tv=1")).text
    assert 'data-source="/supervise/tv-board"' in page
    assert (await supervisor.get("/supervise/tv-board")).status_code == 200


async def test_ten_screens_in_the_same_second_read_the_board_once(
    client: httpx.AsyncClient, desk: Desk, ticking, monkeypatch
) -> None:
    token = await _screen(desk)
    await client.get(f"/tv/{token}/board")

    def read(*_: object) -> None:
        raise AssertionError("it was read again")

    monkeypatch.setattr(desk.runtime.board, "read", read)
    assert (await client.get(f"/tv/{token}/board")).status_code == 200
