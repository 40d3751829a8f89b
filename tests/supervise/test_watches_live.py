"""Listening in over real sockets: who sees it, and that it ends when the page is gone."""

import asyncio

import pytest
from sqlalchemy import select

from app.actions.watch import watch, whisper
from app.live import watches as live_watches
from app.models.supervision import watches
from tests.live.floor import LONG_S, Floor

pytestmark = pytest.mark.engine


async def _watch(floor: Floor, conversation: int, mode: str) -> None:
    sam = await floor.desk.actor("sam")
    await floor.desk.runtime.db.write(watch, sam, conversation, mode)


async def _open_watches(floor: Floor) -> int:
    async with floor.desk.runtime.db.read() as conn:
        query = select(watches.c.id).where(watches.c.ended_at.is_(None))
        return len((await conn.execute(query)).all())


async def test_the_customer_receives_no_byte_of_a_watch(floor: Floor) -> None:
    conversation = await floor.chat()
    visitor = await floor.visitor(conversation)
    await floor.say("ana", conversation, "Good morning")
    await visitor.until(lambda page: "Good morning" in page.transcript)
    before = list(visitor.frames)
    await _watch(floor, conversation, "monitor")
    supervisor = await floor.agent("sam", conversation)
    await supervisor.until(lambda page: page.transcript)
    await supervisor.send(type="seen", conversation=conversation)
    await supervisor.send(type="typing", conversation=conversation, on=True)
    await _watch(floor, conversation, "whisper")
    sam = await floor.desk.actor("sam")
    await floor.desk.runtime.db.write(whisper, sam, conversation, "Offer tea", "key-whisper")
    await supervisor.until(lambda page: "Offer tea" in page.transcript)
    assert visitor.frames == before
    await floor.say("ana", conversation, "Would you like some tea?")
    await visitor.until(lambda page: "Would you like some tea?" in page.transcript)
    assert "Offer tea" not in "".join(visitor.frames)
    assert "Sam" not in "".join(visitor.frames)
    for page in (visitor, supervisor):
        await page.leave()


async def test_colleagues_do_not_see_a_silent_listener_but_one_who_has_joined(
    floor: Floor,
) -> None:
    conversation = await floor.chat()
    ana = await floor.agent("ana", conversation)
    await ana.until(lambda page: page.transcript)
    await _watch(floor, conversation, "monitor")
    supervisor = await floor.agent("sam", conversation)
    await supervisor.until(lambda page: page.transcript)
    await supervisor.send(type="seen", conversation=conversation)
    await floor.say("ana", conversation, "Hello")
    await supervisor.until(lambda page: "Hello" in page.transcript)
    assert not [frame for frame in ana.frames if "Sam" in frame or '"notices"' in frame]
    await _watch(floor, conversation, "barge")
    await supervisor.open(conversation)
    await ana.until(lambda page: any('"viewers"' in f and "Sam" in f for f in page.frames))
    for page in (ana, supervisor):
        await page.leave()


async def test_a_watch_ends_when_its_page_is_gone_and_lives_while_it_is_there(
    floor: Floor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_watches, "GRACE_S", 0.0)
    conversation = await floor.chat()
    await _watch(floor, conversation, "monitor")
    page = await floor.agent("sam", conversation)
    await page.until(lambda page: page.transcript)
    live = floor.desk.runtime.live
    await live.watches.end_left()
    await live.watches.touch()
    assert await _open_watches(floor) == 1
    await page.leave()
    async with asyncio.timeout(LONG_S):
        while await _open_watches(floor):
            await live.watches.end_left()
            await asyncio.sleep(0.01)
