"""Before something is sent: did they have it, and enough? In the console, over the API."""

import asyncio
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.actions.attach import attach_files
from app.actions.delivery import set_delivery
from app.actions.materials import stands_in
from app.actions.send_message import Reply, send_message
from app.db import Conflict, Tx
from app.files import StoredFile
from app.models.activity import sends
from app.models.agent import agents, audit
from app.models.organisation import brands, macros
from app.models.party import access_log
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine

LEFT = "Hello {{customer.first_name}},\n\nyour parcel has left our house this morning."


async def macro_of(desk: Desk, text: str = LEFT) -> int:
    def make(tx: Tx) -> int:
        values = {"name": "Parcel has left", "shortcut": "left", "text": text, "created_at": 1}
        row = tx.execute(insert(macros).values(**values).returning(macros.c.id))
        return int(row.scalar_one())

    return await desk.runtime.db.write(make)


async def upload(desk: Desk, who: str, key: str) -> str:
    stored = StoredFile("a" * 64, 3, "form.pdf", "application/pdf", key)
    owner = f"agent:{desk.agents[who]}"
    (made,) = await desk.runtime.db.write(attach_files, [stored], message_id=None, owner=owner)
    return made


async def allow(desk: Desk, **rules: int | None) -> None:
    await desk.runtime.db.write(lambda tx: tx.execute(update(brands).values(**rules)))


async def rows(desk: Desk, table: Any) -> list[Any]:
    return list(await desk.runtime.db.query(lambda conn: conn.execute(select(table)).all()))


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("Hello Kim,\n\nYour parcel has left our house  this morning. Bye", True),
        ("Hello Kim, your parcel was lost.", False),
        ("It is on its way.", False),
    ],
)
def test_a_macro_counts_as_sent_when_its_words_still_stand_there(text: str, held: bool) -> None:
    assert stands_in(text, LEFT) is held


async def test_who_sends_what_a_colleague_sent_is_asked_first(
    browser_of: SignIn, desk: Desk
) -> None:
    macro = await macro_of(desk)
    first = await desk.mail()
    ben, sam = await browser_of("ben"), await browser_of("sam")
    text = "Hello Kim, your parcel has left our house this morning."
    sent = {"key": "key-0001", "text": text, "materials": f"macro:{macro}"}
    await desk.available("ben")
    await desk.accept("ben")
    assert (await ben.post(f"/inbox/{first.conversation_id}/messages", data=sent)).is_success
    second = await desk.mail("And now?", subject="Another thing")
    at = f"/inbox/{second.conversation_id}/messages"
    again = {**sent, "key": "key-0002"}
    asked = await sam.post(at, data=again)
    assert asked.status_code == 409
    assert "Ben sent the text “Parcel has left” on" in asked.text
    assert f"#{first.conversation_id}" in asked.text
    plain = {"key": "key-0003", "text": "It is with the carrier.", "materials": f"macro:{macro}"}
    assert (await sam.post(at, data=plain)).is_success  # it was taken out again
    done = await sam.post(at, data={**again, "again": "true"})
    assert done.is_success
    page = (await sam.get(f"/customers/{first.customer_id}")).text
    assert page.count("Parcel has left") >= 2
    known = [(row.material, row.agent_id) for row in await rows(desk, sends)]
    assert known == [(f"macro:{macro}", desk.agents["ben"]), (f"macro:{macro}", desk.agents["sam"])]


async def test_a_confirmed_draft_that_was_taken_back_is_not_asked_about_again(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = await desk.mail()
    sam = await browser_of("sam")
    at = f"/inbox/{kim.conversation_id}"
    sent = {"key": "key-0001", "text": "The form.", "files": await upload(desk, "sam", "one")}
    assert (await sam.post(f"{at}/messages", data=sent)).is_success
    undo = update(agents).values(preferences={"undo_send": "30"})
    await desk.runtime.db.write(lambda tx: tx.execute(undo))
    key = await upload(desk, "sam", "two")
    again = {"key": "key-0002", "text": "The form.", "files": key, "again": "true"}
    held = await sam.post(f"{at}/messages", data=again)
    message_id = held.text.split('data-take-back="')[1].split('"')[0]
    back = (await sam.post(f"/messages/{message_id}/take-back")).json()
    assert back["again"] is True
    assert back["materials"] == [f"file:{'a' * 64}"]
    assert len(await rows(desk, sends)) == 1
    page = (await sam.get(at, params={"view": "all"})).text
    assert 'data-again="true"' in page


async def test_what_did_not_arrive_does_not_count(desk: Desk, machine: Machine) -> None:
    kim = await desk.mail()
    client = await machine("sam")
    at = f"/conversations/{kim.conversation_id}/messages"
    body = {"text": "The form.", "uploads": [await upload(desk, "sam", "file-key-one")]}
    sent = (await client.post(at, json=body)).json()
    body["uploads"] = [await upload(desk, "sam", "file-key-two")]
    refused = await client.post(at, json=body)
    assert (refused.status_code, refused.json()["code"]) == (409, "sent_before")
    assert refused.json()["sends"][0]["name"] == "form.pdf"
    await desk.runtime.db.write(lambda tx: set_delivery(tx, sent["id"], "failed"))
    listed = await client.get(f"/customers/{kim.customer_id}/sends")
    assert listed.json() == []
    assert (await client.post(at, json=body)).status_code == 201
    body["uploads"] = [await upload(desk, "sam", "file-key-three")]
    assert (await client.post(at, json={**body, "force": True})).status_code == 201
    page = await client.get(f"/customers/{kim.customer_id}/sends", params={"limit": 1})
    (one,) = page.json()
    assert (one["kind"], one["name"], one["agent"]) == ("file", "form.pdf", "Sam")
    assert "before=" in page.headers["Link"]


async def test_another_brand_neither_asks_nor_tells(desk: Desk, machine: Machine) -> None:
    """What one brand has sent is nobody's business in another."""
    kim = await desk.mail()

    def elsewhere(tx: Tx) -> None:
        values = {"name": "Coffee", "slug": "coffee", "created_at": 1}
        other = tx.execute(insert(brands).values(**values).returning(brands.c.id)).scalar_one()
        row = {"material": f"file:{'a' * 64}", "at": tx.now, "brand_id": other}
        tx.execute(insert(sends).values(customer_id=kim.customer_id, **row))

    await desk.runtime.db.write(elsewhere)
    client = await machine("sam")
    body = {"text": "The form.", "uploads": [await upload(desk, "sam", "file-key-one")]}
    at = f"/conversations/{kim.conversation_id}/messages"
    assert (await client.post(at, json=body)).status_code == 201


async def test_what_was_planned_is_asked_about_again_when_it_is_to_leave_at_once(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = await desk.mail()
    sam, browser = await desk.actor("sam"), await browser_of("sam")
    write = desk.runtime.db.write
    ids = []
    for number, days in enumerate((40, 0)):  # too far apart to be asked about
        uploads = [await upload(desk, "sam", f"upload-{number}")]
        at = clock.now() + days * 86_400_000 if days else None
        reply = Reply("The form.", f"key-000{number}", uploads=uploads, send_at=at)
        ids.append((await write(send_message, sam, kim.conversation_id, reply)).message_id)
    planned = ids[0]
    asked = await browser.post(f"/messages/{planned}/send-now")
    assert "They were sent this already. Send it again?" in asked.text
    assert 'data-delivery="planned"' in asked.text
    assert len(await rows(desk, sends)) == 2
    done = await browser.post(f"/messages/{planned}/send-now", data={"again": "true"})
    assert "Send it again?" not in done.text
    known = {row.message_id: row.at for row in await rows(desk, sends)}
    assert known[planned] <= clock.now()


async def test_a_brand_may_switch_the_question_off(desk: Desk) -> None:
    kim = await desk.mail()
    await allow(desk, resend_days=0)
    sam = await desk.actor("sam")
    for number in range(2):
        uploads = [await upload(desk, "sam", f"upload-{number}")]
        reply = Reply("The form.", f"key-000{number}", uploads=uploads)
        await desk.runtime.db.write(send_message, sam, kim.conversation_id, reply)


async def test_we_write_first_no_more_often_than_the_brand_allows(
    browser_of: SignIn, desk: Desk, machine: Machine
) -> None:
    await allow(desk, weekly_sends=2)
    body = {
        "inbox_id": desk.inboxes["email"], "email": "kim@example.com",
        "subject": "Hello", "text": "How are you?",
    }  # fmt: skip
    ana, sam = await machine("ana"), await machine("sam")
    for _ in range(2):
        assert (await ana.post("/conversations", json=body)).status_code == 201
    refused = await ana.post("/conversations", json={**body, "cap_reason": "I want to"})
    assert (refused.status_code, refused.json()["code"]) == (409, "enough_sent")
    answered = await desk.mail("I have a question")
    await desk.available("ben")
    await desk.accept("ben")
    reply = Reply("The answer.", "key-0001")
    ben = await desk.actor("ben")
    await desk.runtime.db.write(send_message, ben, answered.conversation_id, reply)
    assert (await sam.post("/conversations", json=body)).json()["code"] == "enough_sent"
    page = await (await browser_of("sam")).post(
        "/inbox/new",
        data={"key": "key-0009", "inbox": body["inbox_id"], "to": "kim@example.com",
              "subject": "Hello", "text": "Recall"},
    )  # fmt: skip
    assert page.status_code == 409
    assert "Say why this one goes beyond it" in page.text
    beyond = {**body, "cap_reason": "A recall"}
    assert (await sam.post("/conversations", json=beyond)).status_code == 201
    (line,) = [row for row in await rows(desk, access_log) if row.action == "over_limit"]
    assert (line.why, line.customer_id) == ("", answered.customer_id)
    (passed,) = [row for row in await rows(desk, audit) if row.action == "weekly_limit.passed"]
    assert "A recall" not in str(passed)  # no words of people in what cannot be cleaned
    talk = int(line.what.removeprefix("conversation "))
    page = await (await browser_of("sam")).get(f"/inbox/{talk}?view=all")
    assert "Beyond the weekly limit: A recall" in page.text


async def test_two_who_send_the_same_at_the_same_moment_meet(desk: Desk) -> None:
    kim, other = await desk.mail(), await desk.mail("More", subject="Other")
    sam = await desk.actor("sam")
    outcomes = []
    for number, talk in enumerate((kim, other)):
        uploads = [await upload(desk, "sam", f"upload-{number}")]
        reply = Reply("The form.", f"key-000{number}", uploads=uploads)
        outcomes.append(desk.runtime.db.write(send_message, sam, talk.conversation_id, reply))
    done = await asyncio.gather(*outcomes, return_exceptions=True)
    assert sorted(type(one) is Conflict for one in done) == [False, True]
