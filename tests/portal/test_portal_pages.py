"""What customers see and change on their own pages: each of their rights, and what is refused."""

import re

import pytest
from sqlalchemy import insert, select

from app.actions.attach import attach_files
from app.actions.merge import merge
from app.actions.person_view import note_view
from app.actions.send_message import Reply, send_message
from app.actions.set_status import resolve
from app.models.consent import consent_texts, contact_preferences
from app.models.contact import contacts
from app.models.conversation import attachments, conversations, messages
from app.models.customer import customers, identities
from app.models.organisation import brands
from app.models.party import access_log, customer_tags, duplicate_pairs, field_values
from app.models.promise import promises
from app.models.work import outbox
from app.queries.consents import granted_at
from app.workers import deliver
from app.workers.supervisor import Supervisor
from channels.values import ThreadHints
from tests.desk import Desk
from tests.fixtures.people import SignIn
from tests.fixtures.portal import Home, OpenHome, last_link, proved
from tests.fixtures.workers import until
from tests.servers.smtp import SmtpServer

pytestmark = pytest.mark.engine


@pytest.fixture
async def kim(home: OpenHome, desk: Desk) -> Home:
    """Kim, who has written a mail, at her pages."""
    await desk.mail(subject="Where is my parcel?")
    await proved(desk)
    browser = await home()
    await browser.enter()
    return browser


async def customer_of(desk: Desk, email: str = "kim@example.com") -> int:
    query = select(identities.c.customer_id).where(identities.c.value == email)
    return await desk.runtime.db.query(lambda conn: conn.execute(query).scalar_one())


async def test_every_conversation_says_whose_turn_it_is(kim: Home, desk: Desk) -> None:
    write = desk.runtime.db.write
    answered = await desk.mail(subject="Answered")
    solved = await desk.mail(subject="Over")
    await desk.available("ana")
    for _ in range(3):
        await desk.accept("ana")
    ana = await desk.actor("ana")
    await write(send_message, ana, answered.conversation_id, Reply("Which one?", key="a" * 20))
    await write(resolve, ana, solved.conversation_id)
    owed = {
        "customer_id": answered.customer_id, "brand_id": desk.brand, "owner_id": ana.agent_id,
        "text": "Call you back", "due_at": 2_000_000_000_000, "created_at": 1,
    }  # fmt: skip
    await write(lambda tx: tx.execute(insert(promises).values(owed)))
    page = (await kim.get()).text
    rows = re.findall(r'<a class="portal-row".*?</a>', page, re.DOTALL)
    turns = {
        title: [word for word in ("Waiting for us", "Waiting for you", "Solved") if word in row]
        for title in ("Where is my parcel?", "Answered", "Over")
        for row in rows
        if title in row and "Your turn" not in row
    }
    assert turns == {
        "Where is my parcel?": ["Waiting for us"],
        "Answered": ["Waiting for you"],
        "Over": ["Solved"],
    }
    assert "Answer expected by" in page
    assert "Call you back" in page


async def test_a_conversation_shows_what_was_said_to_them_and_nothing_else(
    kim: Home, desk: Desk
) -> None:
    await desk.available("ana")
    number = await desk.accept("ana")
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    await write(send_message, ana, number, Reply("An answer:\n\n1. **Now**", key="a" * 20))
    note = await write(send_message, ana, number, Reply("A secret note", key="b" * 20, kind="note"))
    kept = [
        desk.runtime.files.keep(text, name, "text/plain")
        for text, name in ((b"of the note", "secret.txt"), (b"of the mail", "hers.txt"))
    ]
    first = select(messages.c.id).where(messages.c.text == "Where is my parcel?")
    message_id = await desk.runtime.db.query(lambda conn: conn.scalar(first))
    await write(attach_files, kept[:1], message_id=note.message_id)
    await write(attach_files, kept[1:], message_id=message_id)
    await write(
        lambda tx: tx.execute(
            messages.insert().values(
                conversation_id=number, seq=99, key="planned", kind="outbound", channel="email",
                agent_id=ana.agent_id, text="Not yet said", state="planned", details={},
                sent_at=tx.now, created_at=tx.now,
            )
        )
    )  # fmt: skip
    page = (await kim.get(f"conversations/{number}")).text
    assert "An answer" in page
    assert "<strong>Now</strong></li>" in page  # in the shape in which the mail had it
    assert "secret" not in page
    assert "Not yet said" not in page
    path = re.search(r'href="/my/tea/(files/[^"]+)"', page)
    assert path is not None
    file = await kim.get(path[1])
    assert file.content == b"of the mail"
    assert file.headers["content-disposition"].startswith("attachment")
    query = select(attachments.c.key).where(attachments.c.name == "secret.txt")
    secret = await desk.runtime.db.query(lambda conn: conn.scalar(query))
    assert (await kim.get(f"files/{secret}/x")).status_code == 404


async def test_another_s_conversation_is_as_if_it_were_not(kim: Home, desk: Desk) -> None:
    lee = await desk.mail("Lee's", email="lee@example.com")
    pots = await desk.runtime.db.write(_pots)
    mine_elsewhere = await desk.mail("At Pots")
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            conversations.update()
            .where(conversations.c.id == mine_elsewhere.conversation_id)
            .values(brand_id=pots)
        )
    )
    nothing = (await kim.get("conversations/99999")).text
    for number in (lee.conversation_id, mine_elsewhere.conversation_id):
        for answer in (
            await kim.get(f"conversations/{number}"),
            await kim.post(f"conversations/{number}", text="Hello"),
        ):
            assert (answer.status_code, answer.text) == (404, nothing)
    assert (await kim.get(f"conversations/{2**64}")).status_code == 404
    assert "At Pots" not in (await kim.get()).text
    said = select(messages.c.text).where(messages.c.text == "Hello")
    assert await desk.runtime.db.query(lambda conn: conn.scalar(said)) is None


async def test_a_link_to_what_was_merged_leads_to_where_it_went(kim: Home, desk: Desk) -> None:
    ana, write = await desk.actor("ana"), desk.runtime.db.write
    one, two = [(await desk.mail(f"Mail {at}")).conversation_id for at in (1, 2)]
    lee = (await desk.mail("Lee's", email="lee@example.com")).conversation_id
    await write(merge, ana, one, two)
    assert (await kim.get(f"conversations/{one}")).headers["location"] == (
        f"/my/tea/conversations/{two}"
    )
    said = await kim.post(f"conversations/{one}", text="Typed on an old page")
    assert said.headers["location"].startswith(f"/my/tea/conversations/{two}?")
    assert "Typed on an old page" in (await kim.get(f"conversations/{two}")).text
    await write(merge, ana, two, lee, of_others=True)  # hers no more: nothing is told of it
    assert (await kim.get(f"conversations/{one}")).status_code == 404
    assert (await kim.post(f"conversations/{one}", text="Hello")).status_code == 404


def _pots(tx) -> int:  # type: ignore[no-untyped-def]
    row = insert(brands).values(name="Pots", slug="pots", created_at=1).returning(brands.c.id)
    return int(tx.execute(row).scalar_one())


async def test_signs_that_no_database_takes_are_left_out(kim: Home, desk: Desk) -> None:
    for path in ("/my/%00/", "/my/tea/files/%00/x", "/my/tea/in/%00", "/my/tea/conversations/%00"):
        assert (await kim.client.get(path)).status_code == 404, path
    for before in (f"{10**20}.1", f"1.{10**20}", "٣.٣", "."):
        assert (await kim.get(f"?before={before}")).status_code == 200, before
    for path, data in (
        ("conversations/1", {"text": "a\0b"}),
        ("details", {"name": "a\0b"}),
        ("interests", {"tags": "a\0b"}),
        ("preferences", {"topics": "a\0", "days": ["99999999999999999999"]}),
    ):
        assert (await kim.post(path, **data)).status_code == 303, path
    assert (await kim.post("address/drop", email="a\0")).status_code == 404
    said = select(messages.c.text).where(messages.c.channel == "form")
    assert await desk.runtime.db.query(lambda conn: conn.scalar(said)) == "ab"


async def test_a_reply_comes_in_like_any_message_and_goes_into_line_once(
    kim: Home, desk: Desk
) -> None:
    number = (await desk.mail(subject="Over")).conversation_id
    await desk.available("ana")
    for _ in range(2):
        await desk.accept("ana")
    await desk.runtime.db.write(resolve, await desk.actor("ana"), number)
    page = (await kim.get(f"conversations/{number}")).text
    key = re.search(r'name="key" value="([^"]+)"', page)
    assert key is not None
    empty = await kim.post(f"conversations/{number}", text=" ", key=key[1])
    assert empty.status_code == 422
    for _ in range(2):
        sent = await kim.post(f"conversations/{number}", text="One thing more", key=key[1])
        assert sent.headers["location"] == f"/my/tea/conversations/{number}?said=1#end"
    said = select(messages.c.kind, messages.c.channel, messages.c.key).where(
        messages.c.text == "One thing more"
    )
    rows = await desk.runtime.db.query(lambda conn: conn.execute(said).all())
    assert [tuple(row) for row in rows] == [("inbound", "form", key[1])]
    live = select(contacts.c.status).where(
        contacts.c.conversation_id == number, contacts.c.status == "waiting"
    )
    assert await desk.runtime.db.query(lambda conn: list(conn.scalars(live))) == ["waiting"]


async def test_the_answer_to_what_they_wrote_here_comes_by_mail_in_the_same_thread(
    kim: Home, desk: Desk, smtp_server: SmtpServer
) -> None:
    settings = desk.runtime.settings
    settings.smtp_host, settings.smtp_port = smtp_server.host, smtp_server.port
    settings.smtp_security = "none"
    first = await desk.mail(subject="Teapots", thread=ThreadHints(message_id="<one@example.com>"))
    number = first.conversation_id
    await desk.available("ana")
    for _ in range(2):
        await desk.accept("ana")
    await kim.post(f"conversations/{number}", text="And a lid, please")
    ana = await desk.actor("ana")
    reply = Reply("Of course", key="r" * 20)
    await desk.runtime.db.write(send_message, ana, number, reply)
    async with Supervisor(desk.runtime, [deliver.WORKER]):
        await until(lambda: _arrived(smtp_server, "Teapots"))
    mail = next(
        one.message for one in smtp_server.mails if "Teapots" in str(one.message["subject"])
    )
    assert mail["to"] == "kim@example.com"
    assert "<one@example.com>" in mail["references"]


async def _arrived(server: SmtpServer, subject: str) -> bool:
    return any(subject in str(one.message["subject"]) for one in server.mails)


async def test_a_chat_they_have_left_is_gone_on_with_by_mail(kim: Home, desk: Desk) -> None:
    chat = await desk.chat("Hello?")
    who = await customer_of(desk)

    def hers(tx) -> None:  # type: ignore[no-untyped-def]
        over = {"customer_id": who, "status": "done"}
        one = conversations.c.id == chat.conversation_id
        tx.execute(conversations.update().where(one).values(over))
        tx.execute(contacts.update().values(status="ended"))

    await desk.runtime.db.write(hers)
    await kim.post(f"conversations/{chat.conversation_id}", text="Still there?")
    query = select(conversations.c.channel, conversations.c.status).where(
        conversations.c.id == chat.conversation_id
    )
    row = await desk.runtime.db.query(lambda conn: conn.execute(query).one())
    assert tuple(row) == ("form", "open")


async def test_what_they_put_right_is_theirs_to_say(kim: Home, desk: Desk) -> None:
    said = {"name": "Kim D. Doe", "phone": "+44 20 7946 0018", "time_zone": "Asia/Shanghai"}
    refused = await kim.post("details", **said | {"birthday": "yesterday"})
    assert refused.status_code == 422
    assert "Kim D. Doe" in refused.text
    assert (await kim.post("details", **said, language="de")).status_code == 303
    who = await customer_of(desk)
    row = await desk.runtime.db.query(
        lambda conn: conn.execute(select(customers).where(customers.c.id == who)).one()
    )
    assert (row.name, row.phone, row.language) == ("Kim D. Doe", "+442079460018", "de")
    sources = select(field_values.c.field, field_values.c.source).where(
        field_values.c.state == "used"
    )
    rows = await desk.runtime.db.query(lambda c: c.execute(sources).all())
    found = {each.field: each.source for each in rows}
    assert [found[name] for name in ("name", "phone", "time_zone")] == ["customer"] * 3
    assert "You have said so." in (await kim.get("details")).text


async def test_a_new_address_is_theirs_once_its_link_was_followed(kim: Home, desk: Desk) -> None:
    who = await customer_of(desk)
    assert (await kim.post("address", email="no address")).status_code == 422
    await kim.post("address", email="Kim@New.example")
    link = await last_link(desk)
    assert "kim@new.example" in (await kim.client.get(link)).text
    email = select(customers.c.email).where(customers.c.id == who)
    assert await desk.runtime.db.query(lambda c: c.scalar(email)) == "kim@example.com"
    assert "confirmed" in (await kim.client.post(link)).text
    assert (await kim.client.post(link)).status_code == 404
    assert await desk.runtime.db.query(lambda c: c.scalar(email)) == "kim@new.example"
    assert (await kim.post("address/drop", email="kim@example.com")).status_code == 404
    await kim.enter("kim@new.example")
    assert (await kim.post("address/drop", email="kim@example.com")).status_code == 303
    assert (await kim.post("address/drop", email="sam@example.com")).status_code == 404
    await kim.ask("kim@example.com")
    assert "/in/" in await last_link(desk)  # the one to the new address: the old one opens nothing
    known = select(identities.c.value).where(identities.c.customer_id == who)
    assert await desk.runtime.db.query(lambda c: list(c.scalars(known))) == ["kim@new.example"]


async def test_an_address_that_is_somebody_else_s_stays_theirs(kim: Home, desk: Desk) -> None:
    lee = await desk.mail(email="lee@example.com")
    await kim.post("address", email="lee@example.com")
    done = await kim.client.post(await last_link(desk))
    assert done.status_code == 200
    assert await customer_of(desk, "lee@example.com") == lee.customer_id
    pairs = select(duplicate_pairs.c.state)  # people decide on it
    assert await desk.runtime.db.query(lambda c: list(c.scalars(pairs))) == ["open"]


async def test_preferences_and_interests_stand_first_on_the_agents_card(
    kim: Home, desk: Desk, browser_of: SignIn
) -> None:
    odd = await kim.post("preferences", start="09:00", end="")
    assert odd.status_code == 422
    wanted = {"channel": "phone", "start": "09:00", "end": "17:30", "days": ["0", "4"]}
    topics = {"topics": "Green tea, green tea，Offers"}
    assert (await kim.post("preferences", **wanted, **topics)).status_code == 303
    await kim.post("interests", tags="Oolong; gardening")
    await kim.post("interests", tags="Oolong; pottery")
    who = await customer_of(desk)
    row = await desk.runtime.db.query(lambda c: c.execute(select(contact_preferences)).one())
    assert row.hours == {"from": "09:00", "to": "17:30", "days": [0, 4]}
    assert (row.topics, row.set_by, row.personalised) == (
        ["Green tea", "Offers"],
        "customer",
        False,
    )
    tags = select(customer_tags.c.name, customer_tags.c.set_by).order_by(customer_tags.c.name)
    found = await desk.runtime.db.query(lambda c: [tuple(row) for row in c.execute(tags)])
    assert found == [("Oolong", "customer"), ("pottery", "customer")]
    card = (await (await browser_of("ana")).get(f"/customers/{who}")).text
    kinds = re.findall(r'data-kind="(\w+)"', card)
    assert kinds[:2] == ["prefers", "interests"]
    for word in ("Oolong", "pottery", "Green tea", "09:00"):
        assert word in card


async def test_consent_is_given_for_words_and_taken_back_as_easily(kim: Home, desk: Desk) -> None:
    def texts(tx, version: int, text: str, channel: str = "") -> int:  # type: ignore[no-untyped-def]
        row = {"purpose": "marketing", "locale": "en", "version": version, "text": text}
        row["channel"] = channel
        statement = insert(consent_texts).values(**row, created_at=tx.now)
        return int(tx.execute(statement.returning(consent_texts.c.id)).scalar_one())

    old = await desk.runtime.db.write(texts, 1, "We write daily.")
    new = await desk.runtime.db.write(texts, 2, "We write weekly.")
    who = await customer_of(desk)

    async def granted(channel: str) -> bool:
        at = 9_000_000_000_000
        args = (who, "marketing", channel, desk.brand, at)
        return await desk.runtime.db.query(granted_at, *args)

    page = (await kim.get("consents")).text
    assert "We write weekly." in page
    assert "daily" not in page
    agree = {"purpose": "marketing", "channel": "email", "status": "granted"}
    assert (await kim.post("consents", **agree, text=str(old))).status_code == 409
    assert (await kim.post("consents", **agree, text="999")).status_code == 404
    assert (await kim.post("consents", **agree, text="")).status_code == 404
    assert not await granted("email")
    assert (await kim.post("consents", **agree, text=str(new))).status_code == 303
    assert [await granted(each) for each in ("email", "phone")] == [True, False]
    assert "Version 2" in (await kim.get("consents")).text
    call = {"purpose": "marketing", "channel": "phone", "status": "granted"}
    by_phone = await desk.runtime.db.write(texts, 1, "We call weekly.", channel="phone")
    assert "We call weekly." in (await kim.get("consents")).text
    assert (await kim.post("consents", **agree, text=str(by_phone))).status_code == 404
    assert (await kim.post("consents", **call, text=str(by_phone))).status_code == 303
    assert await granted("phone")
    await kim.post("consents", **agree | {"status": "revoked"})
    assert [await granted(each) for each in ("email", "phone")] == [False, True]
    await kim.post("consents", **agree, text=str(new))
    await kim.post("consents/none")
    assert not await granted("email")


async def test_who_looked_is_told_by_role_or_by_name_as_the_brand_says(
    kim: Home, desk: Desk
) -> None:
    who = await customer_of(desk)
    await desk.runtime.db.write(note_view, await desk.actor("ana"), who)
    page = (await kim.get("privacy")).text
    assert "An agent" in page
    assert "Ana" not in page
    await desk.runtime.db.write(lambda tx: tx.execute(brands.update().values(portal_names=True)))
    assert "Ana" in (await kim.get("privacy")).text
    lines = select(access_log.c.actor, access_log.c.action).order_by(access_log.c.id)
    assert await desk.runtime.db.query(lambda c: [tuple(row) for row in c.execute(lines)]) == [
        ("customer", "signed_in"),
        ("agent", "viewed"),
    ]


async def test_an_agent_mails_the_address_of_the_pages(
    kim: Home, desk: Desk, browser_of: SignIn
) -> None:
    who = await customer_of(desk)
    at = f"/customers/{who}/privacy"
    assert (await (await browser_of("ana")).post(f"{at}/portal", data={})).status_code == 404
    sam = await browser_of("sam")
    assert "/my/tea/" in (await sam.get(at)).text
    sent = await sam.post(f"{at}/portal", data={"brand": str(desk.brand)})
    assert sent.status_code == 303
    query = select(outbox.c.payload).order_by(outbox.c.id.desc()).limit(1)
    payload = await desk.runtime.db.query(lambda c: c.execute(query).scalar_one())
    assert payload["to"] == "kim@example.com"
    assert f"{desk.runtime.settings.base_url}/my/tea/" in payload["text"]
