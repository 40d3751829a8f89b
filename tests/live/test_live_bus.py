"""Two processes of one installation, here two runtimes on one database and one real Redis."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import pytest
from redis.asyncio import Redis

from app.events import Event, MessageAdded, SetupChanged
from app.live.bus import open_bus
from app.live.tickets import AgentPass, VisitorPass
from app.main import create_app
from app.settings import Settings
from tests.desk import Desk, make_desk
from tests.live.floor import Floor, serving
from tests.live.plain_fragments import register_plain_fragments

pytestmark = [pytest.mark.redis, pytest.mark.engine]


@pytest.fixture
async def floors(settings: Settings, redis_url: str) -> AsyncIterator[tuple[Floor, Floor]]:
    """The same installation served twice."""
    shared = settings.model_copy(update={"redis_url": redis_url})
    async with AsyncExitStack() as stack:
        found: list[Floor] = []
        for _ in range(2):
            app = create_app(shared)
            await stack.enter_async_context(app.router.lifespan_context(app))
            runtime = app.state.runtime
            register_plain_fragments(runtime.live.fragments)
            desk = Desk(runtime)
            if found:
                first = found[0].desk
                desk.agents, desk.inboxes, desk.queues = first.agents, first.inboxes, first.queues
                desk.brand, desk.keys = first.brand, first.keys
            else:
                desk = await make_desk(runtime)
            port = await stack.enter_async_context(serving(app, shared))
            found.append(Floor(desk, port))
        yield found[0], found[1]


async def test_what_is_committed_in_one_process_is_shown_in_the_other(
    floors: tuple[Floor, Floor],
) -> None:
    here, there = floors
    conversation = await here.chat()
    agent, visitor = await there.agent("ana", conversation), await there.visitor(conversation)
    for page in (agent, visitor):
        await page.until(lambda page: page.transcript)
    for number in range(10):
        await here.desk.chat(f"message {number}", conversation_id=conversation)
    for page in (agent, visitor):
        await page.until(lambda page: page.transcript[-1:] == ["message 9"])
        await page.leave()
    assert visitor.transcript == ["Hello?", *(f"message {number}" for number in range(10))]


async def test_both_processes_show_one_order(floors: tuple[Floor, Floor]) -> None:
    here, there = floors
    conversation = await here.chat()
    pages = [await here.agent("ana", conversation), await there.agent("ben", conversation)]
    there.counter = there.desk.counter = 1_000

    async def talk(floor: Floor) -> None:
        for number in range(20):
            await floor.say("sam", conversation, f"{floor.port} {number}", "note")

    await asyncio.gather(talk(here), talk(there))
    for page in pages:
        await page.until(lambda page: len([t for t in page.transcript if " " in t]) == 40)
        await page.leave()
    assert pages[0].transcript == pages[1].transcript


async def test_a_ticket_of_one_process_opens_a_socket_of_the_other_once(
    floors: tuple[Floor, Floor],
) -> None:
    here, there = (floor.desk.runtime.live.tickets for floor in floors)
    for what in (AgentPass("hash"), VisitorPass(7)):
        ticket = await here.issue(what)
        assert await there.redeem(ticket) == what
        assert await here.redeem(ticket) is None


async def test_typing_is_seen_in_the_other_process(floors: tuple[Floor, Floor]) -> None:
    here, there = floors
    conversation = await here.chat()
    ana, visitor = await here.agent("ana", conversation), await there.visitor(conversation)
    for page in (ana, visitor):
        await page.until(lambda page: page.transcript)
    await ana.send(type="typing", conversation=conversation, on=True)
    await visitor.until(
        lambda page: {"type": "typing", "conversation": conversation, "on": True} in page.data
    )
    await ana.leave()
    await visitor.leave()


async def test_what_was_said_while_redis_was_away_is_made_good(
    floors: tuple[Floor, Floor], redis_url: str
) -> None:
    here, there = floors
    conversation = await here.chat()
    page = await there.agent("ana", conversation)
    await page.until(lambda page: page.transcript)
    async with Redis.from_url(redis_url) as redis:
        await redis.client_kill_filter(_type="pubsub", skipme=True)
    await here.desk.chat("said meanwhile", conversation_id=conversation)
    await page.until(lambda page: "said meanwhile" in page.transcript)
    await page.leave()


async def test_the_bus_carries_ids_in_order_and_says_nothing_to_itself(redis_url: str) -> None:
    heard: dict[str, list[Event]] = {"a": [], "b": []}
    signals: list[object] = []
    arrived = asyncio.Event()
    buses = {name: open_bus(redis_url) for name in heard}

    def hear_as(name: str):  # type: ignore[no-untyped-def]
        def hear(events) -> None:  # type: ignore[no-untyped-def]
            heard[name].extend(events)
            arrived.set()

        return hear

    for name, bus in buses.items():
        await bus.start(hear_as(name), signals.append, lambda: None)
    sent = [MessageAdded(1, seq, seq * 10, "inbound") for seq in range(50)]
    for fact in sent:
        buses["a"].send([fact])
    buses["a"].send([SetupChanged("queue", 3)])
    async with asyncio.timeout(5):
        while len(heard["b"]) < 51:
            arrived.clear()
            await arrived.wait()
    assert heard["b"] == [*sent, SetupChanged("queue", 3)]
    assert heard["a"] == []
    for bus in buses.values():
        await bus.stop()


async def test_a_process_starts_and_serves_without_its_redis(settings: Settings) -> None:
    alone = settings.model_copy(update={"redis_url": "redis://127.0.0.1:1/0"})
    app = create_app(alone)
    async with app.router.lifespan_context(app):
        desk = await make_desk(app.state.runtime)
        assert (await desk.chat()).seq == 1
