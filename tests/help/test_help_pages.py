"""The public help pages: what readers find, and what they never find."""

import httpx2 as httpx
import pytest
from sqlalchemy import select

from app.actions.article import (
    ArticleDraft,
    ArticleText,
    save_article,
)
from app.actions.article_publish import withdraw_article
from app.actions.article_translation import remove_text
from app.actions.category import slug_of
from app.db import Conflict, Invalid, NotFound
from app.models.knowledge import articles
from app.queries.articles import nearest
from tests.desk import Desk
from tests.fixtures.visitors import Article


async def test_the_list_shows_published_public_articles_by_category(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("How do I return it?", category="Returns")
    await article("Refund by hand", visibility="internal")
    await article("Only for customers", visibility="customer")
    page = await client.get("/help/tea/en/")
    assert "How do I return it?" in page.text
    assert "Returns" in page.text
    assert "by hand" not in page.text
    assert "Only for customers" not in page.text


async def test_the_door_leads_to_the_readers_language(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    answer = await client.get("/help/tea", headers={"Accept-Language": "zh-TW,zh;q=0.9"})
    assert answer.headers["location"] == "/help/tea/zh_Hant/"


@pytest.mark.engine
async def test_search_finds_by_meaning_and_only_what_is_public(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("How do I return a parcel?", "Print the label.")
    await article("Refund a parcel by hand", visibility="internal")
    page = await client.get("/help/tea/en/", params={"q": "return parcel"})
    assert "/help/tea/en/how-do-i-return-a-parcel" in page.text
    assert "by hand" not in page.text
    nothing = await client.get("/help/tea/en/", params={"q": "<b>zebra</b>"})
    assert "Nothing found" in nothing.text
    assert "<b>zebra" not in nothing.text


async def test_an_article_is_safe_html_in_the_nearest_language(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Steps", "Do **this**. <script>alert(1)</script> [x](javascript:alert(1))")
    page = await client.get("/help/tea/zh_Hans/steps")
    assert "<strong>this</strong>" in page.text
    assert "<script>alert" not in page.text
    assert 'href="javascript' not in page.text
    assert '<article lang="en"' in page.text


async def test_what_is_withdrawn_internal_or_unknown_is_not_there(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Refund by hand", visibility="internal")
    shown = await article("Soon gone")
    assert (await client.get("/help/tea/en/soon-gone")).status_code == 200
    await desk.runtime.db.write(withdraw_article, await desk.actor("ada"), shown)
    await desk.runtime.knowledge.settled()
    for path in (
        "tea/en/refund-by-hand",
        "tea/en/soon-gone",
        "tea/en/nothing",
        "coffee/en/",
        "tea/xx/",
    ):
        assert (await client.get(f"/help/{path}")).status_code == 404
    assert "Soon gone" not in (await client.get("/help/tea/en/?q=soon+gone")).text


@pytest.mark.engine
async def test_a_page_that_has_not_changed_is_not_sent_again(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Steps")
    page = await client.get("/help/tea/en/steps")
    again = await client.get("/help/tea/en/steps", headers={"If-None-Match": page.headers["etag"]})
    assert again.status_code == 304
    assert again.content == b""


async def test_readers_say_once_whether_it_helped(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("Steps")
    url = f"/widget/articles/tea/en/{article_id}/helpful"
    answer = await client.post(url, data={"answer": "yes"})
    assert answer.headers["location"] == "/help/tea/en/steps?thanks=1#helpful"
    await client.post(url, data={"answer": "yes"})
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(articles))).one()
    assert (row.helped, row.not_helped) == (1, 0)
    foreign = {"Origin": "https://evil.example"}
    assert (await client.post(url, data={"answer": "no"}, headers=foreign)).status_code == 403


@pytest.mark.engine
async def test_two_authors_do_not_overwrite_each_other(desk: Desk, article: Article) -> None:
    article_id = await article("Steps")
    ada, db = await desk.actor("ada"), desk.runtime.db
    draft = ArticleDraft({"en": ArticleText("Steps", "Better.")})
    await db.write(save_article, ada, desk.brand, draft, article_id, version=2)
    with pytest.raises(Conflict):
        await db.write(save_article, ada, desk.brand, draft, article_id, version=2)


@pytest.mark.engine
async def test_two_articles_with_one_title_have_two_addresses(desk: Desk, article: Article) -> None:
    await article("Steps")
    await article("Steps")
    async with desk.runtime.db.read() as conn:
        found = list((await conn.execute(select(articles.c.slug))).scalars())
    assert found == ["steps", "steps-2"]


async def test_an_article_needs_a_title_a_brand_and_a_known_language(desk: Desk) -> None:
    ada, db = await desk.actor("ada"), desk.runtime.db
    for texts in ({}, {"en": ArticleText(" ", "x")}, {"xx": ArticleText("T", "x")}):
        with pytest.raises(Invalid):
            await db.write(save_article, ada, desk.brand, ArticleDraft(texts))
    with pytest.raises(NotFound):
        await db.write(save_article, ada, 999, ArticleDraft({"en": ArticleText("T", "x")}))


async def test_the_last_language_cannot_be_taken_away(desk: Desk, article: Article) -> None:
    article_id = await article("Steps")
    with pytest.raises(Conflict):
        await desk.runtime.db.write(remove_text, await desk.actor("ada"), article_id, "en")


@pytest.mark.parametrize(
    ("title", "slug"),
    [
        ("How do I return it?", "how-do-i-return-it"),
        ("如何退货？", "如何退货"),
        ("  ", ""),
        ("a/../b", "a-b"),
    ],
)
def test_addresses_are_made_of_titles(title: str, slug: str) -> None:
    assert slug_of(title) == slug


def test_the_nearest_language_is_chosen() -> None:
    assert nearest(["en", "zh_Hans"], "zh_Hant") == "zh_Hans"
    assert nearest(["zh_Hant", "en"], "en") == "en"
    assert nearest(["zh_Hant"], "en") == "zh_Hant"


async def test_an_address_with_nothing_leads_on_within_the_brands_own_pages(
    client: httpx.AsyncClient, article: Article
) -> None:
    await article("How do I return a parcel?", "Print the label.")
    await article("Return of parcels, for us alone", "Secret.", visibility="internal")
    page = {"accept": "text/html"}
    lost = await client.get("/help/tea/en/return-parcel-2019", headers=page)
    assert lost.status_code == 404
    assert lost.headers["cache-control"] == "no-store"
    assert 'role="search"' in lost.text
    assert "/help/tea/en/how-do-i-return-a-parcel" in lost.text
    assert "for us alone" not in lost.text
    hidden = await client.get("/help/tea/en/return-of-parcels-for-us-alone", headers=page)
    assert (hidden.status_code, "Secret" in hidden.text) == (404, False)
    assert (await client.get("/help/tea/en/c/gone", headers=page)).status_code == 404
    assert "json" in (await client.get("/help/tea/en/gone")).headers["content-type"]
