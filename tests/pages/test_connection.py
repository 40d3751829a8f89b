"""The page's socket in a real browser: what is swapped how, and how it finds back after a loss."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import uvicorn
from fastapi import FastAPI, WebSocket, WebSocketDisconnect
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from playwright.async_api import Page, expect

from app.pages import Pages

pytestmark = pytest.mark.browser
ROOT = Path(__file__).resolve().parents[2]

PAGE = """{% extends "base.html" %}{% block content %}
<section id="thread"><data class="cursor" id="cursor-7" data-conversation="7" value="3"></data>
<ol id="messages"><li id="msg-a" data-seq="1">one</li><li class="day">Today</li>
<li id="msg-c" data-seq="3">three</li></ol></section>
<form id="composer"><textarea id="draft" name="draft"></textarea></form>
<div id="list" hx-get="/list" hx-trigger="live:refetch from:body" hx-swap="innerHTML"></div>
<div id="live" hx-ws:connect="/live" hx-trigger="connect" hx-swap="none" hidden></div>
{% endblock %}"""


class Desk:
    """A server with one page and one socket that does what the test says."""

    def __init__(self, folder: Path) -> None:
        (folder / "thread.html").write_text(PAGE)
        pages = Pages(ROOT / "templates", ROOT / "locale")
        pages.environment("en").loader.searchpath.insert(0, str(folder))  # type: ignore[union-attr]
        self.pages = pages
        self.sockets: list[WebSocket] = []
        self.queries: list[dict[str, str]] = []
        self.heard: list[dict[str, Any]] = []
        self.opened = asyncio.Event()
        self.tickets = 0
        self.lists = 0
        self.url = ""
        self.app = self._app()

    def _app(self) -> FastAPI:
        app = FastAPI()

        @app.get("/")
        def page() -> Response:
            policy = "default-src 'self'; script-src 'self'; style-src 'self'"
            return HTMLResponse(
                self.pages.render("thread.html", csrf_token="t0ken"),
                headers={"Content-Security-Policy": policy},
            )

        @app.get("/list")
        def rows() -> Response:
            self.lists += 1
            return HTMLResponse(f"<p>list {self.lists}</p>")

        @app.post("/live/ticket")
        def ticket() -> Response:
            self.tickets += 1
            return JSONResponse({"ticket": f"t{self.tickets}"})

        @app.get("/static/{version}/{path:path}")
        def static(version: str, path: str) -> Response:
            return FileResponse(ROOT / "static" / path)

        @app.websocket("/live")
        async def live(socket: WebSocket) -> None:
            await socket.accept()
            self.queries.append(dict(socket.query_params))
            self.sockets.append(socket)
            self.opened.set()
            try:
                while True:
                    self.heard.append(json.loads(await socket.receive_text()))
            except WebSocketDisconnect:
                return

        return app

    async def open(self, page: Page) -> None:
        self.opened.clear()
        await page.goto(self.url)
        await asyncio.wait_for(self.opened.wait(), 20)
        await expect(page.locator("#list p")).to_be_visible()

    async def push(self, frame: str) -> None:
        await self.sockets[-1].send_text(frame)

    async def wait_for(self, what: Any) -> None:
        async with asyncio.timeout(20):
            while not what():  # noqa: ASYNC110 - what happens, happens in a browser
                await asyncio.sleep(0.02)


@pytest_asyncio.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Desk]:
    desk = Desk(tmp_path)
    config = uvicorn.Config(
        desk.app, port=0, log_level="error", ws="websockets-sansio", lifespan="off"
    )
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve())
    await desk.wait_for(lambda: server.started)
    port = server.servers[0].sockets[0].getsockname()[1]
    desk.url = f"http://127.0.0.1:{port}/"
    yield desk
    server.should_exit = True
    server.force_exit = True
    await task


def upsert(row: str) -> str:
    return f'<hx-upsert hx-target="#messages" key="data-seq" sort>{row}</hx-upsert>'


async def rows(page: Page) -> list[str]:
    return await page.locator("#messages > li").all_inner_texts()


async def test_a_message_comes_once_and_in_its_place(desk: Desk, page: Page) -> None:
    await desk.open(page)
    two = '<li id="msg-b" data-seq="2">two</li>'
    await desk.push(upsert(two))
    await desk.push(upsert(two))
    await desk.push(upsert('<li id="msg-d" data-seq="10">ten</li>'))
    await expect(page.locator("#msg-d")).to_be_visible()
    assert await rows(page) == ["one", "Today", "two", "three", "ten"]


async def test_a_message_that_is_there_is_replaced_where_it_is(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.push(upsert('<li id="msg-a" data-seq="4">one, read</li>'))
    await expect(page.locator("#msg-a")).to_have_text("one, read")
    assert await rows(page) == ["one, read", "Today", "three"]


async def test_a_fragment_for_what_is_not_shown_does_nothing(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.push('<hx-partial hx-target="#elsewhere" hx-swap="outerHTML"><p>no</p></hx-partial>')
    await desk.push(upsert('<li id="msg-d" data-seq="4">four</li>'))
    await expect(page.locator("#msg-d")).to_be_visible()
    assert await page.get_by_text("no", exact=True).count() == 0


async def test_several_fragments_travel_in_one_frame(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.push(
        upsert('<li id="msg-d" data-seq="4">four</li>')
        + '\n<hx-partial hx-target="#cursor-7" hx-swap="outerHTML">'
        '<data class="cursor" id="cursor-7" data-conversation="7" value="4"></data></hx-partial>'
    )
    await expect(page.locator("#cursor-7")).to_have_attribute("value", "4")
    await expect(page.locator("#msg-d")).to_be_visible()


async def test_a_pushed_morph_keeps_what_is_being_typed(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await page.locator("#draft").fill("Dear Ada")
    await desk.push(
        '<hx-partial hx-target="#composer" hx-swap="outerMorph"><form id="composer" class="late">'
        '<textarea id="draft" name="draft"></textarea></form></hx-partial>'
    )
    await expect(page.locator("#composer")).to_have_class("late")
    assert await page.locator("#draft").input_value() == "Dear Ada"
    assert await page.evaluate("document.activeElement.id") == "draft"


async def test_a_beat_that_is_ahead_asks_for_what_was_lost(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.push(json.dumps({"type": "beat", "seq": {"conversation": 7, "seq": 3}}))
    await desk.push(json.dumps({"type": "beat", "seq": {"conversation": 8, "seq": 99}}))
    await desk.push(json.dumps({"type": "beat", "seq": {"conversation": 7, "seq": 5}}))
    await desk.wait_for(lambda: desk.heard)
    assert desk.heard == [{"type": "open", "conversation": 7, "after": 3}]


async def test_a_lost_socket_comes_back_with_a_new_ticket_and_the_cursor(
    desk: Desk, page: Page
) -> None:
    await desk.open(page)
    assert desk.queries == [{"ticket": "t1", "conversation": "7", "after": "3"}]
    before = desk.lists
    await desk.push(
        '<hx-partial hx-target="#cursor-7" hx-swap="outerHTML">'
        '<data class="cursor" id="cursor-7" data-conversation="7" value="9"></data></hx-partial>'
    )
    await expect(page.locator("#cursor-7")).to_have_attribute("value", "9")
    await desk.sockets[-1].close(1012)
    await desk.wait_for(lambda: len(desk.queries) == 2)
    assert desk.queries[1] == {"ticket": "t2", "conversation": "7", "after": "9"}
    await expect(page.locator("#list p")).to_have_text(f"list {before + 1}")
    await desk.push(upsert('<li id="msg-d" data-seq="9">nine</li>'))
    await expect(page.locator("#msg-d")).to_be_visible()


async def test_a_tab_that_was_replaced_says_so_and_can_take_over(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.sockets[-1].close(4409)
    await expect(page.locator("#connection")).to_contain_text("open in another tab")
    await page.get_by_role("button", name="Use it here").click()
    await desk.wait_for(lambda: len(desk.queries) == 2)


async def test_a_session_that_ended_leads_to_the_sign_in(desk: Desk, page: Page) -> None:
    await desk.open(page)
    await desk.sockets[-1].close(4401)
    await page.wait_for_url("**/sign-in?next=%2F")
