"""Beside a conversation: what it is about, articles that may answer, and how others were solved."""

import pytest
from sqlalchemy import insert, select, update

from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.models.answering import topics
from app.models.conversation import conversations
from app.models.organisation import inboxes
from app.models.question import article_uses, contact_classes
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.visitors import Article, NewBrowser

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


async def test_answers_that_say_the_same_are_listed_once_and_name_nobody(
    desk: Desk, browser_of: SignIn
) -> None:
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    await desk.available("ana")
    for order in ("A-1001", "B-2002", "C-3003"):
        old = await desk.mail(f"My parcel {order} is late, where is the parcel?", name="Nora Lind")
        await desk.accept("ana")
        reply = f"Hello Nora,\n\nthe parcel {order} comes today, Nora.\n\nBest,\nAna"
        await write(send_message, ana, old.conversation_id, Reply(reply, f"key-{order}-1234"))
        await write(resolve, ana, old.conversation_id)
    new = await desk.mail("Where is my parcel? It is late.", email="max@example.com", name="Max")
    beside = (await (await browser_of("ana")).get(f"/inbox/{new.conversation_id}/assist")).text
    assert beside.count("Insert this answer") == 1
    assert "and 2 more answered alike" in beside
    assert "comes today, [name]." in beside
    assert "3003 comes" not in beside
    assert "Best," not in beside


async def test_what_the_customer_declined_is_marked_and_not_first(
    desk: Desk, browser_of: SignIn, article: Article, widget: NewBrowser
) -> None:
    def change(tx):  # type: ignore[no-untyped-def]
        here = inboxes.c.id == desk.inboxes["chat"]
        tx.execute(update(inboxes).where(here).values(settings={"answers": "answer"}))

    await desk.runtime.db.write(change)
    await desk.available("ana")
    declined = await article("How do I return a parcel?", "1. Print the **label**.\n2. Post it.")
    await article("How do I return a parcel as a gift?", "A return is paid back in 5 days.")
    kim = await widget()
    await kim.say("How do I return a parcel?")
    await kim.post("/widget/person")
    async with desk.runtime.db.read() as conn:
        (row,) = (await conn.execute(select(conversations))).all()
    assert row.preview == "How do I return a parcel?"  # not what the machine said
    beside = (await (await browser_of("ana")).get(f"/inbox/{row.id}/assist")).text
    mark = beside.index("Did not help this customer")
    assert beside.index("as a gift") < mark < beside.index(f"article:{declined}")
    assert beside.index('data-shortcut="x"') < mark
    assert 'data-insert="1. Print the label.\n2. Post it."' in beside
