"""The line is cut again and again: agent and customer end with the same, whole, ordered thread."""

import asyncio
import random
from contextlib import suppress

import pytest
from sqlalchemy import select

from app.models.conversation import messages
from tests.live.flaky_proxy import flaky_proxy
from tests.live.floor import Floor, Page

pytestmark = pytest.mark.engine


async def _texts(floor: Floor, conversation: int, *kinds: str) -> list[str]:
    query = (
        select(messages.c.text)
        .where(messages.c.conversation_id == conversation, messages.c.kind.in_(kinds))
        .order_by(messages.c.seq)
    )
    async with floor.desk.runtime.db.read() as conn:
        return list((await conn.execute(query)).scalars())


async def _talk(floor: Floor, conversation: int, rounds: int) -> None:
    chance = random.Random(7)
    for number in range(rounds):
        kind = chance.choice(("inbound", "outbound", "note"))
        text = f"{kind} {number} 你好 <&>"
        if kind == "inbound":
            await floor.desk.chat(text, conversation_id=conversation)
        else:
            await floor.say("ana", conversation, text, kind)
        await asyncio.sleep(chance.random() * 0.02)


async def test_transcripts_are_whole_and_ordered_whatever_the_line_does(floor: Floor) -> None:
    conversation = await floor.chat()
    async with flaky_proxy(floor.port, seed=11) as proxy:
        agent = await floor.agent("ana", conversation)
        visitor = await floor.visitor(conversation)
        pages: list[Page] = [agent, visitor]
        for page in pages:
            await page.leave()
            page.port = proxy.port
        keeping = [asyncio.create_task(page.stay_connected()) for page in pages]
        await _talk(floor, conversation, 120)
        proxy.flaky = False
        seen_by_agents = await _texts(floor, conversation, "inbound", "outbound", "note", "system")
        seen_by_customer = await _texts(floor, conversation, "inbound", "outbound")
        await agent.until(lambda page: len(page.items) >= len(seen_by_agents))
        await visitor.until(lambda page: len(page.items) >= len(seen_by_customer))
        for task in keeping:
            task.cancel()
        for task in keeping:
            with suppress(asyncio.CancelledError):
                await task
        for page in pages:
            await page.leave()
    assert agent.transcript == seen_by_agents
    assert visitor.transcript == seen_by_customer
    assert "note" not in "".join(visitor.transcript)
    assert proxy.cuts > 20
    assert agent.connections + visitor.connections > 20
