"""Three server processes on one PostgreSQL and one Redis: a crowd arrives, nobody gets too much.

Rocket.Chat shipped the opposite (PR 37776: over capacity with three processes).
"""

import asyncio
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import func, insert, select

from app.db import Tx
from app.migrate import migrate
from app.models.agent import agent_queues, agents, presence
from app.models.contact import contacts, offers
from app.runtime import build_runtime
from app.security.api_keys import create_api_key
from app.settings import Settings
from tests.desk import Desk, make_desk
from tests.servers.postgres import Postgres
from tests.servers.process import running_product

pytestmark = [pytest.mark.postgres, pytest.mark.redis]
ARRIVALS, AGENTS, MOST_CHATS, PROCESSES = 200, 20, 3, 3


def _hire(tx: Tx, desk: Desk) -> list[int]:
    """Twenty agents in the general queue, with room for more than three chats but for the limit."""
    hired = []
    for number in range(AGENTS):
        agent_id = tx.execute(
            insert(agents)
            .values(
                name=f"Agent {number}",
                email=f"agent{number}@tea.example",
                capacity=100,
                max_by_channel={"chat": MOST_CHATS},
                preferences={},
                created_at=tx.now,
            )
            .returning(agents.c.id)
        ).scalar_one()
        tx.execute(
            insert(presence).values(
                agent_id=agent_id, since_at=tx.now, seen_at=tx.now, last_assigned_at=0
            )
        )
        tx.execute(insert(agent_queues).values(agent_id=agent_id, queue_id=desk.queues["general"]))
        hired.append(agent_id)
    return hired


async def test_three_processes_and_a_crowd_never_give_an_agent_too_much(
    tmp_path: Path, postgres: Postgres, redis_url: str
) -> None:
    url = postgres.fresh(migrate)
    settings = Settings(data_dir=tmp_path / "here", database_url=url, secret_key="shared by all")
    runtime = build_runtime(settings)
    desk = await make_desk(runtime)
    hired = await runtime.db.write(_hire, desk)
    key = await runtime.db.write(create_api_key, desk.agents["ada"], "crowd")
    env = {
        "DATABASE_URL": url,
        "REDIS_URL": redis_url,
        "SECRET_KEY": "shared by all",
        "AGENT_TTL_S": "600",
    }
    with ExitStack() as stack:
        products = [
            stack.enter_context(running_product(tmp_path / f"process-{number}", **env))
            for number in range(PROCESSES)
        ]
        clients = [
            httpx.AsyncClient(
                base_url=f"{product.url}/api/v1",
                headers={"Authorization": f"Bearer {key}"},
                timeout=60,
            )
            for product in products
        ]
        try:
            await _sign_in_and_arrive(clients, desk, hired)
            held = await _settled(runtime)
        finally:
            for client in clients:
                await client.aclose()
    await runtime.db.close()
    assert held["most"] == MOST_CHATS
    assert held["given"] == AGENTS * MOST_CHATS
    assert held["waiting"] == ARRIVALS - AGENTS * MOST_CHATS
    assert held["offered_twice"] == []
    assert held["used"] == {2 * MOST_CHATS}


async def _sign_in_and_arrive(
    clients: list[httpx.AsyncClient], desk: Desk, hired: list[int]
) -> None:
    """Agents become available and visitors arrive at all doors at once."""

    async def available(number: int, agent_id: int) -> None:
        answer = await clients[number % PROCESSES].put(
            f"/agents/{agent_id}/presence", json={"state": "available"}
        )
        answer.raise_for_status()

    async def arrive(number: int) -> None:
        answer = await clients[number % PROCESSES].post(
            f"/inboxes/{desk.inboxes['chat']}/contacts",
            json={"external_id": f"crowd-{number}", "user_id": f"u-{number}", "text": "Hello?"},
        )
        answer.raise_for_status()

    await asyncio.gather(
        *(available(number, agent_id) for number, agent_id in enumerate(hired)),
        *(arrive(number) for number in range(ARRIVALS)),
    )


async def _settled(runtime: Any) -> dict[str, Any]:
    """How things stand once every place is taken."""
    live = ("offered", "active")
    async with asyncio.timeout(60):
        while True:
            async with runtime.db.read() as conn:
                rows = (
                    await conn.execute(
                        select(contacts.c.agent_id, func.count())
                        .where(contacts.c.status.in_(live))
                        .group_by(contacts.c.agent_id)
                    )
                ).all()
                if sum(row[1] for row in rows) >= AGENTS * MOST_CHATS:
                    return await _counts(conn, [row[1] for row in rows])
            await asyncio.sleep(0.1)


async def _counts(conn: Any, by_agent: list[int]) -> dict[str, Any]:
    twice = (
        select(offers.c.contact_id)
        .where(offers.c.status == "pending")
        .group_by(offers.c.contact_id)
        .having(func.count() > 1)
    )
    waiting = select(func.count()).select_from(contacts).where(contacts.c.status == "waiting")
    used = select(presence.c.used).where(presence.c.state == "available")
    return {
        "most": max(by_agent),
        "given": sum(by_agent),
        "waiting": (await conn.execute(waiting)).scalar_one(),
        "offered_twice": (await conn.execute(twice)).all(),
        "used": set((await conn.execute(used)).scalars()),
    }
