"""Articles for customers: found, read and answered from for somebody whom the site's own server has
vouched for, and for nobody else who writes in the chat."""

import io
import re

import httpx2 as httpx
import pytest
from PIL import Image
from sqlalchemy import select, update

from app.actions.article_file import add_article_file
from app.actions.erase_customer import erase_customer
from app.models.customer import visitor_sessions
from app.models.organisation import inboxes
from app.security.uploads import check_upload
from app.web.files import keep_checked
from tests.desk import Desk
from tests.fixtures.visitors import SITE_SECRET, Article, Browser, NewBrowser, site_token

pytestmark = pytest.mark.engine
QUESTION = "How do I return a parcel for free?"


@pytest.fixture
async def club(desk: Desk, article: Article, ticking: None) -> int:
    """An article for customers with a picture, at a chat that answers and believes the site."""

    def change(tx):  # type: ignore[no-untyped-def]
        settings = {"identity_secrets": [SITE_SECRET], "answers": "answer"}
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["chat"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)
    await desk.available("ana")
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    stored = keep_checked(desk.runtime, check_upload("a.png", drawn.getvalue(), 100_000))
    ada = await desk.actor("ada")
    url = await desk.runtime.db.write(add_article_file, ada, stored, desk.brand, None)
    body = f"Members print the free return label of their parcel here. ![Label]({url})"
    await article("Which teas are without caffeine?", "Rooibos and all herbal infusions.")
    return await article(QUESTION, body, visibility="customer")


async def _sees(browser: Browser, club: int) -> list[bool]:
    """Whether it is suggested, read by its number, and answered from."""
    suggested = await browser.get("/widget/suggest", key="chat-key", q="return parcel free")
    read = await browser.get(f"/widget/article/{club}")
    answer = await browser.say(QUESTION, name="Kim", email="kim@example.com")
    assert ("free return label" in answer.text) == ("Automatic answer" in answer.text)
    return [QUESTION in suggested.text, read.status_code == 200, "free return" in answer.text]


async def test_whom_the_site_vouches_for_is_answered_from_articles_for_customers(
    desk: Desk, widget: NewBrowser, client: httpx.AsyncClient, club: int
) -> None:
    kim = await widget(identity=site_token())
    assert await _sees(kim, club) == [True, True, True]
    page = await kim.get(f"/widget/article/{club}")
    picture = re.search(r'src="(/help-files/[^"]+)"', page.text)
    assert picture is not None
    shown = await client.get(picture[1])
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "private, no-store")
    bare, _, proof = picture[1].partition("?")
    assert (await client.get(bare)).status_code == 404
    assert (await client.get(f"{bare}?{proof[:-1]}x")).status_code == 404


@pytest.mark.parametrize("identity", ["", site_token("of somebody else"), site_token(exp=1)])
async def test_nobody_else_in_the_chat_finds_them(
    widget: NewBrowser, club: int, identity: str
) -> None:
    await widget(identity=site_token())  # Kim is known
    stranger = await widget(identity=identity)
    assert await _sees(stranger, club) == [False, False, False]
    form = await stranger.client.get("/widget/suggest", params={"key": "form-key", "q": QUESTION})
    assert QUESTION not in form.text


async def test_who_is_erased_reads_them_no_more(desk: Desk, widget: NewBrowser, club: int) -> None:
    kim = await widget(identity=site_token())
    assert (await kim.get(f"/widget/article/{club}")).status_code == 200
    async with desk.runtime.db.read() as conn:
        customer_id = (await conn.execute(select(visitor_sessions.c.customer_id))).scalar_one()
    await desk.runtime.db.write(erase_customer, customer_id, await desk.actor("ada"))
    assert (await kim.get(f"/widget/article/{club}")).status_code >= 400
    suggested = await kim.get("/widget/suggest", key="chat-key", q="return parcel free")
    assert QUESTION not in suggested.text
