"""A language model may quote passages of public articles, and nothing else reaches a customer."""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from app.actions.language_model import ModelForm, set_language_model
from app.answering import attempt
from app.db import Invalid
from app.models.answering import model_calls
from app.models.organisation import installation
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.visitors import Article
from tests.servers.openai import ModelServer, model_server

QUESTION = "How do I return a parcel?"
BODY = "Print the label from your order page. Bring the parcel to any post office within 30 days."


@pytest.fixture
def model() -> Iterator[ModelServer]:
    """A model on a real port."""
    with model_server() as found:
        yield found


@pytest.fixture
async def asked(desk: Desk, article: Article, model: ModelServer) -> Any:
    """`await asked()`: what the help pages say to the question, with the model turned on."""
    await article(QUESTION, BODY)
    await article("Can I pay by invoice?", "Companies can.")
    await article("How do we refund by hand?", "Press the red button.", visibility="internal")
    desk.runtime.settings.models_private = True
    form = ModelForm(True, model.url, "tiny", "sk-secret", 2)
    secret = desk.runtime.secret
    await desk.runtime.db.write(set_language_model, await desk.actor("ada"), 0, form, secret)

    async def ask(question: str = QUESTION) -> Any:
        return await attempt(desk.runtime, desk.brand, "tea", question, "en")

    return ask


async def calls(desk: Desk) -> list[Any]:
    async with desk.runtime.db.read() as conn:
        return list((await conn.execute(select(model_calls))).all())


async def test_a_quotation_is_used_and_the_call_is_kept(
    desk: Desk, asked: Any, model: ModelServer
) -> None:
    model.says = "Bring the parcel to any post office within 30 days."
    found = await asked()
    assert (found.text, found.by_model) == (model.says, True)
    assert model.keys == ["Bearer sk-secret"]
    sent = str(model.asked)
    assert "Print the label" in sent
    assert "red button" not in sent
    [call] = await calls(desk)
    assert (call.used, call.output, call.error) == (True, model.says, "")


async def test_the_article_that_was_quoted_is_the_one_that_is_named(
    desk: Desk, article: Article, asked: Any, model: ModelServer
) -> None:
    other = await article("How do I return a parcel as a gift?", "Gifts go back by courier.")
    model.says = "Gifts go back by courier."
    found = await asked()
    assert (found.text, found.by_model) == (model.says, True)
    assert [source.article_id for source in found.sources] == [other]


@pytest.mark.parametrize(
    "says",
    [
        "Bring the parcel to any post office within 90 days.",
        "You will get a voucher of 100 euros!",
        "Press the red button.",  # of an article for agents only
        '{"choices": \ufffd\u202e',
        "NONE",
        "",
    ],
)
async def test_whatever_is_no_quotation_is_thrown_away(
    desk: Desk, asked: Any, model: ModelServer, says: str
) -> None:
    model.says = says
    found = await asked()
    assert found.by_model is False
    assert found.text in BODY
    [call] = await calls(desk)
    assert call.used is False


async def test_a_model_that_fails_or_dawdles_costs_only_its_time(
    desk: Desk, asked: Any, model: ModelServer
) -> None:
    model.status = 500
    assert (await asked()).by_model is False
    model.status, model.slow_s = 200, 3.0
    model.says = "Print the label from your order page."
    assert (await asked()).by_model is False
    errors = [call.error for call in await calls(desk)]
    assert errors[0] == "ValueError: answered 500"
    assert errors[1].startswith("TimeoutError")


async def test_a_private_address_is_asked_only_where_the_installation_allows_it(
    desk: Desk, asked: Any, model: ModelServer
) -> None:
    desk.runtime.settings.models_private = False
    model.says = "Print the label from your order page."
    assert (await asked()).by_model is False
    assert model.asked == []
    [call] = await calls(desk)
    assert "not a public address" in call.error


async def test_questions_leave_without_personal_data(
    desk: Desk, asked: Any, model: ModelServer
) -> None:
    await asked("How do I return a parcel? I am kim@example.com")
    assert "kim@example.com" not in str(model.asked)


async def test_it_is_off_until_an_administrator_turns_it_on(
    desk: Desk, browser_of: SignIn, article: Article, model: ModelServer
) -> None:
    await article(QUESTION, BODY)
    await article("Can I pay by invoice?", "Companies can.")
    assert (await attempt(desk.runtime, desk.brand, "tea", QUESTION, "en")).by_model is False
    assert await calls(desk) == []
    ada, ana = await browser_of("ada"), await browser_of("ana")
    assert (await ana.get("/admin/language-model")).status_code == 404
    page = await ada.get("/admin/language-model")
    assert "Use it" in page.text
    typed = {"on": "on", "base_url": model.url, "model": "tiny", "key": "sk-secret"}
    refused = await ada.post("/admin/language-model", data=typed | {"model": ""})
    assert refused.status_code == 422
    assert (await ada.post("/admin/language-model", data=typed)).status_code == 303
    again = await ada.get("/admin/language-model")
    assert "sk-secret" not in again.text
    async with desk.runtime.db.read() as conn:
        kept = (
            await conn.execute(
                select(installation.c.value).where(installation.c.name == "language_model")
            )
        ).scalar_one()
    assert "sk-secret" not in str(kept)
    form = ModelForm(True, "ftp://x", "m", "", 2)
    actor, secret = await desk.actor("ada"), desk.runtime.secret
    with pytest.raises(Invalid):
        await desk.runtime.db.write(set_language_model, actor, 0, form, secret)
