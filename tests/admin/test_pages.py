"""Every page of the set-up opens for administrators, and for nobody else."""

import httpx2 as httpx
import pytest

from app.actions.setup.catalogue import RESOURCES
from tests.desk import Desk
from tests.fixtures.people import SignIn

PAGES = [
    "/admin",
    "/admin/inboxes",
    "/admin/mail",
    "/admin/agents",
    "/admin/agents/invite",
    "/admin/keys",
    "/admin/log",
    "/admin/chat-preview",
    *(f"/admin/{slug}" for slug in RESOURCES),
    *(f"/admin/{slug}/new" for slug in RESOURCES if slug != "agents"),
]


@pytest.mark.parametrize("address", PAGES)
async def test_a_page_opens_for_an_administrator(
    desk: Desk, browser_of: SignIn, address: str
) -> None:
    answer = await (await browser_of("ada")).get(address)
    assert answer.status_code == 200, answer.text
    assert "style=" not in answer.text
    assert "<script>" not in answer.text


@pytest.mark.parametrize("name", ["ana", "sam"])
async def test_the_pages_do_not_exist_for_others(desk: Desk, browser_of: SignIn, name: str) -> None:
    browser = await browser_of(name)
    for address in PAGES:
        assert (await browser.get(address)).status_code == 404
    for address in ("/admin/skills/new", "/admin/agents/1/deactivate", "/admin/keys"):
        assert (await browser.post(address, data={"name": "x"})).status_code == 404


async def test_whoever_is_not_signed_in_is_asked_to(client: httpx.AsyncClient) -> None:
    answer = await client.get("/admin/queues", headers={"Accept": "text/html"})
    assert answer.headers["location"] == "/sign-in?next=/admin/queues"


@pytest.mark.parametrize("address", ["/admin/nothing", "/admin/queues/999", "/admin/queues/x"])
async def test_what_there_is_not_is_not_found(desk: Desk, browser_of: SignIn, address: str) -> None:
    assert (await (await browser_of("ada")).get(address)).status_code == 404
