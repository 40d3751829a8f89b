"""A form that answers before it is sent, without JavaScript."""

import re
from typing import Any

import pytest
from sqlalchemy import select, update

from app.models.conversation import conversations, messages
from app.models.organisation import inboxes
from app.models.question import deflections
from tests.desk import Desk
from tests.fixtures.visitors import Article

pytestmark = pytest.mark.engine
QUESTION = "How do I return a parcel?"
FILLED = {"name": "Kim", "email": "kim@example.com", "message": QUESTION}


@pytest.fixture
async def form(desk: Desk, article: Article) -> str:
    """The address of a form whose help pages know how parcels are returned."""

    def change(tx):  # type: ignore[no-untyped-def]
        settings = {"answers": "answer"}
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["form"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)
    await article(QUESTION, "Print the label and bring the parcel to any post office.")
    await article("Can I pay by invoice?", "Companies can.")
    return "/form/form-key"


async def _count(desk: Desk, table: Any) -> int:
    async with desk.runtime.db.read() as conn:
        return len((await conn.execute(select(table.c.id))).all())


def _hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="(\w+)" value="([^"]*)"', page))


async def test_a_sure_answer_is_shown_and_nothing_is_sent_yet(desk: Desk, client, form) -> None:  # type: ignore[no-untyped-def]
    answered = await client.post(form, data=FILLED)
    assert answered.status_code == 200
    assert "Automatic answer from our help pages" in answered.text
    assert "Print the label" in answered.text
    assert "kim@example.com" in answered.text
    assert await _count(desk, conversations) == 0


async def test_that_answers_it_sends_nothing(desk: Desk, client, form) -> None:  # type: ignore[no-untyped-def]
    answered = await client.post(form, data=FILLED)
    solved = re.search(r'name="solved" value="(\d+)"', answered.text)
    assert solved is not None
    done = await client.post(form, data=FILLED | _hidden(answered.text) | {"solved": solved[1]})
    assert "Glad that helped" in done.text
    assert await _count(desk, conversations) == 0
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(deflections.c.outcome))).scalar() == "solved"


async def test_sent_all_the_same_tells_the_agent_what_was_shown(desk: Desk, client, form) -> None:  # type: ignore[no-untyped-def]
    answered = await client.post(form, data=FILLED)
    sent = await client.post(form, data=FILLED | _hidden(answered.text))
    assert sent.status_code == 303
    async with desk.runtime.db.read() as conn:
        line = (
            await conn.execute(select(messages).where(messages.c.text == "machine_gave_up"))
        ).one()
        outcome = (await conn.execute(select(deflections.c.outcome))).scalar()
    assert line.details["tried"][0]["title"] == QUESTION
    assert outcome == "sent"


async def test_a_question_without_a_sure_answer_is_sent_at_once(desk: Desk, client, form) -> None:  # type: ignore[no-untyped-def]
    sent = await client.post(form, data=FILLED | {"message": "My teapot came broken today."})
    assert sent.status_code == 303
    assert await _count(desk, conversations) == 1


async def test_what_may_be_related_is_shown_once_and_not_as_an_answer(
    desk: Desk, client, form: str, article: Article
) -> None:  # type: ignore[no-untyped-def]
    await article("Return a parcel from abroad", "Ask us for a label first.")
    filled = FILLED | {"message": "parcel return"}
    shown = await client.post(form, data=filled)
    assert shown.status_code == 200
    assert "This may be related" in shown.text
    assert "Automatic answer" not in shown.text
    assert shown.text.count('name="solved"') >= 2
    assert await _count(desk, conversations) == 0
    sent = await client.post(form, data=filled | _hidden(shown.text))
    assert sent.status_code == 303
    async with desk.runtime.db.read() as conn:
        line = (
            await conn.execute(select(messages).where(messages.c.text == "machine_gave_up"))
        ).one()
    assert line.details["why"] == "unsure"
    assert {it["title"] for it in line.details["tried"]} > {QUESTION}


async def test_a_subject_that_tells_nothing_hides_no_answer(desk: Desk, client, form: str) -> None:  # type: ignore[no-untyped-def]
    answered = await client.post(form, data=FILLED | {"subject": "Question about something else"})
    assert "Automatic answer from our help pages" in answered.text
