"""Authors' pages over HTTP: rights, reviews, versions, plans, pictures, import and export."""

import io
import zipfile

import httpx2 as httpx
import pytest
from sqlalchemy import func, insert, select, update

from app import clock
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article, publish_planned
from app.actions.send_message import Reply, send_message
from app.db import Tx
from app.models.agent import agent_brands, agents
from app.models.knowledge import article_texts, article_versions, articles
from app.models.organisation import brands
from app.queries.article_list import Wanted, author_page, stale_articles
from tests.desk import Desk
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010806000000"
    "1f15c4890000000d49444154789c6364f8cf500f0003860180"
    "5a347d6b0000000049454e44ae426082"
)


async def _form(desk: Desk, **more: str) -> dict[str, str]:
    return {
        "lang": "en",
        "title": "How hot?",
        "body": "75 degrees.",
        "category": "Brewing",
        "visibility": "public",
        "brand": str(desk.brand),
        **more,
    }


def _no_publisher(tx: Tx, agent_id: int) -> None:
    tx.execute(update(agents).where(agents.c.id == agent_id).values(publishes=False))


def _due(tx: Tx) -> None:
    tx.execute(update(articles).where(articles.c.publish_at.is_not(None)).values(publish_at=1))


async def _write(desk: Desk, texts: dict[str, ArticleText], **more: object) -> int:
    ada = await desk.actor("ada")
    draft = ArticleDraft(texts, **more)  # type: ignore[arg-type]
    return await desk.runtime.db.write(save_article, ada, desk.brand, draft)


async def test_who_may_not_publish_proposes_and_what_is_published_stays(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.runtime.db.write(_no_publisher, desk.agents["ana"])
    ana, sam = await browser_of("ana"), await browser_of("sam")
    saved = await ana.post("/knowledge/new", data=await _form(desk, then="publish"))
    assert saved.status_code == 409
    assert "may publish" in saved.text
    saved = await ana.post("/knowledge/new", data=await _form(desk, then="review"))
    path = saved.headers["location"].split("?")[0]
    assert (await ana.post(f"{path}/publish")).status_code == 409
    assert "Ana asks for a review" in (await sam.get(path)).text
    assert (await sam.post(f"{path}/publish")).status_code == 303
    data = await _form(desk, body="70 degrees.", then="save")
    assert (await ana.post(path, data=data)).status_code == 409
    assert (await ana.post(path, data={**data, "then": "review"})).status_code == 303
    reader = await sam.get("/help/tea/en/how-hot")
    assert "75 degrees" in reader.text
    page = (await sam.get("/knowledge?status=review")).text
    assert "Change proposed" in page
    shown = (await sam.get("/knowledge/reviews/2")).text
    assert "<ins>70</ins>" in shown
    assert "<del>75</del>" in shown
    assert (await ana.post("/knowledge/reviews/2/approve")).status_code == 409
    assert (await sam.post("/knowledge/reviews/2/approve", data={"seen": "9"})).status_code == 409
    assert (await sam.post("/knowledge/reviews/2/approve", data={"seen": "1"})).status_code == 303
    assert "70 degrees" in (await sam.get("/help/tea/en/how-hot")).text


async def test_another_brand_s_articles_are_not_there(desk: Desk, browser_of: SignIn) -> None:
    article_id = await _write(desk, {"en": ArticleText("Ours", "Secret")}, visibility="internal")

    def elsewhere(tx: Tx) -> None:
        brand = tx.execute(
            insert(brands).values(name="B", slug="b", created_at=1).returning(brands.c.id)
        ).scalar_one()
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["ana"], brand_id=brand))

    await desk.runtime.db.write(elsewhere)
    ana = await browser_of("ana")
    assert "Ours" not in (await ana.get("/knowledge")).text
    here = f"/knowledge/{article_id}"
    for path in (here, f"{here}/versions", f"/knowledge/export?brand={desk.brand}"):
        assert (await ana.get(path)).status_code == 404
    for path in (here, f"{here}/publish", f"{here}/archive", f"{here}/draft"):
        assert (await ana.post(path, data=await _form(desk))).status_code == 404
    upload = {"file": ("a.png", PNG, "image/png")}
    answer = await ana.post("/knowledge/files", data={"brand": str(desk.brand)}, files=upload)
    assert answer.status_code == 404
    data = {"ids": [str(article_id)], "what": "publish"}
    assert (await ana.post("/knowledge/bulk", data=data)).status_code == 404


async def test_every_change_of_a_text_is_a_version_that_comes_back(
    desk: Desk, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    saved = await ana.post("/knowledge/new", data=await _form(desk))
    path = saved.headers["location"].split("?")[0]
    assert (await ana.post(path, data=await _form(desk))).status_code == 303  # nothing changed
    assert (await ana.post(path, data=await _form(desk, body="80 degrees."))).status_code == 303
    page = (await ana.get(f"{path}/versions?lang=en")).text
    assert page.count('class="knowledge-version"') == 2
    assert "<ins>80</ins>" in page
    restored = await ana.post(f"{path}/restore", data={"lang": "en", "version": "1"})
    assert restored.status_code == 303
    assert "75 degrees." in (await ana.get(path)).text
    assert "Version 1 brought back" in (await ana.get(f"{path}/versions?lang=en")).text
    assert (
        await ana.post(f"{path}/restore", data={"lang": "en", "version": "9"})
    ).status_code == 404


async def test_a_translation_is_behind_until_it_is_written_or_looked_at(desk: Desk) -> None:
    texts = {"en": ArticleText("A", "One."), "zh_Hans": ArticleText("甲", "一。")}
    article_id = await _write(desk, texts)
    ada, db = await desk.actor("ada"), desk.runtime.db

    async def behind() -> list[str]:
        page = await db.query(author_page, ada, Wanted(language="outdated"), 0)
        return [one.locale for row in page.rows for one in row.languages if one.outdated]

    assert await behind() == []
    for minor, expected in ((True, []), (False, ["zh_Hans"])):
        draft = ArticleDraft({"en": ArticleText("A", f"One {minor}.")}, minor=minor)
        await db.write(save_article, ada, desk.brand, draft, article_id)
        assert await behind() == expected
    draft = ArticleDraft({"zh_Hans": ArticleText("甲", "一一。")})
    await db.write(save_article, ada, desk.brand, draft, article_id)
    assert await behind() == []


async def test_a_planned_article_is_published_when_its_time_comes(
    desk: Desk, browser_of: SignIn
) -> None:
    ana = await browser_of("ana")
    late = await ana.post("/knowledge/new", data=await _form(desk, publish_at="2000-01-01T09:00"))
    assert late.status_code == 422
    data = await _form(desk, publish_at="2099-01-01T09:00", archive_at="2099-02-01T09:00")
    path = (await ana.post("/knowledge/new", data=data)).headers["location"].split("?")[0]
    assert "To be published on" in (await ana.get(path)).text
    db = desk.runtime.db
    assert await db.write(publish_planned) == 0
    await db.write(_due)
    assert await db.write(publish_planned) == 1
    assert "To be archived on" in (await ana.get(path)).text
    assert "75 degrees" in (await ana.get("/help/tea/en/how-hot")).text


async def test_what_is_being_written_is_kept_and_can_be_thrown_away(
    desk: Desk, browser_of: SignIn
) -> None:
    ana, ben = await browser_of("ana"), await browser_of("ben")
    data = await _form(desk, title="Half a", body="thought")
    assert "not saved yet" in (await ana.post("/knowledge/new/draft", data=data)).text
    assert (
        await ana.post("/knowledge/new/draft", data={**data, "lang": "zh_Hans"})
    ).status_code == 200
    page = (await ana.get("/knowledge/new")).text
    assert "thought" in page
    assert 'value="zh_Hans" selected' in page
    assert "thought" not in (await ben.get("/knowledge/new")).text
    await ana.post("/knowledge/new/draft/drop")
    assert "thought" not in (await ana.get("/knowledge/new")).text


async def test_a_picture_is_public_only_while_its_article_is(
    desk: Desk, browser_of: SignIn, client: httpx.AsyncClient
) -> None:
    ana, nobody = await browser_of("ana"), client
    upload = {"file": ("tea pot.png", PNG, "image/png")}
    answer = await ana.post("/knowledge/files", data={"brand": str(desk.brand)}, files=upload)
    url = answer.json()["url"]
    assert (await ana.get(url)).status_code == 200
    assert (await nobody.get(url)).status_code == 404
    data = await _form(desk, body=f"![pot]({url})", then="publish")
    path = (await ana.post("/knowledge/new", data=data)).headers["location"].split("?")[0]
    assert (await nobody.get(url)).status_code == 200
    await ana.post(path, data={**data, "visibility": "internal", "then": "save"})
    assert (await nobody.get(url)).status_code == 404
    script = {"file": ("x.png", b"<script>", "image/png")}
    answer = await ana.post("/knowledge/files", data={"brand": str(desk.brand)}, files=script)
    assert answer.status_code == 422


async def test_a_conversation_becomes_a_draft_without_what_is_personal(
    desk: Desk, browser_of: SignIn
) -> None:
    await desk.available("ana")
    mail = await desk.mail(
        "Hello,\n\nwhere is my order #4471993? I am Kim Doe, call +49 171 2345678.\n\nBest, Kim"
    )
    conversation = await desk.accept("ana")
    ana = await browser_of("ana")
    assert (await ana.post(f"/inbox/{conversation}/article")).status_code == 409
    text = "Hi Kim,\n\nYour order 4471993 left today. Parcels take three days.\n\nBest regards\nAna"
    reply = Reply(key="k" * 16, text=text)
    await desk.runtime.db.write(send_message, await desk.actor("ana"), conversation, reply)
    answer = await ana.post(f"/inbox/{conversation}/article")
    assert answer.status_code == 204
    path = answer.headers["hx-redirect"]
    page = (await ana.get(path)).text
    assert "Your order [order number] left today. Parcels take three days.</textarea>" in page
    assert 'value="where is my order #[order number]?"' in page
    assert "Agents only" in page
    assert "things were masked" in page
    assert (await ana.post(f"/inbox/{conversation}/article")).headers["hx-redirect"] == path
    ben = await browser_of("ben")
    assert mail.conversation_id == conversation
    assert (await ben.post("/inbox/999/article")).status_code == 404


async def test_an_export_comes_back_to_the_letter(desk: Desk, browser_of: SignIn) -> None:
    ada = await browser_of("ada")
    upload = {"file": ("pot.png", PNG, "image/png")}
    answer = await ada.post("/knowledge/files", data={"brand": str(desk.brand)}, files=upload)
    body = f"One\n\n![pot]({answer.json()['url']})\n"
    texts = {"en": ArticleText("A: b?", body, ("x",)), "zh_Hans": ArticleText("甲", "一。")}
    first = await _write(desk, texts, category="Brewing", external_id="kb 1")
    await _write(desk, {"zh_Hant": ArticleText("乙", "二。")}, visibility="internal")
    db, actor = desk.runtime.db, await desk.actor("ada")
    await db.write(publish_article, actor, first)
    exported = (await ada.get(f"/knowledge/export?brand={desk.brand}")).content
    names = zipfile.ZipFile(io.BytesIO(exported)).namelist()
    assert len(names) == 4

    async def take(data: bytes) -> str:
        form = {"brand": str(desk.brand), "kind": "markdown", "locale": "en"}
        seen = await ada.post("/knowledge/import", data=form, files={"file": ("a.zip", data)})
        assert seen.status_code == 303, seen.text
        page = (await ada.get(seen.headers["location"])).text
        await ada.post(seen.headers["location"])
        return page

    assert "Everything in this file is here already." in await take(exported)

    def rows(conn):  # type: ignore[no-untyped-def]
        columns = [c for c in article_texts.c if c.name not in ("id", "updated_at")]
        heads = [c for c in articles.c if not c.name.endswith("_at")]
        return (
            conn.execute(select(*columns).order_by(article_texts.c.id)).all(),
            conn.execute(select(*heads).order_by(articles.c.id)).all(),
            conn.execute(select(func.count()).select_from(article_versions)).scalar_one(),
        )

    before = await db.query(rows)
    await take(exported)
    assert await db.query(rows) == before
    draft = ArticleDraft({"en": ArticleText("Changed", "here")})
    await db.write(save_article, actor, desk.brand, draft, first)
    assert "Take one article" in await take(exported)
    again = (await ada.get(f"/knowledge/export?brand={desk.brand}")).content
    assert again == exported


async def test_a_file_is_looked_at_before_anything_is_written(
    desk: Desk, browser_of: SignIn
) -> None:
    ada = await browser_of("ada")
    table = "id,title,body,locale,category,status\n1,When?,Soon,en,Delivery,published\n2,,x,en,,\n"
    form = {"brand": str(desk.brand), "kind": "csv", "locale": "en"}
    seen = await ada.post("/knowledge/import", data=form, files={"file": ("a.csv", table)})
    page = (await ada.get(seen.headers["location"])).text
    assert "Take one article" in page
    assert "has no title" in page
    assert "When?" not in (await ada.get("/knowledge")).text
    await ada.post(seen.headers["location"])
    assert "This is what was taken." in (await ada.get(seen.headers["location"])).text
    assert "Soon" in (await ada.get("/help/tea/en/when")).text
    for data, words in (
        (b"\xff", "UTF-8"),
        (b"a,b\n1,2", "title and body"),
        (b"", "Choose a file"),
    ):
        refused = await ada.post("/knowledge/import", data=form, files={"file": ("a.csv", data)})
        assert refused.status_code == 422
        assert words in refused.text


async def test_the_list_is_filtered_and_changed_in_bulk(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    first = await _write(desk, {"en": ArticleText("Black tea", "Boil it")}, category="Tea")
    second = await _write(desk, {"zh_Hans": ArticleText("绿茶", "七十五度")}, visibility="internal")
    for query, shown in (
        ("q=boil", {"Black tea"}),
        ("q=七十五", {"绿茶"}),
        ("q=100%25", set()),
        ("visibility=internal", {"绿茶"}),
        ("language=missing:en", {"绿茶"}),
        ("owner=nobody", {"Black tea", "绿茶"}),
        ("owner=me", set()),
        ("status=archived", set()),
        ("due=1", set()),
        ("sort=check_by", {"Black tea", "绿茶"}),
    ):
        page = (await ana.get(f"/knowledge?{query}")).text
        assert {title for title in ("Black tea", "绿茶") if title in page} == shown, query
    ids = [str(first), str(second)]
    owner = str(desk.agents["ana"])
    for data in (
        {"what": "owner", "owner": owner},
        {"what": "check_by", "check_by": "2020-01-01"},
        {"what": "publish"},
    ):
        done = await ana.post("/knowledge/bulk", data={"ids": ids, **data})
        assert done.headers["location"] == "/knowledge?done=2&refused=0"
    assert "绿茶" in (await ana.get("/knowledge?due=1&owner=me&status=published")).text
    stale = await desk.runtime.db.query(stale_articles, await desk.actor("ana"), 2_000_000_000_000)
    assert {(row.title, row.why, row.owner) for row in stale} == {
        ("Black tea", "check_by", "Ana"),
        ("绿茶", "check_by", "Ana"),
    }
    assert (await ana.post("/knowledge/bulk", data={"ids": ids, "what": "x"})).status_code == 422


async def test_synonyms_of_a_brand_are_found_at_once(desk: Desk, browser_of: SignIn) -> None:
    ada = await browser_of("ada")
    data = await _form(desk, title="The blue zorp", body="It is blue.", then="publish")
    await ada.post("/knowledge/new", data=data)
    await desk.runtime.knowledge.settled()
    assert "The blue zorp" not in (await ada.get("/help/tea/en/?q=quandle")).text
    form = {"brand": str(desk.brand), "words": "Zorp, quandle， 佐普\n"}
    assert (await ada.post("/knowledge/categories/synonyms", data=form)).status_code == 303
    await desk.runtime.knowledge.settled()
    for word in ("quandle", "佐普"):
        assert "The blue zorp" in (await ada.get(f"/help/tea/en/?q={word}")).text
    assert "zorp, quandle, 佐普" in (await ada.get("/knowledge/categories")).text
    lone = {**form, "words": "alone"}
    assert (await ada.post("/knowledge/categories/synonyms", data=lone)).status_code == 422


async def test_categories_are_named_ordered_and_taken_away(desk: Desk, browser_of: SignIn) -> None:
    ada = await browser_of("ada")
    await _write(desk, {"en": ArticleText("A", "a")}, category="Brewing")
    brand = {"brand": str(desk.brand)}
    await ada.post("/knowledge/categories", data={**brand, "name_en": "Water", "parent": "1"})
    await ada.post("/knowledge/categories", data={**brand, "name_en": "Cups", "name_zh_Hans": "杯"})
    await ada.post("/knowledge/categories/3/move", data=brand)
    page = (await ada.get("/knowledge/categories")).text
    assert page.index("Cups") < page.index("Brewing") < page.index("Water")
    assert page.count(" disabled") == 4, "the first cannot go up, the last not down"
    listed = (await ada.get("/knowledge?category=1")).text
    assert '/knowledge/1"' in listed
    assert '/knowledge/1"' not in (await ada.get("/knowledge?category=3")).text
    within = {**brand, "category": "1", "name_en": "Brewing", "parent": "2"}
    assert (await ada.post("/knowledge/categories", data=within)).status_code == 409
    empty = await ada.post("/knowledge/categories", data={**brand, "name_en": " "})
    assert empty.status_code == 422
    await ada.post("/knowledge/categories/1/remove", data=brand)
    page = (await ada.get("/knowledge/categories")).text
    assert "Brewing" not in page
    assert "Water" in page


async def test_a_folder_says_what_it_points_at_and_does_not_hold(
    desk: Desk, browser_of: SignIn, client: httpx.AsyncClient
) -> None:
    ada = await browser_of("ada")
    front = "---\nstatus: published\n---\n"
    files: dict[str, str | bytes] = {
        "guide/first steps.md": front + "# First\n\n[next](../more/Second.md#top) ![p](img/p.png)",
        "more/Second.md": front + "# Second\n\n[gone](lost.md) ![x](no.png) [out](https://x.example/a.md)",
        "guide/img/p.png": PNG,
        "guide/img/broken.png": b"\x89PNG nothing",
    }  # fmt: skip
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    form = {"brand": str(desk.brand), "kind": "markdown", "locale": "en"}
    upload = {"file": ("a.zip", packed.getvalue())}
    seen = await ada.post("/knowledge/import", data=form, files=upload)
    page = (await ada.get(seen.headers["location"])).text
    doubts = page[page.index("look at these") :]
    assert "more/Second.md: lost.md" in doubts
    assert "more/Second.md: no.png" in doubts
    assert "x.example" not in doubts
    assert "guide/img/broken.png" in page[: page.index("look at these")]
    await ada.post(seen.headers["location"])
    read = (await client.get("/help/tea/en/first-steps")).text
    assert 'href="/help/tea/en/second"' in read
    assert 'src="/help-files/' in read
    again = await ada.post("/knowledge/import", data=form, files=upload)
    assert "is here already" in (await ada.get(again.headers["location"])).text


async def test_the_owner_is_reminded_when_an_article_is_to_be_checked(
    desk: Desk, browser_of: SignIn
) -> None:
    db, ada = desk.runtime.db, await desk.actor("ada")
    article_id = await _write(desk, {"en": ArticleText("How hot?", "75 degrees.")})
    await db.write(publish_article, ada, article_id)
    day = clock.now() - 3_600_000
    mine = {"owner_id": desk.agents["ben"], "check_by": day}
    await db.write(lambda tx: tx.execute(update(articles).values(**mine)))
    ben, ana = await browser_of("ben"), await browser_of("ana")
    assert "How hot?" in (await ben.get("/notices")).text
    assert "How hot?" not in (await ana.get("/notices")).text
    assert "One article of yours" in (await ben.get("/knowledge")).text
    page = (await ben.get(f"/knowledge/{article_id}")).text
    assert "Still right" in page
    await ben.post(f"/knowledge/{article_id}/checked")
    assert "How hot?" not in (await ben.get("/notices")).text
    assert "Still right" not in (await ben.get(f"/knowledge/{article_id}")).text
    assert "article of yours" not in (await ben.get("/knowledge")).text


async def test_a_review_shows_every_language_and_who_will_read_it(
    desk: Desk, browser_of: SignIn
) -> None:
    texts = {
        "en": ArticleText("How hot?", "75 degrees.", ("Which heat?",)),
        "zh_Hans": ArticleText("多热？", "七十五度。"),
    }
    article_id = await _write(desk, texts, visibility="internal", category="Brewing")
    ana, sam = await browser_of("ana"), await browser_of("sam")
    form = await _form(desk, visibility="internal", then="review", version="")
    await ana.post(f"/knowledge/{article_id}", data=form)
    page = (await sam.get("/knowledge/reviews/1")).text
    assert "七十五度。" in page
    assert "Agents only" in page
    first = (await sam.get(f"/knowledge/{article_id}?lang=zh_Hant")).text
    beside = first[first.index('id="beside"') :]
    assert "75 degrees." in beside, "a language is begun with the original beside it"


async def test_what_the_form_says_is_kept_when_it_is_published_or_the_address_is_taken(
    desk: Desk, browser_of: SignIn
) -> None:
    sam = await browser_of("sam")
    form = await _form(desk, then="publish", archive_at="2099-01-01T10:00", slug="hot")
    first = (await sam.post("/knowledge/new", data=form)).headers["location"]
    assert 'value="2099-01-01T10:00"' in (await sam.get(first)).text
    second = (await sam.post("/knowledge/new", data=await _form(desk, then="save"))).headers
    here = second["location"].partition("?")[0]
    taken = await sam.post(here, data=await _form(desk, then="save", slug="hot", version=""))
    assert "reached as hot-2" in (await sam.get(taken.headers["location"])).text
    again = await sam.post(here, data=await _form(desk, then="save", slug="hot-2", version=""))
    assert again.headers["location"].endswith("saved=saved")
