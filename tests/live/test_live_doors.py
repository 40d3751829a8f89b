"""How a socket opens: with a ticket good once, from our own pages; accepted, and closed then."""

import httpx2 as httpx
import pytest
from sqlalchemy import select
from websockets.asyncio.client import connect

from app.live.live import MOST_SOCKETS
from app.live.tickets import AgentPass, MemoryTickets
from app.models.agent import presence, sessions
from app.security.sessions import hash_token
from tests.fixtures.product import Ticking
from tests.live.floor import Floor, Page

pytestmark = pytest.mark.engine


async def _close_code(url: str, **more: object) -> int | None:
    async with connect(url, proxy=None, **more) as socket:  # type: ignore[arg-type]
        await socket.wait_closed()
        return socket.close_code


async def _ticket(floor: Floor, name: str = "ana") -> str:
    issue = floor.desk.runtime.live.tickets.issue
    return await issue(AgentPass(await floor.session(name)))


async def test_a_ticket_is_fetched_by_post_with_the_sessions_token(floor: Floor) -> None:
    token = await floor.desk.sign_in("ana")
    async with floor.desk.runtime.db.read() as conn:
        query = select(sessions.c.csrf).where(sessions.c.hash == hash_token(token))
        csrf = (await conn.execute(query)).scalar_one()
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{floor.port}", cookies={"session": token}, trust_env=False
    ) as browser:
        assert (await browser.post("/live/ticket")).status_code == 403
        assert (await browser.get("/live/ticket")).status_code == 405
        answer = await browser.post("/live/ticket", headers={"X-CSRF-Token": csrf})
        assert answer.status_code == 200
        found = await floor.desk.runtime.live.tickets.redeem(answer.json()["ticket"])
        assert found == AgentPass(hash_token(token))
    async with httpx.AsyncClient(
        base_url=f"http://127.0.0.1:{floor.port}", trust_env=False
    ) as stranger:
        assert (await stranger.post("/live/ticket")).status_code == 401


async def test_a_ticket_opens_one_socket(floor: Floor) -> None:
    url = f"ws://127.0.0.1:{floor.port}/live?ticket={await _ticket(floor)}"
    async with connect(url, proxy=None) as first:
        assert await _close_code(url) == 4401
        await (await first.ping())


@pytest.mark.parametrize("path", ["/live", "/widget/live"])
async def test_without_a_good_ticket_a_socket_is_accepted_and_closed(
    floor: Floor, path: str
) -> None:
    url = f"ws://127.0.0.1:{floor.port}{path}"
    assert await _close_code(url) == 4401
    assert await _close_code(f"{url}?ticket=made-up") == 4401


async def test_an_agents_ticket_does_not_open_a_visitors_socket(floor: Floor) -> None:
    url = f"ws://127.0.0.1:{floor.port}/widget/live?ticket={await _ticket(floor)}"
    assert await _close_code(url) == 4401


async def test_a_page_of_somebody_else_cannot_open_a_socket(floor: Floor) -> None:
    url = f"ws://127.0.0.1:{floor.port}/live?ticket={await _ticket(floor)}"
    assert await _close_code(url, origin="https://evil.example") == 4403
    url = f"ws://127.0.0.1:{floor.port}/live?ticket={await _ticket(floor)}"
    async with connect(url, proxy=None, origin=f"http://127.0.0.1:{floor.port}") as socket:
        await (await socket.ping())


async def test_a_ticket_is_good_for_thirty_seconds(ticking: Ticking) -> None:
    tickets = MemoryTickets()
    early, late = await tickets.issue(AgentPass("a")), await tickets.issue(AgentPass("b"))
    ticking.forward(s=29)
    assert await tickets.redeem(early) == AgentPass("a")
    assert await tickets.redeem(early) is None
    ticking.forward(s=2)
    assert await tickets.redeem(late) is None


async def test_the_oldest_of_too_many_sockets_is_told_it_is_open_elsewhere(floor: Floor) -> None:
    pages: list[Page] = [await floor.agent("ana") for _ in range(MOST_SOCKETS)]
    for page in pages:
        await page.settled()
    last = await floor.agent("ana")
    assert await pages[0].closed() == 4409
    for page in [*pages[1:], last]:
        assert page.close_code is None
        await page.leave()


async def test_who_talks_without_end_is_shown_out(floor: Floor) -> None:
    page = await floor.agent("ana")
    for _ in range(200):
        await page.send(type="seen", conversation=1)
    assert await page.closed() == 1008


async def test_nonsense_is_ignored(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    for message in (
        {"type": "open"},
        {"type": "open", "conversation": "12 or 1=1", "after": -3},
        {"type": "open", "conversation": True},
        {"type": "typing", "conversation": None, "on": "yes"},
        {"type": "watch", "topic": ["board"]},
        {"type": ["open"]},
    ):
        await page.send(**message)
    assert page._socket is not None
    for text in ("", "[]", "{", "null", '"open"'):
        await page._socket.send(text)
    await floor.desk.chat("Hello again", conversation_id=conversation)
    await page.until(lambda page: "Hello again" in page.transcript)
    await page.leave()


async def test_an_agent_with_an_open_page_is_there(floor: Floor, ticking: Ticking) -> None:
    page = await floor.agent("ana")
    await page.settled()
    ticking.forward(s=30)
    await floor.desk.runtime.live.beats.touch_agents()
    async with floor.desk.runtime.db.read() as conn:
        query = select(presence.c.seen_at).where(presence.c.agent_id == floor.desk.agents["ana"])
        assert (await conn.execute(query)).scalar_one() == ticking.at
    await page.leave()
