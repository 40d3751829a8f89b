"""Articles are written, published, found and withdrawn over the API."""

from typing import Any

import httpx2 as httpx
import pytest

from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
ENGLISH = {"title": "When does my parcel arrive?", "body": "Within **three** working days."}
CHINESE = {"title": "包裹什么时候到？", "body": "三个工作日内。", "alternatives": ["快递多久到"]}


async def _write(client: httpx.AsyncClient, desk: Desk, **more: Any) -> dict[str, Any]:
    body = {"brand_id": desk.brand, "texts": {"en": ENGLISH}, "publish": True, **more}
    answer = await client.post("/articles", json=body)
    assert answer.status_code == 201, answer.text
    await desk.runtime.knowledge.settled()
    found: dict[str, Any] = answer.json()
    return found


async def _search(client: httpx.AsyncClient, q: str, **more: Any) -> list[int]:
    answer = await client.get("/knowledge/search", params={"q": q, **more})
    return [hit["id"] for hit in answer.json()]


async def test_a_published_article_is_found_with_what_matched(api, desk: Desk) -> None:
    article = await _write(api, desk, category="Delivery")
    assert (article["status"], article["slug"]) == ("published", "when-does-my-parcel-arrive")
    (hit,) = (await api.get("/knowledge/search", params={"q": "parcels arrive"})).json()
    assert (hit["id"], hit["locale"], hit["brand_id"]) == (article["id"], "en", desk.brand)
    assert hit["score"] > 0
    marked = [hit["snippet"][start:end].lower() for start, end in hit["matches"]]
    assert all(word in ("parcel", "arrive", "parcels") for word in marked)


async def test_a_draft_is_not_found_until_it_is_published_and_not_once_withdrawn(
    api, desk: Desk
) -> None:
    article = await _write(api, desk, publish=False)
    path = f"/articles/{article['id']}"
    assert await _search(api, "parcel") == []
    assert (await api.post(f"{path}/publish")).json()["status"] == "published"
    await desk.runtime.knowledge.settled()
    assert await _search(api, "parcel") == [article["id"]]
    assert (await api.post(f"{path}/withdraw")).json()["status"] == "draft"
    await desk.runtime.knowledge.settled()
    assert await _search(api, "parcel") == []


async def test_an_internal_article_is_found_by_agents_only(api, desk: Desk) -> None:
    article = await _write(api, desk, visibility="internal")
    assert await _search(api, "parcel") == [article["id"]]
    assert await _search(api, "parcel", audience="customers") == []
    assert await _search(api, "parcel", audience="everybody") == []


async def test_languages_are_added_found_in_their_own_and_taken_away(api, desk: Desk) -> None:
    article = await _write(api, desk)
    path = f"/articles/{article['id']}"
    changed = await api.patch(path, json={"texts": {"zh_Hans": CHINESE}})
    assert set(changed.json()["texts"]) == {"en", "zh_Hans"}
    await desk.runtime.knowledge.settled()
    (hit,) = (await api.get("/knowledge/search", params={"q": "包裹", "locale": "zh_Hans"})).json()
    assert (hit["id"], hit["locale"]) == (article["id"], "zh_Hans")
    left = await api.delete(f"{path}/texts/en")
    assert set(left.json()["texts"]) == {"zh_Hans"}
    last = await api.delete(f"{path}/texts/zh_Hans")
    assert (last.status_code, last.json()["code"]) == (409, "last_language")


async def test_a_change_of_one_thing_leaves_the_others(api, desk: Desk) -> None:
    article = await _write(
        api, desk, category="Delivery", texts={"en": ENGLISH, "zh_Hans": CHINESE}
    )
    changed = (await api.patch(f"/articles/{article['id']}", json={"category": "Post"})).json()
    assert changed["category"] == "Post"
    assert changed["visibility"] == "public"
    for locale in ("en", "zh_Hans"):
        for field in ("title", "body", "alternatives"):
            assert changed["texts"][locale][field] == article["texts"][locale][field]


async def test_a_change_begun_from_an_older_version_is_refused(api, desk: Desk) -> None:
    article = await _write(api, desk)
    path = f"/articles/{article['id']}"
    first = await api.patch(path, json={"category": "A", "version": article["version"]})
    assert first.status_code == 200
    second = await api.patch(path, json={"category": "B", "version": article["version"]})
    assert (second.status_code, second.json()["code"]) == (409, "changed")


async def test_articles_are_listed_by_brand_status_and_category(
    machine: Machine, desk: Desk, other_brand: int
) -> None:
    ada = await machine("ada")
    tea = await _write(ada, desk, category="Tea")
    await _write(ada, desk, category="Tea", publish=False)
    await _write(ada, desk, brand_id=other_brand)

    async def ids(**params: Any) -> list[int]:
        return [row["id"] for row in (await ada.get("/articles", params=params)).json()]

    assert len(await ids()) == 3
    assert await ids(brand_id=desk.brand, status="published") == [tea["id"]]
    assert len(await ids(category="Tea")) == 2
    listed = (await ada.get("/articles", params={"status": "published"})).json()
    assert listed[-1]["titles"] == {"en": ENGLISH["title"]}


async def test_suggestions_complete_a_word_that_is_being_typed(api, desk: Desk) -> None:
    article = await _write(api, desk)
    answer = await api.get("/knowledge/suggest", params={"q": "when does my parc"})
    assert [hit["id"] for hit in answer.json()] == [article["id"]]


async def test_an_unknown_language_is_refused(api, desk: Desk) -> None:
    body = {"brand_id": desk.brand, "texts": {"tlh": ENGLISH}}
    answer = await api.post("/articles", json=body)
    assert answer.json()["errors"] == {"locale": "unknown"}
