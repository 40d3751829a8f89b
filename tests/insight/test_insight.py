"""Deflection told honestly, gaps with their cost, and who may see them."""

import re
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.actions.article import ArticleDetails, ArticleDraft, ArticleText, save_article
from app.actions.article_publish import publish_article
from app.actions.deflect import arm_of
from app.models.agent import agents
from app.models.organisation import inboxes
from app.models.question import deflections, unanswered_questions
from app.queries.deflection import deflection
from app.workers.questions import follow_new
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking
from tests.fixtures.visitors import Article, NewBrowser

pytestmark = pytest.mark.engine
DAY = 86_400


async def visits(desk: Desk, *rows: dict[str, Any]) -> None:
    def write(tx: Any) -> None:
        for number, row in enumerate(rows):
            values = {
                "key": f"visit-{number:012d}", "inbox_id": desk.inboxes["chat"],
                "query": "return parcel", "shown": [], "outcome": "shown",
                "created_at": clock.now() - 5 * DAY * 1000, "updated_at": clock.now(),
            }  # fmt: skip
            tx.execute(insert(deflections).values(values | row))

    await desk.runtime.db.write(write)


async def test_confirmed_assumed_and_taken_back_are_told_apart(
    desk: Desk, article: Article
) -> None:
    number = await article("How do I return a parcel?")
    now = clock.now()
    await visits(
        desk,
        {"outcome": "solved", "article_id": number},
        {"outcome": "solved", "came_back_at": now},
        {"outcome": "opened", "article_id": number},
        {"outcome": "opened", "created_at": now - 1000},
        {"answered_article_id": number},
        {"outcome": "sent"},
        {"outcome": "shown"},
        {"arm": "held", "outcome": "sent"},
        {"arm": "held"},
    )
    found = await desk.runtime.db.query(deflection, {desk.brand}, 0, now + 1, now)
    s = found.shown
    assert (s.visits, s.confirmed, s.assumed, s.pending, s.revoked, s.sent) == (7, 1, 2, 1, 1, 1)
    assert (s.settled, s.contacts) == (6, 1)
    assert (found.held.settled, found.held.contacts) == (2, 1)
    assert found.effect is not None
    assert found.effect.low < found.effect.difference < found.effect.high
    assert [(line.article_id, line.sums.visits) for line in found.articles] == [(number, 3)]
    assert (await desk.runtime.db.query(deflection, {999}, 0, now + 1, now)).shown.visits == 0


def test_the_share_that_is_held_out_is_the_one_asked_for_and_stays() -> None:
    held = [arm_of(1, f"visitor {n}", 5) for n in range(4_000)].count("held")
    assert 140 <= held <= 260
    assert {arm_of(1, "kim", 50) for _ in range(5)} in ({"held"}, {"shown"})
    assert arm_of(1, "kim", 0) == "shown"


async def test_who_comes_back_within_a_week_takes_it_back(
    desk: Desk, widget: NewBrowser, article: Article, ticking: Ticking
) -> None:
    def change(tx: Any) -> None:
        settings = {"answers": "answer"}
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["chat"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)
    await desk.available("ana")
    await article("How do I return a parcel?", "Print the label.")
    await article("Can I pay by invoice?", "Companies can.")
    kim = await widget()
    await kim.say("How do I return a parcel?")
    await kim.post("/widget/helped")
    ticking.forward(s=2 * DAY)
    await desk.available("ana")
    await kim.open()
    await kim.say("Where do I find that label? I am lost.")
    ticking.forward(s=10)
    assert await follow_new(desk.runtime) == 1
    async with desk.runtime.db.read() as conn:
        rows = (await conn.execute(select(deflections).order_by(deflections.c.id))).all()
    assert rows[0].outcome == "solved"
    assert rows[0].came_back_at is not None


async def test_questions_without_an_answer_are_kept_once_without_personal_data(
    desk: Desk, article: Article, ticking: Ticking
) -> None:
    await article("How do I return a parcel?", "Print the label.")
    await article("Can I pay by invoice?", "Companies can.")
    await article("Which teas are without caffeine?", "Rooibos and herbs.")
    text = "Is there a lobster menu in your restaurant? Mail me: kim@example.com"
    await desk.mail(text, subject="Lobsters")
    ticking.forward(s=10)
    assert await follow_new(desk.runtime) == 1
    assert await follow_new(desk.runtime) == 0
    async with desk.runtime.db.read() as conn:
        [row] = (await conn.execute(select(unanswered_questions))).all()
    assert (row.source, row.brand_id) == ("mail", desk.brand)
    assert "kim@example.com" not in row.query
    assert "Lobsters" in row.query


async def test_the_pages_show_gaps_searches_and_effects(desk: Desk, browser_of: SignIn) -> None:
    def write(tx: Any) -> None:
        for words in ("Do you ship to Norway?", "do you ship to norway", "Shipping to Norway?"):
            tx.execute(
                insert(unanswered_questions).values(
                    brand_id=desk.brand, query=words, locale="en", source="widget", hits=1,
                    created_at=clock.now() - 1000,
                )
            )  # fmt: skip
        tx.execute(
            insert(unanswered_questions).values(
                brand_id=desk.brand, query="gift wrap", locale="en", source="search", hits=0,
                created_at=clock.now() - 1000,
            )
        )  # fmt: skip

    await desk.runtime.db.write(write)
    ana, sam = await browser_of("ana"), await browser_of("sam")
    gaps = await ana.get("/knowledge/gaps?fresh=1")
    assert gaps.status_code == 200
    assert "orway" in gaps.text
    assert "/knowledge/new?title=" in gaps.text
    assert "gift wrap" in gaps.text
    assert (await ana.get("/knowledge/deflection")).status_code == 404
    await visits(desk, {"outcome": "solved", "query": "=cmd()"}, {"arm": "held"})
    page = await sam.get("/knowledge/deflection")
    assert "Confirmed" in page.text
    assert "interval" in page.text
    file = await sam.get("/knowledge/deflection.csv")
    assert "'=cmd()" in file.text
    assert (await sam.get("/knowledge/gaps?brand=999")).status_code == 200


async def _asked(desk: Desk, *words: str) -> None:
    def write(tx: Any) -> None:
        for text in words:
            tx.execute(
                insert(unanswered_questions).values(
                    brand_id=desk.brand, query=text, locale="en", source="widget", hits=0,
                    created_at=clock.now() - 1000,
                )
            )  # fmt: skip

    await desk.runtime.db.write(write)


async def test_a_gap_says_who_writes_for_it_and_that_it_is_answered(
    desk: Desk, browser_of: SignIn, article: Article
) -> None:
    await article("How do I return a parcel?", "Print the label.")
    await _asked(desk, "Do you ship to Norway?", "do you ship to norway", "Shipping to Norway?")
    ana, ada = await browser_of("ana"), await desk.actor("ada")
    page = await ana.get("/knowledge/gaps")
    assert f"lang=en&amp;brand={desk.brand}" in page.text
    text = ArticleText("Do you ship to Norway?", "Yes, in five days.", ("Shipping to Norway?",))
    details = ArticleDetails(owner_id=ada.agent_id)
    draft = ArticleDraft({"en": text}, details=details)
    number = await desk.runtime.db.write(save_article, ada, desk.brand, draft)
    await desk.runtime.knowledge.settled()
    drafted = (await ana.get("/knowledge/gaps")).text
    assert "Draft of Ada" in drafted
    assert "/knowledge/new?" not in drafted
    await desk.runtime.db.write(publish_article, ada, number)
    await desk.runtime.knowledge.settled()
    assert "Answered now: Do you ship to Norway?" in (await ana.get("/knowledge/gaps")).text


async def test_words_that_an_article_lacks_are_added_to_it(
    desk: Desk, browser_of: SignIn, article: Article
) -> None:
    number = await article("How do I return a parcel?", "Print the label.")
    await article("Which teas are without caffeine?", "Rooibos and herbs.")
    await _asked(
        desk, "return parcel abroad customs form", "parcel return from abroad with customs"
    )
    ana = await browser_of("ana")
    page = (await ana.get("/knowledge/gaps")).text
    assert "Perhaps only words are missing in “How do I return a parcel?”" in page
    add = re.search(rf'href="(/knowledge/{number}\?[^"]+)"', page)
    assert add is not None
    editor = (await ana.get(add[1].replace("&amp;", "&"))).text
    assert re.search(r"<textarea[^>]*alternatives[^>]*>[^<]*customs form", editor)


async def test_a_gap_that_needs_no_article_is_dropped(desk: Desk, browser_of: SignIn) -> None:
    await _asked(
        desk, "Do you ship to Norway?", "do you ship to norway", "Is tea wet?", "is tea wet"
    )
    ana = await browser_of("ana")
    page = await ana.get("/knowledge/gaps")
    ids = re.findall(r'name="ids" value="([\d,]+)"', page.text)
    assert len(ids) == 2
    await ana.post("/knowledge/gaps/drop", data={"ids": ids[0]})
    left = (await ana.get("/knowledge/gaps")).text
    assert len(re.findall(r'name="ids"', left)) == 1

    def forbid(tx: Any) -> None:
        tx.execute(update(agents).values(publishes=False))

    await desk.runtime.db.write(forbid)
    assert 'name="ids"' not in (await ana.get("/knowledge/gaps")).text
    assert (await ana.post("/knowledge/gaps/drop", data={"ids": ids[1]})).status_code == 409


async def test_the_api_reports_the_same(desk: Desk, machine: Machine) -> None:
    await visits(desk, {"outcome": "solved"}, {"arm": "held", "outcome": "sent"})
    sam, ana = await machine("sam"), await machine("ana")
    path = f"/reports/deflection?from=0&to={clock.now()}"
    found = (await sam.get(path)).json()
    assert (found["shown"]["confirmed"], found["held"]["contact_rate"]) == (1, 1.0)
    assert found["effect"]["difference"] == -1.0
    assert (await ana.get(path)).status_code in (403, 404)
