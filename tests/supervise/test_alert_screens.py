"""Alerts and the screen on the wall in real browsers: raised, acknowledged by name; stale when the
server is gone, fresh again when it is back."""

import asyncio
import re

import pytest
import uvicorn
from fastapi import FastAPI
from playwright.async_api import Page, expect
from sqlalchemy import insert

from app.actions.alert_rule import RuleForm, save_rule
from app.actions.screen import make_screen
from app.db import Tx
from app.live.server import uvicorn_config
from app.main import create_app
from app.models.organisation import queues
from app.queries.alerts import open_alerts
from app.settings import Settings
from app.workers.alerts import measure_once
from tests.axe import WCAG, barriers, barriers_in_every_look
from tests.desk import Desk, make_desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.shop import Shop
from tests.servers.ports import free_port

pytestmark = pytest.mark.browser
RULE = RuleForm("Line too long", "waiting", None, "above", 1, 0, 600, True, False, "")


async def test_an_alert_is_raised_on_every_supervisors_screen_and_acknowledged_by_name(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    await desk.runtime.db.write(save_rule, await desk.actor("sam"), RULE)
    agent, one = await console("ana"), await console("sam")
    other, history = await console("ada", "/supervise"), await console("ada", "/supervise/alerts")
    await expect(history.locator("#alerts-up")).to_contain_text("All quiet")
    await desk.mail()
    await desk.mail()
    await _measured(desk)
    for page in (one, other):
        banner = page.locator("#notices [role=alert]")
        await expect(banner).to_contain_text("All queues: Waiting above 1, up to 2")
        assert await barriers(page, WCAG) == []
    await expect(agent.locator("#notices")).not_to_contain_text("Waiting above")
    await one.get_by_role("button", name="Acknowledge").click()
    for page in (one, other):
        await expect(page.locator("#notices [role=alert]")).to_have_count(0)
    await expect(history.locator("#alerts-up")).to_contain_text("Sam sees to it")


async def test_the_pages_of_alerts_and_screens_are_accessible_and_fit_a_phone(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    await desk.runtime.db.write(save_rule, await desk.actor("sam"), RULE)
    await desk.mail()
    await desk.mail()
    await _measured(desk)
    page = await console("sam", "/supervise")
    for path in ("/supervise/alerts", "/supervise/screens", "/supervise/agents"):
        await page.goto(shop.url + path)
        assert await barriers_in_every_look(page, (1440, 375), WCAG) == [], path


async def test_a_screen_says_since_when_it_is_stale_and_recovers_by_itself(
    settings: Settings, page: Page
) -> None:
    settings.port = free_port()
    server = _Server(create_app(settings), settings)
    await server.start()
    desk = await make_desk(server.app.state.runtime)
    token = await desk.runtime.db.write(make_screen, await desk.actor("sam"), "Kitchen")
    await page.clock.install()
    await page.goto(f"http://127.0.0.1:{settings.port}/tv/{token}")
    assert await barriers(page, WCAG) == []
    await expect(page.locator("#tile-waiting .tile-value")).to_have_text("0")
    await desk.mail()
    await _let_pass(page, 3)
    await expect(page.locator("#tile-waiting .tile-value")).to_have_text("1")
    await server.stop()
    await _let_pass(page, 14)
    await expect(page.locator("#tv-fresh-words")).to_have_text(re.compile(r"Stale since \d+:\d\d"))
    assert await page.locator("body[data-stale]").count() == 1
    server = _Server(create_app(settings), settings)
    await server.start()
    await _let_pass(page, 4)
    await expect(page.locator("#tv-fresh-words")).to_have_text("Live")
    await expect(page.locator("#tile-waiting .tile-value")).to_have_text("1")
    await server.stop()


@pytest.mark.parametrize("many", [0, 1, 12])
async def test_a_screen_fits_without_scrolling(shop: Shop, page: Page, many: int) -> None:
    desk = shop.desk
    token = await desk.runtime.db.write(make_screen, await desk.actor("sam"), "Hall")
    await desk.runtime.db.write(save_rule, await desk.actor("sam"), RULE)

    def add_queues(tx: Tx) -> None:
        for number in range(many):
            tx.execute(
                insert(queues).values(
                    name=f"Queue {number}", brand_id=desk.brand, created_at=tx.now
                )
            )

    await desk.runtime.db.write(add_queues)
    if many:
        await desk.mail()
        await desk.mail()
        await _measured(desk)
    await page.goto(f"{shop.url}/tv/{token}")
    box = "[document.documentElement.scrollWidth, document.querySelector('main').scrollHeight]"
    for width, height in ((1280, 720), (1920, 1080), (3840, 2160)):
        await page.set_viewport_size({"width": width, "height": height})
        across, down = await page.evaluate(box)
        assert (across <= width, down <= height) == (True, True), width


async def test_a_screen_announces_an_alert_and_not_a_number(shop: Shop, page: Page) -> None:
    desk = shop.desk
    await desk.runtime.db.write(save_rule, await desk.actor("sam"), RULE)
    token = await desk.runtime.db.write(make_screen, await desk.actor("sam"), "Hall")
    await page.goto(f"{shop.url}/tv/{token}")
    await desk.mail()
    await expect(page.locator("#tile-waiting .tile-value")).to_have_text("1")
    await expect(page.locator("#tv-announcer")).to_have_text("")
    await desk.mail()
    await _measured(desk)
    await expect(page.locator("#tv-announcer")).to_contain_text("Waiting above 1")


async def _measured(desk: Desk) -> None:
    """Measure until the alert is up: a measurement may be of the second before."""
    async with asyncio.timeout(10):
        while not await desk.runtime.db.query(open_alerts, await desk.actor("ada")):
            await measure_once(desk.runtime)
            await asyncio.sleep(0.1)


class _Server:
    """The product on its port, to be stopped and started."""

    def __init__(self, app: FastAPI, settings: Settings) -> None:
        self.app = app
        config = uvicorn_config(app, settings)
        config.timeout_graceful_shutdown = 1
        self._server = uvicorn.Server(config)
        self._server.install_signal_handlers = lambda: None  # type: ignore[attr-defined]
        self._task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self._task = asyncio.create_task(self._server._serve())
        while not self._server.started:  # noqa: ASYNC110 - uvicorn has no event for it
            await asyncio.sleep(0.01)

    async def stop(self) -> None:
        self._server.should_exit = True
        assert self._task is not None
        await self._task


async def _let_pass(page: Page, seconds: int) -> None:
    """The browser's clock goes on, second by second, with time for the answers in between."""
    for _ in range(seconds):
        await page.clock.run_for(1_000)
        await asyncio.sleep(0.05)
