"""No public door ever shows an article that is not for everybody: not by search, suggestion,
answer, sitemap, feed, id, address, cache, and not in the moment after it was made internal."""

import io
from dataclasses import dataclass, field

import httpx2 as httpx
import pytest
from PIL import Image
from sqlalchemy import insert, select, update

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_file import add_article_file
from app.actions.article_publish import archive_article, publish_article
from app.db import Tx
from app.models.knowledge import article_redirects, articles
from app.security.uploads import check_upload
from app.web.files import keep_checked
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.visitors import Browser, NewBrowser

pytestmark = pytest.mark.engine
SECRET = "Xanadu"  # the word that no reader may see; what they ask for is Zanzibar
QUESTIONS = ("Zanzibar", "the Zanzibar rule", "zanzib", "rule about parcels", "parcels")


async def _write(desk: Desk, visibility: str, brand: int, *, publish: bool, extra: str = "") -> int:
    ada, db = await desk.actor("ada"), desk.runtime.db
    title = f"The Zanzibar rule of {SECRET} {extra}{visibility}"
    body = f"A rule about parcels to Zanzibar: {SECRET} pays."
    text = ArticleText(title, body, [f"Zanzibar and {SECRET} again"])
    zh = ArticleText(f"Zanzibar {SECRET} 规则", f"包裹 {SECRET}")
    draft = ArticleDraft({"en": text, "zh_Hans": zh}, f"{SECRET} things", visibility)
    article_id = await db.write(save_article, ada, brand, draft)
    if publish:
        await db.write(publish_article, ada, article_id)
    return article_id


@pytest.fixture
async def hidden(desk: Desk, other_brand: int) -> list[int]:
    """One article of every kind that readers of Tea & Things must not see."""
    found = [
        await _write(desk, "internal", desk.brand, publish=True),
        await _write(desk, "customer", desk.brand, publish=True),
        await _write(desk, "public", desk.brand, publish=False, extra="draft "),
        await _write(desk, "public", other_brand, publish=True, extra="elsewhere "),
    ]
    gone = await _write(desk, "public", desk.brand, publish=True, extra="archived ")
    await desk.runtime.db.write(archive_article, await desk.actor("ada"), gone)
    found.append(gone)

    def move(tx: Tx) -> None:  # addresses they had before
        for article_id in found:
            tx.execute(
                insert(article_redirects).values(
                    brand_id=desk.brand, slug=f"old-{article_id}", article_id=article_id,
                    created_at=tx.now,
                )
            )  # fmt: skip

    await desk.runtime.db.write(move)
    await desk.runtime.knowledge.settled()
    return found


@dataclass
class Stranger:
    """Somebody without an account who knocks at every public door."""

    client: httpx.AsyncClient
    browser: Browser
    said: dict[str, str] = field(default_factory=dict)

    async def ask(self, path: str, **params: str) -> None:
        """Keep what a door says."""
        answer = await self.client.get(path, params=params)
        self.said[f"{path} {params}"] = answer.text + answer.headers.get("location", "")

    async def look(self, locale: str) -> None:
        """Everything that is asked for in words."""
        here = f"/help/tea/{locale}/"
        for path in (here, f"{here}-/feed.xml", f"{here}c/xanadu-things"):
            await self.ask(path)
        for q in QUESTIONS:
            await self.ask(here, q=q)
            await self.ask(here, q=q, category="x-things")
            await self.ask(f"{here}-/suggest", q=q)
            for key in ("form-key", "chat-key"):
                await self.ask("/widget/suggest", q=q, key=key, lang=locale)

    async def guess(self, locale: str, ids: list[int], slugs: list[str]) -> None:
        """Everything that is found by a number or an address."""
        for slug in slugs + [f"old-{id}" for id in ids]:
            answer = await self.client.get(f"/help/tea/{locale}/{slug}")
            assert answer.status_code == 404, slug
        for id in ids:
            vote = f"/widget/articles/tea/{locale}/{id}"
            for last, data in (("helpful", {"answer": "no"}), ("why", {"comment": "x"})):
                answer = await self.client.post(f"{vote}/{last}", data=data)
                assert answer.status_code == 404, vote
            assert (await self.browser.get(f"/widget/article/{id}")).status_code == 404
            shown = await self.browser.get(f"/widget/article/{id}", visit="a" * 20)
            assert shown.status_code == 404

    async def knock(self, ids: list[int], slugs: list[str]) -> dict[str, str]:
        """At every door; the answers by door."""
        for locale in ("en", "zh_Hans", "zh_Hant"):
            await self.look(locale)
            await self.guess(locale, ids, slugs)
        for path in ("/help/tea/sitemap.xml", "/help/tea/sitemap-1.xml", "/robots.txt"):
            await self.ask(path)
        for q in ("What is the Zanzibar rule?", "rule about parcels"):
            self.said[f"chat {q}"] = (await self.browser.say(q)).text
        return self.said


@pytest.fixture
async def stranger(client: httpx.AsyncClient, widget: NewBrowser) -> Stranger:
    """A stranger at the doors."""
    return Stranger(client, await widget())


async def _slugs(desk: Desk) -> list[str]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(articles.c.slug))).scalars())


async def test_no_public_door_shows_what_is_not_for_everybody(
    desk: Desk, hidden: list[int], stranger: Stranger
) -> None:
    said = await stranger.knock(hidden, await _slugs(desk))
    assert len(said) > 50
    for door, text in said.items():
        assert SECRET.lower() not in text.lower(), door


async def test_the_api_answers_everybody_from_public_articles_alone(
    hidden, machine: Machine
) -> None:
    ana = await machine("ana")
    for q in QUESTIONS:
        for audience, most in (("everybody", 0), ("customers", 1)):
            params = {"q": q, "audience": audience, "k": "50"}
            for name in ("search", "suggest"):
                found = (await ana.get(f"/knowledge/{name}", params=params)).json()
                assert len(found) <= most
                assert all(hit["visibility"] == "customer" for hit in found)
        given = (await ana.post("/knowledge/answer", json={"query": q})).json()
        assert SECRET not in str(given)


async def test_what_becomes_internal_is_gone_everywhere_at_once(
    desk: Desk, client: httpx.AsyncClient, stranger: Stranger
) -> None:
    article_id = await _write(desk, "public", desk.brand, publish=True)
    await desk.runtime.knowledge.settled()
    slug = "the-zanzibar-rule-of-xanadu-public"
    pages = [
        "/help/tea/en/", f"/help/tea/en/{slug}", "/help/tea/en/-/feed.xml",
        "/help/tea/sitemap-1.xml", "/help/tea/en/?q=zanzibar",
    ]  # fmt: skip
    tags = {}
    for path in pages:
        page = await client.get(path)
        assert page.status_code == 200
        assert slug in page.text
        assert "max-age" not in page.headers["cache-control"]  # no cache answers without asking
        tags[path] = page.headers["etag"]

    def hide(tx: Tx) -> None:  # the row alone: the index has not heard of it yet
        tx.execute(
            update(articles).where(articles.c.id == article_id).values(visibility="internal")
        )

    await desk.runtime.db.write(hide)
    for path in pages:
        page = await client.get(path, headers={"If-None-Match": tags[path]})
        assert page.status_code == (404 if path.endswith(slug) else 200), path
        assert slug not in page.text
    for door, text in (await stranger.knock([article_id], [slug])).items():
        assert SECRET.lower() not in text.lower(), door


async def test_a_picture_is_as_public_as_its_article_and_no_longer(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    article_id = await _write(desk, "public", desk.brand, publish=True)
    drawn = io.BytesIO()
    Image.new("RGB", (4, 4), "red").save(drawn, "PNG")
    stored = keep_checked(desk.runtime, check_upload("a.png", drawn.getvalue(), 100_000))
    ada = await desk.actor("ada")
    url = await desk.runtime.db.write(add_article_file, ada, stored, desk.brand, article_id)
    shown = await client.get(url)
    assert (shown.status_code, shown.headers["cache-control"]) == (200, "public, no-cache")
    kept = {"If-None-Match": shown.headers["etag"]}
    assert (await client.get(url, headers=kept)).status_code == 304

    def hide(tx: Tx) -> None:
        tx.execute(
            update(articles).where(articles.c.id == article_id).values(visibility="internal")
        )

    await desk.runtime.db.write(hide)
    assert (await client.get(url, headers=kept)).status_code == 404
    assert (await client.get(url)).status_code == 404
