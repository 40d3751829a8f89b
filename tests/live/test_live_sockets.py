"""How frames are written: slow clients are closed and hold nobody up, with our protocol class and
with any other server."""

import asyncio
import json

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from httpx2.websockets import ASGIWebSocketTransport
from hypothesis import given
from hypothesis import strategies as st
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame as ReferenceFrame
from websockets.frames import Opcode

from app.live.hub import frame_bytes
from app.live.tickets import AgentPass
from tests.desk import Desk
from tests.fixtures.workers import until
from tests.live.floor import Floor, Page, serving
from tests.live.plain_fragments import register_plain_fragments


@pytest.fixture(params=["FrameProtocol", "websockets-sansio"])
async def any_floor(request: pytest.FixtureRequest, app: FastAPI, desk: Desk):  # type: ignore[no-untyped-def]
    """Served with our protocol class, and with uvicorn's own as a stand-in for other servers."""
    register_plain_fragments(desk.runtime.live.fragments)
    changes = {} if request.param == "FrameProtocol" else {"ws": request.param}
    async with serving(app, desk.runtime.settings, **changes) as port:
        yield Floor(desk, port)


@given(st.binary(max_size=70_000))
def test_a_frame_is_what_the_standard_says(payload: bytes) -> None:
    assert frame_bytes(payload) == ReferenceFrame(Opcode.TEXT, payload).serialize(mask=False)


@pytest.mark.parametrize("size", [125, 126, 127, 65_535, 65_536, 200_000])
def test_a_frames_length_is_written_in_the_form_its_size_asks_for(size: int) -> None:
    payload = b"x" * size
    assert frame_bytes(payload) == ReferenceFrame(Opcode.TEXT, payload).serialize(mask=False)


async def test_a_slow_client_is_closed_with_1013_while_others_go_on(any_floor: Floor) -> None:
    floor = any_floor
    hub = floor.desk.runtime.live.hub
    topic = f"agent:{floor.desk.agents['ana']}"
    quick = await floor.agent("ana")
    ticket = await floor.desk.runtime.live.tickets.issue(AgentPass(await floor.session("ana")))
    url = f"ws://127.0.0.1:{floor.port}/live?ticket={ticket}"
    async with connect(url, proxy=None, compression=None, max_queue=1, ping_interval=None) as slow:
        await (await slow.ping())
        await quick.settled()

        async def both() -> bool:  # the server's side of the greeting
            return sum(1 for _ in hub.sockets(topic)) == 2

        await until(both)
        slow.transport.pause_reading()
        await quick.until(lambda page: page.frames)  # the word that it listens
        quick.frames.clear()
        text, sent = "x" * 50_000, 0
        while hub.too_slow == 0:
            hub.publish(topic, f"{text}{sent}")
            sent += 1
            await quick.until(lambda page, sent=sent: len(page.frames) == sent)
            assert sent < 2_000
        assert sum(1 for _ in hub.sockets(topic)) == 1
        hub.publish(topic, "after")
        await quick.until(lambda page: page.frames[-1] == "after")
        slow.transport.resume_reading()
        with pytest.raises(ConnectionClosed):
            async with asyncio.timeout(10):
                await _read_on(slow)
        assert slow.close_code == 1013
    assert quick.frames[:-1] == [f"{text}{number}" for number in range(sent)]
    await quick.leave()


async def _read_on(socket) -> None:  # type: ignore[no-untyped-def]
    while True:
        await socket.recv()


async def test_a_conversation_is_followed_on_any_server(any_floor: Floor) -> None:
    floor = any_floor
    conversation = await floor.chat()
    agent, visitor = await floor.agent("ana", conversation), await floor.visitor(conversation)
    for number in range(20):
        await floor.desk.chat(f"message {number}", conversation_id=conversation)
    for page in (agent, visitor):
        await page.until(lambda page: page.transcript[-1:] == ["message 19"])
        await page.leave()
    wanted = ["Hello?", *(f"message {number}" for number in range(20))]
    assert visitor.transcript == wanted


async def test_a_conversation_is_followed_without_any_server(app: FastAPI, desk: Desk) -> None:
    register_plain_fragments(desk.runtime.live.fragments)
    floor = Floor(desk, 0)
    conversation = await floor.chat()
    ticket = await desk.runtime.live.tickets.issue(AgentPass(await floor.session("ana")))
    transport = ASGIWebSocketTransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:8000") as client:
        url = f"/live?ticket={ticket}&conversation={conversation}"
        async with client.websocket(url) as socket:
            async with asyncio.timeout(10):
                while "Hello?" not in await socket.receive_text():
                    continue
                await desk.chat("Hello again", conversation_id=conversation)
                while "Hello again" not in await socket.receive_text():
                    continue


async def test_pages_are_told_to_come_back_when_the_server_stops(app: FastAPI, desk: Desk) -> None:
    async with serving(app, desk.runtime.settings) as port:
        pages: list[Page] = [await Floor(desk, port).agent(name) for name in ("ana", "sam")]
        for page in pages:
            await page.settled()
    for page in pages:
        assert await page.closed() == 1012


async def test_what_was_committed_is_pushed_before_the_next_beat(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.transcript)
    await floor.desk.chat("quick", conversation_id=conversation)
    await page.until(lambda page: "quick" in page.transcript)
    kinds = [json.loads(text)["type"] for text in page.frames if text.startswith("{")]
    assert "beat" not in kinds
    await page.leave()
