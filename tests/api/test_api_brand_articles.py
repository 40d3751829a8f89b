"""Articles that are kept elsewhere come over the API, as a whole set or some of them."""

from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import func, select

from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.models.knowledge import article_texts, article_versions, articles
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine

PARCEL = {"id": "p-1", "title": "When does my parcel arrive?", "body": "In three days.",
          "locale": "en"}  # fmt: skip
PARCEL_ZH = {"id": "p-1", "title": "包裹什么时候到？", "body": "三个工作日内。", "locale": "zh-CN"}
RETURN = {"id": "r/2", "title": "How do I send it back?", "body": "With the label.", "locale": "en"}


@pytest.fixture
async def sam(machine: Machine) -> httpx.AsyncClient:
    """A supervisor's machine."""
    return await machine("sam")


async def _put(client: httpx.AsyncClient, *rows: dict[str, Any], brand: object = "tea") -> Any:
    answer = await client.put(f"/brands/{brand}/articles", json=list(rows))
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _ids(client: httpx.AsyncClient, q: str, **more: Any) -> list[object]:
    answer = await client.get("/knowledge/search", params={"q": q, **more})
    assert answer.status_code == 200, answer.text
    return [hit["id"] for hit in answer.json()]


async def test_a_set_can_be_searched_by_the_callers_own_ids_as_soon_as_it_is_answered(sam) -> None:
    counts = await _put(sam, PARCEL, PARCEL_ZH, RETURN)
    assert counts == {"created": 2, "changed": 0, "unchanged": 0, "archived": 0}
    assert (await _ids(sam, "when will the parcel arrive"))[0] == "p-1"
    assert (await _ids(sam, "send it back"))[0] == "r/2"
    assert (await _ids(sam, "包裹什麼時候到", locale="zh-Hant-TW"))[0] == "p-1"
    (hit,) = (await sam.get("/knowledge/search", params={"q": "包裹", "locale": "zh-CN"})).json()
    assert (hit["id"], hit["locale"]) == ("p-1", "zh_Hans")


async def test_the_same_set_again_changes_nothing(sam, desk: Desk) -> None:
    await _put(sam, PARCEL, PARCEL_ZH, RETURN)
    again = await _put(sam, PARCEL, PARCEL_ZH, RETURN, brand=desk.brand)
    assert again == {"created": 0, "changed": 0, "unchanged": 2, "archived": 0}
    async with desk.runtime.db.read() as conn:
        assert (
            await conn.execute(select(func.count()).select_from(article_versions))
        ).scalar() == 3


async def test_a_new_set_replaces_the_whole_of_the_old_one(sam, desk: Desk) -> None:
    ada = await desk.actor("ada")
    draft = ArticleDraft({"en": ArticleText("Parcels by hand", "We bring parcels.")})
    written = await desk.runtime.db.write(save_article, ada, desk.brand, draft)
    await desk.runtime.db.write(publish_article, ada, written)
    await _put(sam, PARCEL, PARCEL_ZH, RETURN)
    changed = RETURN | {"body": "With the label in the parcel."}
    counts = await _put(sam, changed)
    assert counts == {"created": 0, "changed": 1, "unchanged": 0, "archived": 1}
    assert await _ids(sam, "parcel") == ["r/2"]
    assert "p-1" not in await _ids(sam, "包裹")
    back = await _put(sam, PARCEL)
    assert (back["created"], back["changed"], back["archived"]) == (0, 1, 1)
    assert await _ids(sam, "parcel") == ["p-1"]
    async with desk.runtime.db.read() as conn:
        locales = select(article_texts.c.locale).join(articles).where(
            articles.c.external_id == "p-1"
        )  # fmt: skip
        assert (await conn.execute(locales)).scalars().all() == ["en"]


async def test_an_empty_set_leaves_nothing_to_find(sam) -> None:
    await _put(sam, PARCEL)
    assert (await _put(sam))["archived"] == 1
    assert await _ids(sam, "parcel") == []


async def test_one_row_that_cannot_be_used_refuses_the_whole_set(sam) -> None:
    await _put(sam, PARCEL)
    wrong = [RETURN, RETURN | {"id": "x", "locale": "tlh"}, RETURN, {**RETURN, "id": "y"}]
    answer = await sam.put("/brands/tea/articles", json=wrong)
    assert answer.status_code == 422
    assert answer.json()["errors"] == {"1.locale": "unknown", "2.id": "twice_in_this_language"}
    assert await _ids(sam, "parcel") == ["p-1"]


async def test_an_article_without_a_locale_is_in_the_language_of_its_letters(sam) -> None:
    rows = [
        {
            "id": "a",
            "title": "Where is Longjing (龙井) grown?",
            "body": "In Hangzhou, at the lake.",
        },
        {"id": "a", "title": "龙井茶产自哪里？", "body": "杭州西湖。"},
        {"id": "b", "title": "如何申請退貨？", "body": "請在三十天內寄回。"},
    ]
    assert (await sam.put("/brands/tea/articles", json=rows)).json()["created"] == 2
    for q, locale in (("Longjing", "en"), ("龙井茶", "zh_Hans"), ("申請退貨", "zh_Hant")):
        (hit, *_) = (await sam.get("/knowledge/search", params={"q": q, "locale": locale})).json()
        assert hit["locale"] == locale


async def test_fields_of_their_own_keeper_are_passed_over(sam) -> None:
    await _put(sam, PARCEL | {"path": "faq/parcel.md", "weight": 3})
    assert await _ids(sam, "parcel") == ["p-1"]


async def test_some_articles_come_beside_the_others_and_bad_rows_are_named(sam) -> None:
    await _put(sam, PARCEL, RETURN)
    rows = [
        PARCEL | {"body": "In two days.", "visibility": "internal"},
        PARCEL_ZH,
        {"id": "n", "title": "New", "body": "Brand new refunds.", "category": "Money"},
        {"id": "bad", "title": "No body"},
        {"id": 7},
        "nothing",
        {"id": "e", "title": " ", "body": "", "locale": "en"},
    ]
    answer = await sam.post("/brands/tea/articles/bulk", json=rows)
    assert answer.status_code == 200
    found = answer.json()
    refused = found.pop("refused")
    assert found == {"created": 1, "changed": 1, "unchanged": 0, "archived": 0}
    assert [(row["row"], row["id"]) for row in refused] == [
        (3, "bad"), (4, None), (5, None), (6, "e"),
    ]  # fmt: skip
    assert refused[0]["errors"] == {"body": "missing"}
    assert refused[3]["errors"] == {"body": "empty"}
    assert set(await _ids(sam, "refunds")) == {"n"}
    assert await _ids(sam, "parcel", audience="everybody") == []
    assert await _ids(sam, "send it back") == ["r/2"]


async def test_an_article_written_here_keeps_our_number(sam, api) -> None:
    body = {"brand_id": 1, "texts": {"en-GB": {"title": "Tea bags", "body": "x"}}, "publish": True}
    written = (await api.post("/articles", json=body)).json()
    await _put_bulk(sam, PARCEL)
    (hit,) = (await sam.get("/knowledge/search", params={"q": "tea bags"})).json()
    assert (hit["id"], hit["article_id"]) == (written["id"], written["id"])
    assert set(written["texts"]) == {"en"}


async def _put_bulk(client: httpx.AsyncClient, *rows: dict[str, Any]) -> None:
    assert (await client.post("/brands/tea/articles/bulk", json=list(rows))).status_code == 200


async def test_only_supervisors_of_the_brand_put_articles(
    machine: Machine, desk: Desk, other_brand: int
) -> None:
    for name, brand, status in (
        ("ana", "tea", 404), ("sue", "tea", 404), ("sue", "coffee", 200), ("ada", "none", 404),
        ("ada", str(other_brand), 200),
    ):  # fmt: skip
        client = await machine(name)
        put = await client.put(f"/brands/{brand}/articles", json=[PARCEL])
        bulk = await client.post(f"/brands/{brand}/articles/bulk", json=[PARCEL])
        assert (put.status_code, bulk.status_code) == (status, status), (name, brand)


async def test_brands_do_not_share_ids_and_are_searched_apart_or_together(
    machine: Machine, desk: Desk, other_brand: int
) -> None:
    ada = await machine("ada")
    await _put(ada, PARCEL)
    await _put(ada, PARCEL | {"title": "Parcel of beans"}, brand="coffee")
    assert len(await _ids(ada, "parcel")) == 2
    (hit,) = (await ada.get("/knowledge/search", params={"q": "parcel", "brand": "coffee"})).json()
    assert (hit["title"], hit["brand_id"]) == ("Parcel of beans", other_brand)
    (own,) = (await (await machine("ana")).get("/knowledge/search", params={"q": "parcel"})).json()
    assert own["brand_id"] == desk.brand


async def test_ten_thousand_articles_come_in_one_request(sam, desk: Desk) -> None:
    rows = [
        {"id": f"a{n}", "title": f"Part {n}", "body": f"About part number {n}.", "locale": "en"}
        for n in range(10_000)
    ]
    assert (await _put(sam, *rows))["created"] == 10_000
    assert (await _ids(sam, "part 7345"))[0] == "a7345"
    assert (await _put(sam, *rows[:9_000]))["archived"] == 1_000
    assert "a9345" not in await _ids(sam, "part 9345")
