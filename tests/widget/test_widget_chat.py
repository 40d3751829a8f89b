"""A visitor's chat over HTTP: what they may do, what they are told, and what they never see."""

import uuid

import pytest
from sqlalchemy import func, insert, select, update

from app.actions.contact import end_wrap_up
from app.actions.send_message import Reply, send_message
from app.actions.set_presence import set_presence
from app.actions.set_status import resolve
from app.actions.visitor import agent_saw
from app.models.contact import contacts
from app.models.conversation import conversations, messages
from app.models.customer import customers, identities
from app.models.organisation import business_hours, inboxes
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.visitors import NewBrowser, message_ids


async def _one(desk: Desk, query):  # type: ignore[no-untyped-def]
    async with desk.runtime.db.read() as conn:
        return (await conn.execute(query)).one()


async def _settings(desk: Desk, **settings: object) -> None:
    def change(tx):  # type: ignore[no-untyped-def]
        tx.execute(
            update(inboxes).where(inboxes.c.id == desk.inboxes["chat"]).values(settings=settings)
        )

    await desk.runtime.db.write(change)


async def test_a_first_message_starts_a_chat_that_waits_in_line(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    response = await kim.say("Hello?", name="Kim")
    assert response.status_code == 200
    assert message_ids(response.text) == kim.sent
    assert "You are next in line" in response.text
    assert 'id="cursor-' in response.text
    contact = await _one(desk, select(contacts))
    assert (contact.channel, contact.status, contact.cost) == ("chat", "waiting", 2)
    assert (await _one(desk, select(customers))).name == "Kim"


@pytest.mark.engine
async def test_the_same_key_again_is_the_same_message(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    key = str(uuid.uuid4())
    first = await kim.say("Hello?", key)
    again = await kim.say("Hello?", key)
    assert message_ids(first.text) == message_ids(again.text) == [key]
    assert 'id="cursor-' in again.text  # the first answer may have been lost on its way
    assert (await _one(desk, select(func.count()).select_from(messages)))[0] == 1


async def test_the_chat_goes_on_after_a_reload_and_in_a_second_tab(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    second = await widget(visitor=kim.visitor)
    assert message_ids(second.panel) == kim.sent
    await second.say("Anybody?")
    panel = await kim.get("/widget/panel")
    assert message_ids(panel.text) == kim.sent + second.sent


@pytest.mark.engine
async def test_two_tabs_that_begin_at_once_share_one_chat(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    second = await widget(visitor=kim.visitor)
    await kim.say("Hello?")
    await second.say("Hello again?")
    assert (await _one(desk, select(func.count()).select_from(conversations)))[0] == 1


async def test_the_answer_comes_with_the_agents_name_and_notes_never_do(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    conversation_id = await desk.accept("ana")
    ana, db = await desk.actor("ana"), desk.runtime.db
    await db.write(send_message, ana, conversation_id, Reply("Hi Kim", "reply-0001"))
    await db.write(
        send_message, ana, conversation_id, Reply("She sounds upset", "note-0001", kind="note")
    )
    panel = await kim.get("/widget/panel")
    assert "Hi Kim" in panel.text
    assert "Ana" in panel.text
    assert "upset" not in panel.text


@pytest.mark.engine
async def test_reading_an_answer_is_told_to_the_agent(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    conversation_id = await desk.accept("ana")
    sent = await desk.runtime.db.write(
        send_message, await desk.actor("ana"), conversation_id, Reply("Hi", "reply-0001")
    )
    state = select(messages.c.state).where(messages.c.id == sent.message_id)
    await kim.post("/widget/seen", seq=sent.seq)
    assert (await _one(desk, state)).state == "delivered"
    await kim.post("/widget/seen", seq=sent.seq, read=True)
    assert (await _one(desk, state)).state == "read"


async def test_a_visitors_message_says_when_an_agent_has_read_it(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    conversation_id = await desk.accept("ana")
    await desk.runtime.db.write(agent_saw, conversation_id, 99)
    assert "Read" in (await kim.get("/widget/panel")).text


async def test_leaving_the_line_ends_the_contact_as_abandoned(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    response = await kim.post("/widget/leave")
    assert "This chat has ended" in response.text
    contact = await _one(desk, select(contacts))
    assert (contact.status, contact.outcome) == ("ended", "abandoned")


@pytest.mark.engine
async def test_a_message_instead_of_waiting_is_answered_by_mail(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    response = await kim.post("/widget/by-mail", email="kim@example.com")
    assert "kim@example.com" in response.text
    assert (await _one(desk, select(conversations.c.channel))).channel == "form"
    live = await _one(desk, select(contacts.c.channel).where(contacts.c.status == "waiting"))
    assert live.channel == "form"
    mail = await _one(desk, select(outbox))
    assert (mail.kind, mail.payload["to"]) == ("system_email", "kim@example.com")


async def test_a_wrong_address_is_said_at_its_field(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    response = await kim.post("/widget/by-mail", email="kim at example")
    assert response.status_code == 422
    assert response.json()["errors"] == {"email": "not_an_email"}


async def test_when_nobody_is_there_a_message_needs_an_address_and_waits_as_mail(
    desk: Desk, widget: NewBrowser
) -> None:
    kim = await widget()
    assert "We are not here right now" in kim.panel
    refused = await kim.say("Hello?")
    assert (refused.status_code, refused.json()["code"]) == (409, "away")
    taken = await kim.say("Hello?", email="kim@example.com")
    assert "The answer comes by email to kim@example.com" in taken.text
    assert (await _one(desk, select(conversations.c.channel))).channel == "form"
    assert (await _one(desk, select(outbox.c.kind))).kind == "system_email"


async def test_outside_business_hours_the_panel_says_when_somebody_is_back(
    desk: Desk, widget: NewBrowser, ticking
) -> None:  # type: ignore[no-untyped-def]
    await desk.available("ana")

    def close(tx):  # type: ignore[no-untyped-def]
        hours = tx.execute(
            insert(business_hours)
            .values(
                name="Never today", time_zone="UTC", spans={"0": [["09:00", "09:01"]]}, holidays=[]
            )
            .returning(business_hours.c.id)
        ).scalar_one()
        tx.execute(update(inboxes).values(hours_id=hours))

    await desk.runtime.db.write(close)
    kim = await widget()
    assert "Closed now" in kim.panel
    assert "We are back Mon, Jan 18, 9:00" in kim.panel


async def test_a_full_line_asks_for_a_message_instead(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "away")
    await _settings(desk, queue_cap=1)
    await desk.mail()  # waits as well, but not for a chat
    assert (await (await widget()).say("I was first")).status_code == 200
    late = await widget()
    assert "Everybody is busy" in late.panel
    assert (await late.say("Hello?")).status_code == 409


@pytest.mark.engine
async def test_required_questions_and_consent_come_before_the_first_message(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    await _settings(
        desk,
        pre_chat=[{"name": "email", "required": True}],
        consent={"en": "Store my chat"},
        consent_required=True,
    )
    kim = await widget()
    assert 'name="email"' in kim.panel
    assert "Store my chat" in kim.panel
    refused = await kim.say("Hello?")
    assert refused.json()["errors"] == {"email": "required", "consent": "required"}
    taken = await kim.say("Hello?", email="Kim@Example.com", consent=True)
    assert taken.status_code == 200
    assert (await _one(desk, select(customers.c.email))).email == "kim@example.com"
    details = (await _one(desk, select(messages.c.details).where(messages.c.kind == "inbound")))[0]
    assert details["fields"]["consent"] == "Store my chat"


@pytest.mark.engine
async def test_a_typed_address_of_somebody_else_glues_nobody_together(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    await desk.mail(email="kim@example.com")
    mallory = await widget()
    await mallory.say("Hello?", email="kim@example.com")
    owners = select(func.count(func.distinct(identities.c.customer_id)))
    assert (await _one(desk, owners))[0] == 2
    assert (
        await _one(desk, select(identities.c.customer_id).where(identities.c.kind == "email"))
    ).customer_id != (
        await _one(desk, select(identities.c.customer_id).where(identities.c.kind == "visitor"))
    ).customer_id


@pytest.mark.engine
async def test_an_ended_chat_can_be_gone_on_with_or_begun_anew(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    assert (await kim.post("/widget/again")).json()["code"] == "still_open"
    conversation_id = await desk.accept("ana")
    await desk.runtime.db.write(resolve, await desk.actor("ana"), conversation_id)
    fresh = await kim.post("/widget/again")
    assert message_ids(fresh.text) == []
    await kim.say("Something else")
    assert (await _one(desk, select(func.count()).select_from(conversations)))[0] == 2
    past = await kim.get("/widget/past")
    assert f"/widget/past/{conversation_id}" in past.text
    assert message_ids((await kim.get(f"/widget/past/{conversation_id}")).text) == kim.sent[:1]


async def test_the_transcript_goes_to_the_address_and_holds_no_notes(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello <b>there</b>")
    conversation_id = await desk.accept("ana")
    note = Reply("secret", "note-0001", kind="note")
    await desk.runtime.db.write(send_message, await desk.actor("ana"), conversation_id, note)
    response = await kim.post("/widget/transcript", email="kim@example.com")
    assert "Sent to kim@example.com" in response.text
    payload = (await _one(desk, select(outbox.c.payload))).payload
    assert "Hello <b>there</b>" in payload["text"]
    assert "secret" not in payload["text"]


@pytest.mark.engine
async def test_the_estimate_is_a_range_once_there_is_enough_to_rest_on(
    desk: Desk, widget: NewBrowser, ticking
) -> None:  # type: ignore[no-untyped-def]
    await desk.available("ana")
    for number in range(6):
        other = await widget()
        await other.say(f"Hello {number}")
        conversation_id = await desk.accept("ana")
        ticking.forward(s=240)
        await desk.runtime.db.write(resolve, await desk.actor("ana"), conversation_id)
        contact_id = (await _one(desk, select(func.max(contacts.c.id))))[0]
        await desk.runtime.db.write(end_wrap_up, contact_id)
    kim = await widget()
    response = await kim.say("And me?")
    assert "minutes." in response.text
    assert "Usually" in response.text
    assert " 0" not in response.text.split("Usually")[1][:20]
    told = select(
        contacts.c.announced_at, contacts.c.announced_low_ms, contacts.c.announced_high_ms
    )
    kept = await _one(desk, told.where(contacts.c.status == "waiting"))
    assert (kept.announced_at, kept.announced_low_ms % 60_000) == (ticking.at, 0)
    assert kept.announced_high_ms > kept.announced_low_ms
    ticking.forward(s=60)
    await desk.available("ana")
    await kim.get("/widget/status")
    assert await _one(desk, told.where(contacts.c.status == "waiting")) == kept


async def test_names_and_texts_are_shown_as_text(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    response = await kim.say('<img src=x onerror=alert(1)> https://a.example/?q="><script>')
    assert "<img src=x" not in response.text
    assert "<script>" not in response.text
    assert '<a href="https://a.example/?q="' in response.text
    await desk.accept("ana")


async def test_the_panel_speaks_the_visitors_language(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    await _settings(desk, greeting={"en": "Welcome", "zh_Hant": "歡迎光臨"})
    kim = await widget(lang="zh-TW")
    assert "歡迎光臨" in kim.panel


async def test_after_an_ended_chat_a_message_out_of_hours_is_one_of_its_own(
    desk: Desk, widget: NewBrowser
) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?", email="kim@example.com")
    await kim.post("/widget/leave")
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "offline")
    taken = await kim.say("One more thing")
    assert "The answer comes by email to kim@example.com" in taken.text
    async with desk.runtime.db.read() as conn:
        channels = list((await conn.execute(select(conversations.c.channel))).scalars())
    assert channels == ["chat", "form"]


async def test_who_waits_when_everybody_left_is_told_so(desk: Desk, widget: NewBrowser) -> None:
    await desk.available("ana")
    kim = await widget()
    await kim.say("Hello?")
    await desk.runtime.db.write(set_presence, desk.agents["ana"], "offline")
    status = (await kim.get("/widget/status")).text
    assert "Nobody is here at the moment" in status
    assert "next in line" not in status
