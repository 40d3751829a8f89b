"""Beside a conversation: what it is about, articles that may answer, and how others were solved."""

import pytest
from sqlalchemy import insert, select

from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.models.answering import topics
from app.models.question import article_uses, contact_classes
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.visitors import Article

pytestmark = pytest.mark.engine


async def test_articles_and_solved_conversations_stand_beside_the_thread(
    desk: Desk, article: Article, browser_of: SignIn
) -> None:
    await desk.available("ana")
    number = await article("How do I return a parcel?", "Print the label.")
    old = await desk.mail("How can I return my parcel to you?", email="li@example.com")
    await desk.accept("ana")
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    reply = Reply("Use the label in the box.", "key-12345678")
    await write(send_message, ana, old.conversation_id, reply)
    await write(resolve, ana, old.conversation_id)
    new = await desk.mail("Hello, I want to return a parcel, how?")
    browser = await browser_of("ana")
    beside = await browser.get(f"/inbox/{new.conversation_id}/assist")
    assert "How do I return a parcel?" in beside.text
    assert 'data-shortcut="x"' in beside.text
    assert f"/inbox/{old.conversation_id}?view=all" in beside.text
    assert "Use the label in the box." in beside.text
    used = f"/inbox/{new.conversation_id}/articles/{number}/used"
    for _ in range(2):
        assert (await browser.post(used, data={"how": "inserted"})).status_code == 204
    async with desk.runtime.db.read() as conn:
        rows = (await conn.execute(select(article_uses.c.article_id, article_uses.c.how))).all()
    assert [tuple(row) for row in rows] == [(number, "inserted")]


async def test_a_topic_is_corrected_by_choosing_another(desk: Desk, browser_of: SignIn) -> None:
    def add(tx):  # type: ignore[no-untyped-def]
        tx.execute(insert(topics).values(name="Parcels", words="parcel", created_at=1))
        tx.execute(insert(topics).values(name="Customs", words="customs", created_at=1))

    await desk.runtime.db.write(add)
    received = await desk.mail("Where is my parcel? This is ridiculous!")
    browser = await browser_of("ana")
    beside = await browser.get(f"/inbox/{received.conversation_id}/assist")
    assert "Parcels" in beside.text
    assert "Found by the word “parcel”" in beside.text
    assert "Upset" in beside.text
    answer = await browser.post(
        f"/inbox/{received.conversation_id}/classes", data={"what": "topic", "value": "Customs"}
    )
    assert "Corrected by Ana" in answer.text
    async with desk.runtime.db.read() as conn:
        row = (await conn.execute(select(contact_classes))).one()
    assert (row.topic, row.mood) == ("Customs", "negative")
