"""The help centre of somebody who has signed in to the pages for customers: they read more, no
cache keeps it, and it ends with their session."""

import re

import httpx2 as httpx
import pytest
from sqlalchemy import select, update

from app.actions.erase_customer import erase_customer
from app.actions.merge_customers import merge_customers
from app.actions.unmerge_customers import unmerge_customers
from app.models.consent import portal_sessions
from app.models.organisation import brands
from app.models.party import customer_merges
from tests.desk import Desk
from tests.fixtures.portal import Home, OpenHome, proved
from tests.fixtures.visitors import Article

pytestmark = pytest.mark.engine
TITLE = "Where do members print labels?"
HERE = "/help/tea/en/"
ARTICLE = f"{HERE}where-do-members-print-labels"


@pytest.fixture
async def member(desk: Desk, home: OpenHome, article: Article) -> Home:
    """Kim, signed in, at a brand with an article for customers and one for everybody."""
    await article(TITLE, "In the club's pages.", visibility="customer", category="Club")
    await article("Which labels stick?", "All of them.")
    await desk.mail()
    await proved(desk)
    kim = await home()
    assert (await kim.enter()).status_code == 303
    return kim


async def test_a_signed_in_customer_reads_what_is_for_customers_and_no_cache_keeps_it(
    desk: Desk, member: Home, client: httpx.AsyncClient
) -> None:
    for path in (
        HERE, f"{HERE}?q=print+labels", f"{HERE}?q=labels&category=club", f"{HERE}c/club",
        f"{HERE}-/suggest?q=print", ARTICLE,
    ):  # fmt: skip
        theirs = await member.client.get(path)
        assert theirs.status_code == 200, path
        assert TITLE in re.sub("</?mark>", "", theirs.text), path
        assert "no-store" in theirs.headers["cache-control"], path
        assert "etag" not in theirs.headers, path
        stranger = await client.get(path)
        assert "members" not in stranger.text, path
    stranger = await client.get(HERE)
    assert stranger.headers["vary"] == "Cookie"
    assert "Customers see more: sign in" in stranger.text
    lost = [
        (await client.get(path, headers={"accept": "text/html"})).text.replace(path, "")
        for path in (ARTICLE, f"{ARTICLE}-x")
    ]
    assert "Some answers are for customers only" in lost[0]
    assert lost[0] == lost[1], "what is for customers is answered like what is not there"
    for path in ("/help/tea/sitemap-1.xml", f"{HERE}-/feed.xml"):
        assert "members" not in (await member.client.get(path)).text


async def test_a_customer_says_whether_it_helped(member: Home, client: httpx.AsyncClient) -> None:
    page = await member.client.get(ARTICLE)
    form = re.search(r'action="(/widget/articles/[^"]+)"', page.text)
    assert form is not None
    vote = form[1]
    answer = await member.client.post(vote, data={"answer": "yes"})
    assert (answer.status_code, answer.headers["location"]) == (303, f"{ARTICLE}?thanks=1#helpful")
    assert (await client.post(vote, data={"answer": "yes"})).status_code == 404


async def test_it_ends_with_the_session_and_with_the_brand_s_pages(
    desk: Desk, member: Home, home: OpenHome
) -> None:
    async def switch(on: bool) -> None:
        await desk.runtime.db.write(lambda tx: tx.execute(update(brands).values(portal=on)))

    await switch(False)
    assert (await member.client.get(ARTICLE)).status_code == 404
    assert "sign in" not in (await member.client.get(HERE)).text
    await switch(True)
    assert (await member.client.get(ARTICLE)).status_code == 200
    await member.post("out")
    assert (await member.client.get(ARTICLE)).status_code == 404


async def test_it_outlives_a_merge_and_ends_when_the_merge_is_undone(
    desk: Desk, member: Home, home: OpenHome
) -> None:
    ada, write = await desk.actor("ada"), desk.runtime.db.write
    other = (await desk.mail("Hello", email="kim@work.example")).customer_id
    kim = await _number(desk)
    await write(merge_customers, ada, kim, other, keep=other)
    assert (await member.client.get(ARTICLE)).status_code == 200
    async with desk.runtime.db.read() as conn:
        merge_id = (await conn.execute(select(customer_merges.c.id))).scalar_one()
    await write(unmerge_customers, ada, merge_id)
    assert (await member.client.get(ARTICLE)).status_code == 404  # whose session was it?
    assert (await member.enter()).status_code == 303
    assert (await member.client.get(ARTICLE)).status_code == 200


async def test_it_ends_with_the_customer_s_erasure(desk: Desk, member: Home) -> None:
    kim = await _number(desk)
    await desk.runtime.db.write(erase_customer, kim, await desk.actor("ada"))
    assert (await member.client.get(ARTICLE)).status_code == 404
    assert "members" not in (await member.client.get(f"{HERE}?q=print+labels")).text


async def _number(desk: Desk) -> int:
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(select(portal_sessions.c.customer_id).distinct())
        return int(found.scalar_one())
