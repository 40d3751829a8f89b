"""The help centre: categories, feedback, searches that are counted, moved articles, crawlers."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import httpx2 as httpx
import pytest
from sqlalchemy import insert, select, update

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.actions.category_edit import remove_category
from app.actions.reader import without_personal_data
from app.db import Tx
from app.models.knowledge import (
    article_feedback,
    article_redirects,
    article_texts,
    articles,
    categories,
)
from app.models.question import unanswered_questions
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.visitors import Article

LONG = "\n\n".join(f"## Step {n}\n\nDo it *{n}* times." for n in range(1, 5))


async def _rows(desk: Desk, table: Any) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list(await conn.execute(select(table).order_by(table.c.id)))


def _data(page: httpx.Response) -> list[dict[str, Any]]:
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.text)
    assert found is not None
    graph: list[dict[str, Any]] = json.loads(found[1])["@graph"]
    return graph


@pytest.mark.engine
async def test_sections_stand_in_their_category_and_have_pages(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("When does it arrive?", category="Delivery")
    await article("Parcels to islands", category="Islands & more")

    def nest(tx: Tx) -> None:
        outer = tx.execute(select(categories.c.id).where(categories.c.slug == "delivery")).scalar()
        tx.execute(
            update(categories).where(categories.c.slug != "delivery").values(parent_id=outer)
        )

    await desk.runtime.db.write(nest)
    contents = await client.get("/help/tea/en/")
    assert "Islands &amp; more" in contents.text
    assert "Parcels to islands" not in contents.text
    outer = await client.get("/help/tea/en/c/delivery")
    assert "When does it arrive?" in outer.text
    assert "Parcels to islands" in outer.text
    inner = await client.get("/help/tea/en/c/islands-more")
    assert "When does it arrive?" not in inner.text
    assert [it["name"] for it in _data(inner)[0]["itemListElement"]] == [
        "Help", "Delivery", "Islands & more",
    ]  # fmt: skip
    assert (await client.get("/help/tea/en/c/nothing")).status_code == 404
    page = await client.get("/help/tea/en/parcels-to-islands")
    assert page.text.index("/c/delivery") < page.text.index("/c/islands-more")


async def test_an_article_tells_machines_what_it_is(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article('Is 1 < 2 & "so"?', "Yes.</script><b>", category="Sums")
    ada = await desk.actor("ada")
    both = ArticleDraft({"zh_Hans": ArticleText("一小于二吗？", "是。")}, "Sums")
    await desk.runtime.db.write(save_article, ada, desk.brand, both, article_id)
    page = await client.get("/help/tea/en/is-1-2-so")
    item, faq, crumbs = _data(page)
    assert item["headline"] == 'Is 1 < 2 & "so"?'
    assert faq["mainEntity"][0]["acceptedAnswer"]["text"] == "Yes.</script><b>"
    assert crumbs["itemListElement"][1]["name"] == "Sums"
    base = desk.runtime.settings.base_url
    for tag in (
        f'<link rel="canonical" href="{base}/help/tea/en/is-1-2-so">',
        f'hreflang="zh-Hans" href="{base}/help/tea/zh_Hans/is-1-2-so"',
        f'hreflang="x-default" href="{base}/help/tea/en/is-1-2-so"',
        '<meta property="og:type" content="article">',
    ):
        assert tag in page.text
    other = await client.get("/help/tea/zh_Hant/is-1-2-so")
    assert f'<link rel="canonical" href="{base}/help/tea/zh_Hans/is-1-2-so">' in other.text
    assert "last-modified" in page.headers


async def test_a_long_article_has_a_table_of_contents(
    client: httpx.AsyncClient, article: Article
) -> None:
    await article("Long", LONG)
    await article("Short", "## One\n\nx")
    page = await client.get("/help/tea/en/long")
    assert '<a href="#part-3">Step 3</a>' in page.text
    assert '<h2 id="part-3">Step 3</h2>' in page.text
    assert "help-toc" not in (await client.get("/help/tea/en/short")).text


@pytest.mark.engine
async def test_related_articles_are_others_of_the_brand(
    client: httpx.AsyncClient, article: Article
) -> None:
    await article("Return a parcel")
    await article("Return a parcel from abroad")
    page = await client.get("/help/tea/en/return-a-parcel")
    aside = page.text[page.text.index("Related answers") :]
    assert "return-a-parcel-from-abroad" in aside
    assert '/return-a-parcel"' not in aside[: aside.index("</aside>")]


async def test_a_moved_article_sends_on(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("退货 now")

    def move(tx: Tx) -> None:
        tx.execute(
            insert(article_redirects).values(
                brand_id=desk.brand, slug="before", article_id=article_id, created_at=tx.now
            )
        )

    await desk.runtime.db.write(move)
    answer = await client.get("/help/tea/zh_Hans/before")
    assert answer.status_code == 301
    assert answer.headers["location"] == "/help/tea/zh_Hans/%E9%80%80%E8%B4%A7-now"
    assert (await client.get(answer.headers["location"])).status_code == 200


@pytest.mark.engine
async def test_a_reader_says_why_it_did_not_help(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("Steps")
    door = f"/widget/articles/tea/en/{article_id}"
    answer = await client.post(f"{door}/helpful", data={"answer": "no"})
    assert answer.headers["location"] == "/help/tea/en/steps?why=1#helpful"
    assert 'value="did_not_work"' in (await client.get("/help/tea/en/steps?why=1")).text
    said = {"reason": "wrong", "comment": "I am kim@example.com, +44 20 7946 0958, step 3 fails"}
    answer = await client.post(f"{door}/why", data=said)
    assert answer.headers["location"] == "/help/tea/en/steps?thanks=1#helpful"
    (row,) = await _rows(desk, article_feedback)
    assert (row.helped, row.locale, row.reason) == (False, "en", "wrong")
    assert row.comment == "I am … …, step 3 fails"
    (counted,) = await _rows(desk, articles)
    assert (counted.helped, counted.not_helped) == (0, 1)


async def test_nobody_explains_the_vote_of_another(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("Steps")
    door = f"/widget/articles/tea/en/{article_id}"
    await client.post(f"{door}/helpful", data={"answer": "no"})
    for cookie in ("", "1", "1-0000000000000000", "x"):
        client.cookies.clear()
        await client.post(
            f"{door}/why",
            data={"reason": "wrong"},
            headers={"Cookie": f"helped-{article_id}={cookie}"},
        )
    assert (await _rows(desk, article_feedback))[0].reason == ""


@pytest.mark.engine
async def test_a_search_counts_and_so_does_its_click(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Return a parcel")
    page = await client.get("/help/tea/en/", params={"q": "return  parcel 13800138000"})
    link = re.search(r'href="(/help/tea/en/return-a-parcel\?found=[^"]+)"', page.text)
    assert link is not None
    await client.get("/help/tea/en/", params={"q": "zebra of qq@xx.example"})
    searched, nothing = await _rows(desk, unanswered_questions)
    assert (searched.query, searched.hits, searched.clicked) == ("return parcel …", 1, False)
    assert (nothing.query, nothing.hits, nothing.source) == ("zebra of …", 0, "search")
    await client.get(f"{link[1]}0")  # not signed by us
    assert not (await _rows(desk, unanswered_questions))[0].clicked
    answer = await client.get(link[1])
    assert answer.headers["location"] == "/help/tea/en/return-a-parcel"
    assert [row.clicked for row in await _rows(desk, unanswered_questions)] == [True, False]


@pytest.mark.engine
async def test_suggestions_are_not_searches(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Return a parcel")
    piece = await client.get("/help/tea/en/-/suggest", params={"q": "retu"})
    assert 'href="/help/tea/en/return-a-parcel"' in piece.text
    assert "<mark>Return</mark>" in piece.text
    assert "<html" not in piece.text
    assert await _rows(desk, unanswered_questions) == []


async def test_results_can_be_kept_to_a_category(
    client: httpx.AsyncClient, article: Article
) -> None:
    await article("Return a parcel", category="Returns")
    await article("Track a parcel", category="Delivery")
    everything = await client.get("/help/tea/en/", params={"q": "parcel"})
    assert "2 answers for" in everything.text
    one = await client.get("/help/tea/en/", params={"q": "parcel", "category": "returns"})
    assert "return-a-parcel" in one.text
    assert "track-a-parcel" not in one.text
    assert "1 answer for" in one.text


@pytest.mark.engine
async def test_a_category_keeps_its_answers_beyond_the_best_ones_of_all(
    desk: Desk, client: httpx.AsyncClient, machine: Machine
) -> None:
    ada = await machine("ada")
    rows = [
        *({"title": f"Parcel {n}", "body": "Parcel.", "category": "Many"} for n in range(40)),
        {"title": "Customs", "body": "We pay it with the parcel.", "category": "Few"},
    ]
    sent = [row | {"id": str(n), "locale": "en"} for n, row in enumerate(rows)]
    assert (await ada.put("/brands/tea/articles", json=sent)).status_code == 200
    everything = await client.get("/help/tea/en/", params={"q": "parcel"})
    assert "The 30 best answers for" in everything.text
    assert "customs" not in everything.text
    few = await client.get("/help/tea/en/", params={"q": "parcel", "category": "few"})
    assert "1 answer for" in few.text
    assert 'href="/help/tea/en/customs' in few.text
    asked = {"q": "parcel", "category": "few"}
    for name in ("search", "suggest"):
        (hit,) = (await ada.get(f"/knowledge/{name}", params=asked)).json()
        assert hit["title"] == "Customs"
    unknown = await ada.get("/knowledge/search", params=asked | {"category": "none"})
    assert (unknown.status_code, unknown.json()["errors"]) == (422, {"category": "unknown"})

    async with desk.runtime.db.read() as conn:
        wanted = select(categories.c.id).where(categories.c.slug == "few")
        category_id = (await conn.execute(wanted)).scalar_one()
    await desk.runtime.db.write(remove_category, await desk.actor("ada"), category_id)
    await desk.runtime.knowledge.settled()
    found = await desk.runtime.knowledge.search(
        "customs", brand=desk.brand, locale="en", categories=[category_id]
    )
    assert found == []  # the index has followed


@pytest.mark.engine
@pytest.mark.parametrize(
    ("typed", "title"),
    [
        ("retrun my parcle", "Return a parcel"),
        ("包裹什麼時候到", "包裹什么时候到？"),
        ("ＡＢ－１２３", "Part AB-123"),
        ("ab123", "Part AB-123"),
    ],
)
async def test_readers_may_mistype_and_write_in_any_script(
    client: httpx.AsyncClient, article: Article, typed: str, title: str
) -> None:
    await article("Return a parcel")
    await article("Part AB-123", "How to fit it.")
    await article("包裹什么时候到？", "三天。", locale="zh_Hans")
    locale = "zh_Hans" if title.startswith("包") else "en"
    page = await client.get(f"/help/tea/{locale}/", params={"q": typed})
    first = re.search(r'class="help-hits".*?<a [^>]*>([^<]+)</a>', page.text, re.DOTALL)
    assert first is not None, page.text
    assert first[1] == title


async def test_the_sitemap_names_every_version_with_the_others(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("Steps")
    ada = await desk.actor("ada")
    await desk.runtime.db.write(
        save_article,
        ada,
        desk.brand,
        ArticleDraft({"zh_Hant": ArticleText("步驟", "x")}),
        article_id,
    )
    base = desk.runtime.settings.base_url
    index = ElementTree.fromstring((await client.get("/help/tea/sitemap.xml")).content)
    assert [it.text for it in index.iter() if it.tag.endswith("loc")] == [
        f"{base}/help/tea/sitemap-1.xml"
    ]
    answer = await client.get("/help/tea/sitemap-1.xml")
    assert answer.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(answer.content)
    found = [it.text for it in root.iter() if it.tag.endswith("loc")]
    assert f"{base}/help/tea/zh_Hant/steps" in found
    assert len(found) == len(set(found)) == 5
    links = {it.get("hreflang") for it in root.iter() if it.tag.endswith("link")}
    assert links == {"en", "zh-Hant", "x-default"}
    assert (await client.get("/help/tea/sitemap-2.xml")).status_code == 404
    robots = await client.get("/robots.txt")
    assert f"Sitemap: {base}/help/tea/sitemap.xml" in robots.text
    again = await client.get(
        "/help/tea/sitemap-1.xml", headers={"If-None-Match": answer.headers["etag"]}
    )
    assert again.status_code == 304


async def test_only_help_centres_with_something_to_read_are_told_of(
    desk: Desk, client: httpx.AsyncClient, article: Article, other_brand: int
) -> None:
    assert "Sitemap" not in (await client.get("/robots.txt")).text
    assert (await client.get("/help/")).status_code == 404
    await article("Steps")
    robots = await client.get("/robots.txt")
    assert "/help/tea/" in robots.text
    assert "coffee" not in robots.text
    door = await client.get("/help/", headers={"Accept-Language": "zh-CN"})
    assert door.headers["location"] == "/help/tea/zh_Hans/"


@pytest.mark.engine
async def test_the_feed_holds_the_newest_of_a_language(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Old <one>", "Text & more.\x0b")
    await article("新的", locale="zh_Hans")
    answer = await client.get("/help/tea/en/-/feed.xml")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    root = ElementTree.fromstring(answer.content)
    space = {"a": "http://www.w3.org/2005/Atom"}
    assert [it.text for it in root.findall("a:entry/a:title", space)] == ["Old <one>"]
    for name in ("id", "title", "updated", "author/a:name"):
        assert root.find(f"a:{name}", space) is not None


async def test_ways_to_people_are_at_hand(desk: Desk, client: httpx.AsyncClient) -> None:
    page = await client.get("/help/tea/zh_Hant/")
    assert 'href="/form/form-key?lang=zh-Hant"' in page.text
    assert 'src="/static/widget/loader.js" data-key="chat-key"' in page.text
    nothing = await client.get("/help/tea/en/", params={"q": "qwrtzplk"})
    assert nothing.text.count("/form/form-key") == 2
    assert "&amp;asked=qwrtzplk" in nothing.text
    form = await client.get("/form/form-key", params={"asked": 'qwrtzplk "<b>'})
    assert 'value="qwrtzplk &#34;&lt;b&gt;"' in form.text


@pytest.mark.engine
async def test_views_are_counted_but_not_of_what_a_browser_had(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("Steps")
    page = await client.get("/help/tea/en/steps")
    await client.get("/help/tea/en/steps", headers={"If-None-Match": page.headers["etag"]})
    assert (await _rows(desk, articles))[0].views == 1


async def test_a_published_article_of_another_language_says_so(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    ada, db = await desk.actor("ada"), desk.runtime.db
    draft = ArticleDraft({"zh_Hans": ArticleText("步骤", "做。")})
    article_id = await db.write(save_article, ada, desk.brand, draft)
    await db.write(publish_article, ada, article_id)
    page = await client.get("/help/tea/en/步骤")
    assert "There is no translation of this answer yet." in page.text
    assert '<article lang="zh-Hans"' in page.text


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("mail me at kim.doe+x@example.co.uk please", "mail me at … please"),
        ("my number is 138 0013 8000", "my number is …"),
        ("order 4711 of 2026", "order 4711 of 2026"),
        ("card 4111-1111-1111-1111.", "card …."),
        ("ISO 9001 part AB-123", "ISO 9001 part AB-123"),
    ],
)
def test_what_tells_of_persons_is_left_out(typed: str, kept: str) -> None:
    assert without_personal_data(typed) == kept


async def test_a_page_can_be_asked_for_its_head_alone(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("How hot?", category="Brewing")
    for path in ("", "how-hot", "c/brewing", "-/feed.xml"):
        head, page = (
            await client.head(f"/help/tea/en/{path}"),
            await client.get(f"/help/tea/en/{path}"),
        )
        assert (head.status_code, head.headers["etag"]) == (200, page.headers["etag"]), path
    assert (await client.head("/robots.txt")).status_code == 200
    assert [row.views for row in await _rows(desk, articles)] == [1], "robots do not read"
    brewing = (await client.get("/help/tea/en/c/brewing")).text
    there = f"{desk.runtime.settings.base_url}/help/tea/zh_Hant/c/brewing"
    assert f'hreflang="zh-Hant" href="{there}"' in brewing


async def test_what_stands_in_no_category_is_shown_page_by_page(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    await article("First of all")
    one = (await _rows(desk, articles))[0]
    many = [
        {**one._mapping, "id": one.id + n, "slug": f"n-{n}", "external_id": None}
        for n in range(1, 130)
    ]
    said = (await _rows(desk, article_texts))[0]
    texts = [
        {**said._mapping, "id": said.id + n, "article_id": one.id + n, "title": f"Number {n:03}"}
        for n in range(1, 130)
    ]
    await desk.runtime.db.write(lambda tx: tx.execute(insert(articles), many))
    await desk.runtime.db.write(lambda tx: tx.execute(insert(article_texts), texts))
    contents = (await client.get("/help/tea/en/")).text
    assert "All 130 answers" in contents
    assert "Number 100" not in contents
    first = (await client.get("/help/tea/en/c/-")).text
    assert "Page 1 of 2" in first
    assert "Number 099" in first
    assert "Number 101" not in first
    assert "Number 101" in (await client.get("/help/tea/en/c/-?page=2")).text
    assert "Page 2 of 2" in (await client.get("/help/tea/en/c/-?page=77")).text
