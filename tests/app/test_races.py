"""Writes that meet: on PostgreSQL they run side by side, on SQLite one after the other."""

import asyncio

import pytest
from sqlalchemy import func, select

from app.actions.offer import route
from app.models.agent import presence
from app.models.contact import offers
from app.models.customer import customers
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def test_ten_first_messages_at_once_are_one_customer(desk: Desk) -> None:
    received = await asyncio.gather(*(desk.mail(email="kim@example.com") for _ in range(10)))
    assert len({item.customer_id for item in received}) == 1
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(func.count()).select_from(customers))).scalar() == 1


async def test_settlements_at_once_never_take_more_than_an_agent_has(desk: Desk) -> None:
    await desk.available("ana", "ben")
    for number in range(12):
        await desk.chat(visitor=f"visitor-{number}")
    await asyncio.gather(*(desk.runtime.db.write(route) for _ in range(6)))
    async with desk.runtime.db.read() as conn:
        used = (await conn.execute(select(presence.c.used))).scalars().all()
        twice = await conn.execute(
            select(offers.c.contact_id)
            .where(offers.c.status == "pending")
            .group_by(offers.c.contact_id)
            .having(func.count() > 1)
        )
        assert twice.all() == []
    assert max(used) == 6
