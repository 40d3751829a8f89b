"""The life of the demo: its agents keep their hands free, whoever writes."""

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select

from app.actions.send_message import Reply, send_message
from app.demo import life as demo_life
from app.demo.company import Company
from app.demo.life import Life
from app.demo.visitor import DemoVisitor
from app.models.contact import contacts
from app.security.api_keys import create_api_key
from tests.desk import Desk
from tests.fixtures.product import Ticking
from tests.fixtures.shop import Shop


@pytest.fixture
async def life(app: FastAPI, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> Life:
    """Ana answers by herself, without thinking."""
    monkeypatch.setattr(demo_life, "THINK_S", (0.0, 0.0))
    return Life("http://127.0.0.1:8000", 0, Company(agent_ids=dict(desk.agents)), {})


async def _works(life: Life, app: FastAPI, desk: Desk) -> None:
    key = await desk.runtime.db.write(create_api_key, desk.agents["ana"], "Demo life")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app),
        base_url="http://127.0.0.1:8000/api/v1",
        headers={"Authorization": f"Bearer {key}"},
    ) as api:
        await life._take(api, desk.agents["ana"])
        await life._serve(api, desk.agents["ana"])


async def _in_hand(desk: Desk) -> int:
    async with desk.runtime.db.read() as conn:
        mine = contacts.c.agent_id == desk.agents["ana"]
        held = select(func.count()).where(mine, contacts.c.status == "active")
        return int((await conn.execute(held)).scalar_one())


async def test_a_letter_is_answered_and_leaves_the_hands(
    life: Life, app: FastAPI, desk: Desk
) -> None:
    await desk.available("ana")
    await desk.mail("Where is my parcel?")
    await desk.route()
    await _works(life, app, desk)
    assert await _in_hand(desk) == 0


async def test_a_visitor_of_the_demo_reads_what_is_answered(shop: Shop) -> None:
    desk = shop.desk
    await desk.available("ana")
    async with DemoVisitor(shop.url, "chat-key", "Kim", "kim@mail.example", "en") as visitor:
        await visitor.say("Is the oolong vegan?")
        await desk.route()
        conversation_id = await desk.accept("ana")
        reply = Reply("All of it.", "an-answer")
        ana = await desk.actor("ana")
        await desk.runtime.db.write(send_message, ana, conversation_id, reply)
        assert await visitor.read_answer(10)


async def test_a_chat_in_which_nobody_writes_any_more_leaves_the_hands(
    life: Life, app: FastAPI, desk: Desk, ticking: Ticking
) -> None:
    await desk.available("ana")
    await desk.chat("My teapot arrived broken")
    await desk.route()
    await _works(life, app, desk)
    assert await _in_hand(desk) == 1
    ticking.forward(s=30)
    await _works(life, app, desk)
    assert await _in_hand(desk) == 1
    ticking.forward(s=250)
    await _works(life, app, desk)
    assert await _in_hand(desk) == 0
