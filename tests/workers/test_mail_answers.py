"""The confirmation of a mail may carry an answer; the mail waits for an agent all the same."""

import re

import pytest
from sqlalchemy import select, update

from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.organisation import inboxes
from app.models.work import outbox, raw_mails
from app.workers import parse_mail
from app.workers.keep import keep_delivered
from tests.desk import Desk
from tests.fixtures.mail import mail
from tests.fixtures.visitors import Article
from tests.fixtures.workers import Start, until

QUESTION = "How do I return a parcel?"


async def _rows(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


async def _written(desk: Desk, work: Start, subject: str, text: str) -> str:
    """A customer writes; returns the text of the confirmation."""

    def change(tx):  # type: ignore[no-untyped-def]
        settings = {"acknowledge": True, "answers": "answer"}
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["email"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)
    raw = mail(text, subject=subject)
    to = ["help@tea.example"]
    await keep_delivered(desk.runtime, [desk.inboxes["email"]], raw, "kim@example.com", to)
    await work(parse_mail.WORKER)

    async def was_read() -> bool:
        return bool(await _rows(desk, select(raw_mails.c.id).where(raw_mails.c.state == "parsed")))

    await until(was_read)
    [queued] = await _rows(desk, select(outbox.c.payload))
    return str(queued.payload["text"])


@pytest.fixture
async def articles(desk: Desk, article: Article) -> None:
    """What the help pages know, and what only agents may read."""
    await article(QUESTION, "Print the label, save 100% of the fee, and bring it to a post office.")
    await article("Can I pay by invoice?", "Companies can.")
    await article("How do we refund by hand?", "Press the red button.", visibility="internal")


async def test_a_sure_answer_rides_along_and_the_mail_waits(
    desk: Desk, work: Start, articles: None
) -> None:
    text = await _written(desk, work, QUESTION, "How do I return a parcel?")
    assert "save 100% of the fee" in text
    assert "found automatically" in text
    [contact] = await _rows(desk, select(contacts.c.status))
    assert contact.status == "waiting"
    lines = await _rows(desk, select(messages.c.text).where(messages.c.kind == "system"))
    assert ("answer_mailed",) in [tuple(line) for line in lines]


async def test_the_customer_confirms_and_nobody_has_to_answer(
    desk: Desk, work: Start, articles: None, client
) -> None:  # type: ignore[no-untyped-def]
    text = await _written(desk, work, QUESTION, "How do I return a parcel?")
    path = re.search(r"/answered/\S+", text)
    assert path is not None
    asked = await client.get(path[0])
    assert "Did the article answer" in asked.text
    assert asked.text.count("<main") == 1
    [contact] = await _rows(desk, select(contacts.c.status))
    assert contact.status == "waiting", "opening the link changes nothing"
    confirmed = await client.post(path[0])
    assert "glad that helped" in confirmed.text
    [contact] = await _rows(desk, select(contacts.c.status, contacts.c.outcome))
    assert tuple(contact) == ("ended", "self_served")
    [conversation] = await _rows(desk, select(conversations.c.status, conversations.c.self_served))
    assert tuple(conversation) == ("done", True)


async def test_no_answer_is_better_than_an_internal_one(
    desk: Desk, work: Start, articles: None
) -> None:
    text = await _written(desk, work, "Refund", "How do we refund by hand?")
    assert "red button" not in text
    assert "automatically in our help pages" not in text


async def test_a_letter_is_answered_by_the_question_in_it(
    desk: Desk, work: Start, articles: None
) -> None:
    letter = "Hello,\n\nI bought a cup of yours for my aunt. How do I return a parcel?\n\nBest, Kim"
    text = await _written(desk, work, "Something else", letter)
    assert "Print the label" in text
