"""Web forms over HTTP: what they ask, take, refuse and promise."""

import re
import uuid

import httpx2 as httpx
import pytest
from sqlalchemy import func, select, update

from app.models.agent import agents
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, messages
from app.models.customer import customers
from app.models.organisation import inboxes
from app.models.question import deflections
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.visitors import Article

GOOD = {"name": "Kim Doe", "email": "Kim@Example.com", "message": "Where is my parcel?"}


async def _settings(desk: Desk, **settings: object) -> None:
    def change(tx):  # type: ignore[no-untyped-def]
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["form"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)


async def _all(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).all()


def _submission(page: httpx.Response) -> str:
    found = re.search(r'name="submission" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def test_a_form_becomes_a_conversation_with_a_number_and_a_confirmation(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    page = await client.get("/form/form-key")
    data = GOOD | {"submission": _submission(page), "subject": "Parcel"}
    answer = await client.post("/form/form-key", data=data)
    assert answer.status_code == 303
    sent = await client.get(answer.headers["location"])
    [conversation] = await _all(desk, select(conversations))
    assert f"Its number is #{conversation.id}" in sent.text
    assert (conversation.channel, conversation.subject) == ("form", "Parcel")
    [contact] = await _all(desk, select(contacts))
    assert (contact.status, contact.cost) == ("waiting", 1)
    [mail] = await _all(desk, select(outbox))
    assert mail.payload["to"] == "kim@example.com"
    assert f"#{conversation.id}" in mail.payload["subject"]
    assert mail.payload["automatic"] is True


async def test_answers_are_suggested_right_under_the_message(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    page = (await client.get("/form/form-key")).text
    places = [page.index(mark) for mark in ('name="message"', 'id="suggestions"', 'name="files"')]
    assert places == sorted(places)


async def test_a_double_click_is_one_message_and_one_mail(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    data = GOOD | {"submission": str(uuid.uuid4())}
    first = await client.post("/form/form-key", data=data)
    second = await client.post("/form/form-key", data=data)
    assert first.headers["location"] == second.headers["location"]
    assert len(await _all(desk, select(messages))) == 1
    assert len(await _all(desk, select(outbox))) == 1


async def test_errors_stand_at_their_fields_and_the_input_is_kept(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    data = {"name": "", "email": "kim at example", "message": "Precious <words>"}
    answer = await client.post("/form/form-key", data=data)
    assert answer.status_code == 422
    assert "2 things need your attention" in answer.text
    assert 'id="field-name-error"' in answer.text
    assert 'id="field-email-error"' in answer.text
    assert "Precious &lt;words&gt;" in answer.text
    assert 'value="kim at example"' in answer.text
    assert await _all(desk, select(conversations)) == []


async def test_a_machine_that_fills_the_trap_is_refused(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    answer = await client.post("/form/form-key", data=GOOD | {"website": "http://spam.example"})
    assert answer.status_code == 422
    assert await _all(desk, select(conversations)) == []


@pytest.mark.engine
async def test_files_come_with_the_form(desk: Desk, client: httpx.AsyncClient) -> None:
    files = [("files", ("a.txt", b"one")), ("files", ("b.txt", b"two"))]
    answer = await client.post("/form/form-key", data=GOOD, files=files)
    assert answer.status_code == 303
    names = await _all(desk, select(attachments.c.name).order_by(attachments.c.id))
    assert [row.name for row in names] == ["a.txt", "b.txt"]


async def test_a_file_that_runs_is_refused_at_its_field(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    files = [("files", ("run.exe", b"MZ"))]
    answer = await client.post("/form/form-key", data=GOOD, files=files)
    assert answer.status_code == 422
    assert "Files of this kind cannot be sent" in answer.text
    assert await _all(desk, select(conversations)) == []


async def test_a_form_asks_what_its_owner_wants_to_know(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    await _settings(
        desk,
        fields=[
            {"name": "email", "kind": "email", "required": True},
            {
                "name": "plan",
                "kind": "select",
                "label": {"en": "Your plan"},
                "options": ["Free", "Pro"],
            },
            {"name": "agree", "kind": "checkbox", "label": "I agree", "required": True},
            {"name": "what", "kind": "textarea", "label": {"en": "What", "zh_Hans": "什么事"}},
        ],
    )
    page = await client.get("/form/form-key?lang=zh-CN")
    assert "什么事" in page.text
    assert 'name="name"' not in page.text
    refused = await client.post("/form/form-key", data={"email": "k@e.example", "plan": "Gold"})
    assert "Please choose one of these" in refused.text
    data = {"email": "k@e.example", "plan": "Pro", "agree": "1", "what": "Hello"}
    assert (await client.post("/form/form-key", data=data)).status_code == 303
    [message] = await _all(desk, select(messages))
    assert message.text == "Hello"
    assert message.details["fields"]["Your plan"] == "Pro"


async def test_programs_send_json_and_may_repeat_it(desk: Desk, client: httpx.AsyncClient) -> None:
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    first = await client.post("/form/form-key.json", json=GOOD, headers=headers)
    again = await client.post("/form/form-key.json", json=GOOD, headers=headers)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["reference"] == again.json()["reference"]
    refused = await client.post("/form/form-key.json", json={"email": 7})
    assert refused.status_code == 422
    assert refused.json()["errors"]["email"] == "not_an_email"
    assert (await client.post("/form/form-key.json", content=b"[")).status_code == 400


async def test_only_allowed_sites_may_send_json_or_embed(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    await _settings(desk, allowed_sites=["https://shop.example"])
    for origin, allowed in (("https://shop.example", True), ("https://evil.example", False)):
        answer = await client.options("/form/form-key.json", headers={"Origin": origin})
        assert (answer.headers.get("access-control-allow-origin") == origin) is allowed
        page = await client.get("/form/form-key", params={"embed": 1, "origin": origin})
        assert (page.status_code == 200) is allowed
    policy = (await client.get("/form/form-key?embed=1")).headers["content-security-policy"]
    assert "frame-ancestors 'self' https://shop.example" in policy
    policy = (await client.get("/form/form-key")).headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy


async def test_other_inboxes_and_forged_numbers_are_not_there(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    assert (await client.get("/form/chat-key")).status_code == 404
    assert (await client.post("/form/nobody", data=GOOD)).status_code == 404
    assert (await client.get("/form/form-key/sent?n=1.abc")).status_code == 404


@pytest.mark.engine
async def test_two_forms_with_one_address_are_one_customer(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    await client.post("/form/form-key", data=GOOD)
    await client.post("/form/form-key", data=GOOD | {"message": "And another thing"})
    assert (await _all(desk, select(func.count()).select_from(customers)))[0][0] == 1
    assert len(await _all(desk, select(conversations))) == 2


@pytest.mark.engine
async def test_what_suggestions_led_to_is_counted(
    desk: Desk, client: httpx.AsyncClient, article: Article
) -> None:
    article_id = await article("Where is my parcel?")
    visit = str(uuid.uuid4())
    query = {"key": "form-key", "q": "where is my parcel", "visit": visit}
    found = await client.get("/widget/suggest", params=query)
    assert "/help/tea/en/where-is-my-parcel" in found.text
    told = {"deflection": visit, "outcome": "opened", "article": article_id}
    assert (await client.post("/form/form-key/outcome", json=told)).status_code == 204
    await client.post("/form/form-key", data=GOOD | {"deflection": visit})
    [row] = await _all(desk, select(deflections))
    assert (row.outcome, row.article_id) == ("sent", article_id)


async def test_a_form_is_not_sent_a_thousand_times(desk: Desk, client: httpx.AsyncClient) -> None:
    answers = [(await client.get("/form/form-key")).status_code for _ in range(70)]
    assert answers[-1] == 429


async def test_an_address_is_not_flooded_with_acknowledgements(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    for _ in range(10):
        answer = await client.post("/form/form-key.json", json=GOOD)
        assert answer.status_code == 201
    assert len(await _all(desk, select(messages).where(messages.c.kind == "inbound"))) == 10
    assert len(await _all(desk, select(outbox))) == 6


@pytest.mark.engine
async def test_our_own_labels_are_shown_in_the_language_of_who_reads(
    desk: Desk, client: httpx.AsyncClient
) -> None:
    page = await client.get("/form/form-key")
    await client.post("/form/form-key", data=GOOD | {"submission": _submission(page)})
    [conversation] = await _all(desk, select(conversations))

    def chinese(tx):  # type: ignore[no-untyped-def]
        tx.execute(update(agents).where(agents.c.id == desk.agents["ana"]).values(locale="zh_Hans"))
        change = update(messages).values(details={"fields": {"Your email address": "k@e.com"}})
        tx.execute(change.where(messages.c.conversation_id == conversation.id))

    await desk.runtime.db.write(chinese)
    client.cookies.set("session", await desk.sign_in("ana"))
    thread = (await client.get(f"/inbox/{conversation.id}")).text
    assert "k@e.com" in thread
    assert "Your email address" not in thread
