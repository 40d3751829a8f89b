"""Automatic answers in the chat: said to be automatic, declined, handed over, and never twice."""

from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.organisation import business_hours, inboxes
from app.models.question import deflections
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.visitors import Article, Browser, NewBrowser

QUESTION = "How do I return a parcel?"
ANSWER = "Print the label from your order page and bring the parcel to any post office."


async def setting(desk: Desk, **settings: Any) -> None:
    """What the chat inbox is set to."""

    def change(tx):  # type: ignore[no-untyped-def]
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["chat"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)


async def rows(desk: Desk, table: Any) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(table).order_by(table.c.id))).all())


@pytest.fixture
async def kim(desk: Desk, widget: NewBrowser, article: Article) -> Browser:
    """A visitor of a chat whose help pages know how parcels are returned."""
    await setting(desk, answers="answer")
    await desk.available("ana")
    await article(QUESTION, ANSWER)
    await article("Which teas are without caffeine?", "Rooibos and all herbal infusions.")
    await article("Can I pay by invoice?", "Companies can, from their second order on.")
    return await widget()


async def test_a_sure_answer_is_marked_as_automatic_and_asks_nobody(
    desk: Desk, kim: Browser
) -> None:
    said = await kim.say(QUESTION)
    assert "Automatic answer from our help pages" in said.text
    assert "Print the label" in said.text
    assert "That answers it" in said.text
    assert "Talk to a person" in said.text
    assert await rows(desk, contacts) == []
    (row,) = await rows(desk, deflections)
    assert (row.arm, row.outcome, row.answered_article_id is not None) == ("shown", "shown", True)


@pytest.mark.engine
async def test_who_is_helped_leaves_and_no_contact_is_made(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    done = await kim.post("/widget/helped")
    assert "Glad that is solved" in done.text
    assert await rows(desk, contacts) == []
    (conversation,) = await rows(desk, conversations)
    assert (conversation.status, conversation.self_served) == ("done", True)
    assert [row.outcome for row in await rows(desk, deflections)] == ["solved"]


@pytest.mark.engine
async def test_a_later_message_reopens_and_asks_a_person(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    await kim.post("/widget/helped")
    await kim.open()
    await kim.say(QUESTION)
    (contact,) = await rows(desk, contacts)
    assert contact.status == "waiting"
    (line,) = [m for m in await rows(desk, messages) if m.text == "machine_gave_up"]
    assert line.details["why"] == "came_back"


async def test_declining_tells_the_agent_what_was_tried(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    handed = await kim.post("/widget/person")
    assert "Talk to a person" not in handed.text
    (contact,) = await rows(desk, contacts)
    assert contact.status == "waiting"
    (line,) = [m for m in await rows(desk, messages) if m.text == "machine_gave_up"]
    assert line.details["why"] == "declined"
    assert [(it["title"], it["said"]) for it in line.details["tried"]] == [(QUESTION, "declined")]
    assert [row.outcome for row in await rows(desk, deflections)] == ["sent"]


async def test_nobody_is_answered_by_machine_after_the_handover(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    await kim.post("/widget/person")
    again = await kim.say("Can I pay by invoice?")
    assert "Automatic" not in again.text
    assert len([m for m in await rows(desk, messages) if m.kind == "outbound"]) == 1
    assert (await kim.post("/widget/person")).status_code == 409


async def test_an_unsure_machine_says_so_and_hands_over(desk: Desk, kim: Browser) -> None:
    said = await kim.say("Is your shop in Berlin open on Sundays?")
    assert "I cannot answer this" in said.text
    assert len(await rows(desk, contacts)) == 1


@pytest.mark.engine
@pytest.mark.parametrize("word", ["human", "I want to talk to an agent!", "人工"])
async def test_a_word_for_a_person_asks_one_at_once(desk: Desk, kim: Browser, word: str) -> None:
    said = await kim.say(word)
    assert "Automatic" not in said.text
    assert len(await rows(desk, contacts)) == 1


@pytest.mark.engine
async def test_the_same_answer_is_not_given_twice(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    await kim.say(QUESTION)
    assert len(await rows(desk, contacts)) == 1
    (line,) = [m for m in await rows(desk, messages) if m.text == "machine_gave_up"]
    assert line.details["why"] == "again"


async def test_internal_articles_never_answer(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await setting(desk, answers="answer")
    await desk.available("ana")
    await article("How do we refund by hand?", "Secret: use the red button.", visibility="internal")
    await article(QUESTION, ANSWER)
    kim = await widget()
    said = await kim.say("How do we refund by hand?")
    assert "red button" not in said.text
    assert "refund by hand?</span>" not in said.text
    assert len(await rows(desk, contacts)) == 1


@pytest.mark.engine
async def test_off_asks_a_person_at_once(desk: Desk, widget: NewBrowser, article: Article) -> None:
    await setting(desk, answers="suggest")
    await desk.available("ana")
    await article(QUESTION, ANSWER)
    kim = await widget()
    assert "Automatic" not in (await kim.say(QUESTION)).text
    assert len(await rows(desk, contacts)) == 1


async def test_who_is_held_out_sees_neither_answer_nor_suggestion(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await setting(desk, answers="answer", holdout_pct=100)
    await desk.available("ana")
    await article(QUESTION, ANSWER)
    kim = await widget()
    assert "Automatic" not in (await kim.say(QUESTION)).text
    assert len(await rows(desk, contacts)) == 1
    (row,) = await rows(desk, deflections)
    assert (row.arm, row.outcome) == ("held", "sent")


async def test_a_retried_message_is_answered_once(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION, key="k" * 20)
    again = await kim.say(QUESTION, key="k" * 20)
    assert "Print the label" in again.text
    assert len([m for m in await rows(desk, messages) if m.kind == "outbound"]) == 1


async def _close(desk: Desk) -> None:
    """It is a Saturday; the chat is open on Mondays."""

    def change(tx):  # type: ignore[no-untyped-def]
        spans = {"0": [["09:00", "17:00"]]}
        hours = tx.execute(
            insert(business_hours)
            .values(name="Mondays", time_zone="UTC", spans=spans, holidays=[])
            .returning(business_hours.c.id)
        ).scalar_one()
        tx.execute(update(inboxes).values(hours_id=hours))

    await desk.runtime.db.write(change)


async def test_outside_business_hours_the_help_pages_answer_and_nobody_need_wait(
    desk: Desk, ticking: None, kim: Browser
) -> None:
    await _close(desk)
    await kim.open()
    assert "our help pages answer at once" in kim.panel
    assert "ask-email" not in kim.panel
    said = await kim.say(QUESTION)
    assert "Print the label" in said.text
    assert "Glad that is solved" in (await kim.post("/widget/helped")).text
    assert await rows(desk, contacts) == []


async def test_what_stays_open_outside_business_hours_waits_and_an_address_is_asked_for(
    desk: Desk, ticking: None, kim: Browser
) -> None:
    await _close(desk)
    said = await kim.say("Is your shop in Berlin open on Sundays?")
    assert "nobody is here right now" in said.text
    assert "We are back Mon, Jan 18, 9:00" in said.text
    assert '<details class="instead" id="instead" open' in said.text
    (contact,) = await rows(desk, contacts)
    assert (contact.status, contact.channel) == ("waiting", "chat")
    left = await kim.post("/widget/by-mail", email="kim@example.com")
    assert "The answer comes by email to kim@example.com" in left.text
    assert [it.channel for it in await rows(desk, contacts) if it.status == "waiting"] == ["form"]


@pytest.mark.engine
async def test_whose_address_is_known_is_answered_by_mail_once_nobody_is_there(
    desk: Desk, ticking: None, kim: Browser
) -> None:
    await _close(desk)
    await kim.say(QUESTION, email="kim@example.com")
    asked = await kim.post("/widget/person")
    assert "The answer comes by email to kim@example.com" in asked.text
    waiting = [it.channel for it in await rows(desk, contacts) if it.status == "waiting"]
    assert waiting == ["form"]
    assert [row.payload["to"] for row in await rows(desk, outbox)] == ["kim@example.com"]
    (line,) = [m for m in await rows(desk, messages) if m.text == "machine_gave_up"]
    assert line.details["why"] == "declined"


async def test_without_help_pages_a_message_at_night_needs_an_address_as_ever(
    desk: Desk, widget: NewBrowser, ticking: None
) -> None:
    await setting(desk, answers="answer")
    await desk.available("ana")
    await _close(desk)
    kim = await widget()
    assert "ask-email" in kim.panel
    assert (await kim.say(QUESTION)).status_code == 409


async def test_who_only_says_hello_is_greeted_once_and_then_answered(
    desk: Desk, kim: Browser
) -> None:
    greeted = await kim.say("Hi there!")
    assert "What would you like to know?" in greeted.text
    assert "Talk to a person" in greeted.text
    assert "That answers it" not in greeted.text
    assert "Print the label" in (await kim.say(QUESTION)).text
    assert await rows(desk, contacts) == []
    (row,) = await rows(desk, deflections)
    assert row.answered_article_id is not None


@pytest.mark.engine
async def test_who_says_hello_again_gets_a_person(desk: Desk, kim: Browser) -> None:
    await kim.say("Hello")
    await kim.say("你好！")
    assert len(await rows(desk, contacts)) == 1


async def test_an_answer_is_shown_as_it_is_written(
    desk: Desk, widget: NewBrowser, article: Article
) -> None:
    await setting(desk, answers="answer")
    await desk.available("ana")
    steps = "Here is **how**:\n\n1. Print the label.\n2. Bring the parcel to a post office."
    await article(QUESTION, steps)
    long = "\n\n".join(
        f"Of invoices there are {n} kinds, each with its own colour." for n in range(9)
    )
    await article("Can I pay by invoice?", f"{long}\n\n1. Ask.\n2. Companies pay by invoice later.")
    kim = await widget()
    assert "Here is how:\n\n1. Print the label.\n2. Bring" in (await kim.say(QUESTION)).text
    said = (await kim.say("Can I pay by invoice?")).text
    assert "Of invoices there are 0" not in said
    assert "1. Ask.\n2. Companies pay" in said


@pytest.mark.parametrize("words", ["Thanks!", "ok, thank you", "谢谢！"])
async def test_who_thanks_is_helped_and_asks_nobody(desk: Desk, kim: Browser, words: str) -> None:
    await kim.say(QUESTION)
    done = await kim.say(words)
    assert "Glad that is solved" in done.text
    await kim.open()
    await kim.say("Thank you")  # once more is no question either
    assert await rows(desk, contacts) == []
    assert [row.outcome for row in await rows(desk, deflections)] == ["solved"]


async def test_a_no_to_an_answer_declines_it(desk: Desk, kim: Browser) -> None:
    await kim.say(QUESTION)
    said = await kim.say("No, that does not help")
    assert "I cannot answer" not in said.text
    (contact,) = await rows(desk, contacts)
    assert contact.status == "waiting"
    (line,) = [m for m in await rows(desk, messages) if m.text == "machine_gave_up"]
    assert (line.details["why"], line.details["tried"][0]["said"]) == ("declined", "declined")
