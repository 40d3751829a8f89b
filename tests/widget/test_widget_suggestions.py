"""Answers before anybody waits: suggestions, articles in the widget, and what they led to."""

import uuid

import pytest
from sqlalchemy import select

from app.models.contact import contacts
from app.models.question import deflections
from tests.desk import Desk
from tests.fixtures.visitors import Article, NewBrowser

pytestmark = pytest.mark.engine


async def _deflection(desk: Desk):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(select(deflections))).one()


async def test_typing_suggests_public_articles_of_the_brand(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await article("How do I return a parcel?")
    await article("Refund a parcel by hand", visibility="internal")
    kim = await widget()
    visit = str(uuid.uuid4())
    found = await kim.client.get(
        "/widget/suggest", params={"key": "chat-key", "q": "return my parc", "visit": visit}
    )
    assert "How do I return a parcel?" in found.text
    assert "by hand" not in found.text
    row = await _deflection(desk)
    assert (row.key, row.outcome, len(row.shown)) == (visit, "shown", 1)


async def test_an_article_that_solves_it_counts_and_ends_the_wait(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await desk.available("ana")
    article_id = await article("How do I return a parcel?", "Print **the label**.")
    kim = await widget()
    await kim.say("Hello?")
    visit = str(uuid.uuid4())
    await kim.client.get(
        "/widget/suggest", params={"key": "chat-key", "q": "return parcel", "visit": visit}
    )
    shown = await kim.get(f"/widget/article/{article_id}", visit=visit)
    assert "<strong>the label</strong>" in shown.text
    assert (await _deflection(desk)).outcome == "opened"
    await kim.post("/widget/solved", deflection=visit, article=article_id)
    row = await _deflection(desk)
    assert (row.outcome, row.article_id) == ("solved", article_id)
    async with desk.runtime.db.read() as conn:
        contact = (await conn.execute(select(contacts))).one()
    assert (contact.status, contact.outcome) == ("ended", "self_served")


async def test_a_message_after_suggestions_counts_as_sent(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await desk.available("ana")
    await article("How do I return a parcel?")
    kim = await widget()
    visit = str(uuid.uuid4())
    await kim.client.get(
        "/widget/suggest", params={"key": "chat-key", "q": "return parcel", "visit": visit}
    )
    await kim.say("Still need help", deflection=visit)
    assert (await _deflection(desk)).outcome == "sent"


async def test_internal_articles_are_not_opened_by_their_number(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    hidden = await article("Refund by hand", visibility="internal")
    kim = await widget()
    assert (await kim.get(f"/widget/article/{hidden}")).status_code == 404


async def test_another_inbox_cannot_touch_the_visit(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await article("How do I return a parcel?")
    kim = await widget()
    visit = str(uuid.uuid4())
    query = {"q": "return parcel", "visit": visit}
    await kim.client.get("/widget/suggest", params={"key": "chat-key", **query})
    other = await kim.client.get("/widget/suggest", params={"key": "form-key", **query})
    assert other.status_code == 404


async def test_chinese_is_suggested_after_two_characters(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await article("怎么退货？", "请打印退货标签。", locale="zh_Hans")
    kim = await widget()
    found = await kim.client.get(
        "/widget/suggest", params={"key": "chat-key", "q": "退货", "lang": "zh-CN"}
    )
    assert "怎么退货？" in found.text
