"""What an agent does at the console, a machine can do: drafts, read marks, failed mails, events."""

import re

import pytest
from sqlalchemy import insert, select, update

from app import clock
from app.db import Tx
from app.models.conversation import conversations, messages, reads
from app.models.organisation import macros, queues
from app.models.work import outbox
from tests.desk import Desk
from tests.fixtures.machines import Machine


async def _conversation(desk: Desk) -> str:
    return f"/conversations/{(await desk.mail()).conversation_id}"


async def _failed_mail(machine: Machine, desk: Desk) -> int:
    sam = await machine("sam")
    sent = await sam.post(f"{await _conversation(desk)}/messages", json={"text": "Soon."})
    message_id: int = sent.json()["id"]

    def fail(tx: Tx) -> None:
        tx.execute(update(messages).where(messages.c.id == message_id).values(state="failed"))
        tx.execute(update(outbox).where(outbox.c.message_id == message_id).values(state="failed"))

    await desk.runtime.db.write(fail)
    return message_id


@pytest.mark.engine
async def test_a_failed_mail_is_tried_again(machine: Machine, desk: Desk) -> None:
    message_id = await _failed_mail(machine, desk)
    answer = await (await machine("sam")).post(f"/messages/{message_id}/retry")
    assert answer.json()["state"] == "queued"


@pytest.mark.engine
async def test_a_failed_mail_is_given_up_and_its_text_comes_back(
    machine: Machine, desk: Desk
) -> None:
    message_id = await _failed_mail(machine, desk)
    sam = await machine("sam")
    assert (await sam.post(f"/messages/{message_id}/discard")).json() == {"text": "Soon."}
    assert (await sam.get(f"/messages/{message_id}")).json()["state"] == "discarded"


@pytest.mark.engine
async def test_a_draft_is_kept_for_its_author_until_it_is_emptied(
    machine: Machine, desk: Desk
) -> None:
    path = await _conversation(desk)
    ana, ben = await machine("ana"), await machine("ben")
    assert (await ana.put(f"{path}/drafts/note", json={"text": "so far"})).status_code == 204
    (draft,) = (await ana.get(f"{path}/drafts")).json()
    assert (draft["kind"], draft["text"]) == ("note", "so far")
    assert (await ben.get(f"{path}/drafts")).json() == []
    await ana.put(f"{path}/drafts/note", json={"text": ""})
    assert (await ana.get(f"{path}/drafts")).json() == []


@pytest.mark.engine
async def test_read_marks_never_run_ahead_of_what_is_there(api, desk: Desk) -> None:
    path = await _conversation(desk)
    assert (await api.put(f"{path}/read", json={"seq": 2_000_000_000})).status_code == 204
    last_seq = (await api.get(path)).json()["last_seq"]
    async with desk.runtime.db.read() as conn:
        assert await conn.scalar(select(reads.c.seq)) == last_seq


async def test_events_are_followed_by_their_seq(api, desk: Desk) -> None:
    path = await _conversation(desk)
    first = (await api.get(f"{path}/events")).json()
    assert first[0]["kind"] == "message.added"
    await api.patch(path, json={"tags": ["parcel"], "subject": "Parcel"})
    later = (await api.get(f"{path}/events", params={"after": first[-1]["seq"]})).json()
    assert [event["data"].get("what") for event in later] == ["subject", "tags"]
    assert not re.search("parcel", str(first + later), re.IGNORECASE), "events carry ids, no text"


@pytest.mark.engine
async def test_tags_are_listed_and_conversations_found_by_them(api, desk: Desk) -> None:
    tagged, _ = await _conversation(desk), await _conversation(desk)
    await api.patch(tagged, json={"tags": ["parcel", " late "]})
    assert set((await api.get("/tags")).json()) == {"parcel", "late"}
    found = (await api.get("/conversations", params={"tag": "late"})).json()
    assert [f"/conversations/{row['id']}" for row in found] == [tagged]


async def test_macros_of_every_brand_are_there_for_every_agent(
    machine: Machine, desk: Desk, other_brand: int
) -> None:
    def write(tx: Tx) -> None:
        for brand, name in ((None, "Hello"), (other_brand, "Coffee"), (desk.brand, "Tea")):
            tx.execute(insert(macros).values(brand_id=brand, name=name, text="…", created_at=1))

    await desk.runtime.db.write(write)
    found = (await (await machine("cora")).get("/macros")).json()
    assert [row["name"] for row in found] == ["Coffee", "Hello"]


@pytest.mark.engine
async def test_a_macros_actions_are_told_and_done_with_a_message(api, desk: Desk) -> None:
    path = await _conversation(desk)

    def write(tx: Tx) -> int:
        row = {"name": "Late", "text": "Sorry!", "created_at": 1, "actions": {"tags": ["late"]}}
        return int(tx.execute(insert(macros).values(row).returning(macros.c.id)).scalar_one())

    macro = await desk.runtime.db.write(write)
    (told,) = (await api.get("/macros")).json()
    assert told["actions"] == {"tags": ["late"], "queue_id": None, "priority": "", "then": ""}
    said = {"text": "We look into it.", "kind": "note", "macro_id": macro}
    assert (await api.post(f"{path}/messages", json=said)).status_code == 201
    assert (await api.get(path)).json()["tags"] == ["late"]


@pytest.mark.engine
async def test_spam_is_marked_and_its_sender_blocked(api, desk: Desk) -> None:
    path = await _conversation(desk)
    marked = (await api.patch(path, json={"spam": True, "block": True})).json()
    assert marked["spam"]
    customer = (await api.get(f"/customers/{marked['customer_id']}")).json()
    assert customer["blocked"]


@pytest.mark.parametrize(
    "body",
    [
        {"status": "snoozed"},
        {"snoozed_until": 4_000_000_000_000},
        {"spam": True, "status": "open"},
        {"block": True},
    ],
)
async def test_changes_that_contradict_each_other_are_refused_whole(
    api, desk: Desk, body: dict
) -> None:
    path = await _conversation(desk)
    answer = await api.patch(path, json={**body, "subject": "Changed"})
    assert answer.status_code == 422
    assert (await api.get(path)).json()["subject"] == "A question"


@pytest.mark.engine
async def test_a_conversation_begins_with_an_address_or_a_customer(api, desk: Desk) -> None:
    body = {"inbox_id": desk.inboxes["email"], "subject": "Your order", "text": "It is here."}
    by_address = await api.post("/conversations", json={**body, "email": "Li@Example.com"})
    started = by_address.json()
    assert (by_address.status_code, started["subject"]) == (201, "Your order")
    customer = {"customer_id": started["customer_id"]}
    again = await api.post("/conversations", json={**body, **customer})
    assert again.json()["customer_id"] == started["customer_id"]
    path = f"/customers/{started['customer_id']}/conversations"
    assert len((await api.get(path)).json()) == 2
    both = await api.post("/conversations", json={**body, **customer, "email": "li@example.com"})
    assert "customer_id" in both.json()["errors"]


async def test_the_source_of_a_mail_is_whole_and_harmless(api, desk: Desk) -> None:
    received = await desk.mail(
        "Hi", html='<p onclick="x()">Hi<script>alert(1)</script></p><a href="javascript:x()">y</a>'
    )
    source = (await api.get(f"/messages/{received.message_id}/source")).json()
    assert source["full_text"] == "Hi"
    assert source["html"].startswith("<p>Hi</p>")
    assert "script" not in source["html"]


async def test_an_offer_says_what_it_is_about(api, desk: Desk) -> None:
    await desk.available("ana")
    await desk.mail(subject="Broken cup")
    await desk.route()
    (offer,) = (await api.get("/offers")).json()
    assert (offer["subject"], offer["queue_name"]) == ("Broken cup", "General")
    assert (offer["customer_name"], offer["customer_email"]) == ("Kim Doe", "kim@example.com")
    assert offer["decision"]["takers"] == 1


async def test_a_contact_says_why_it_waits_and_later_why_an_agent_got_it(api, desk: Desk) -> None:
    received = await desk.mail()
    conversation = (await api.get(f"/conversations/{received.conversation_id}")).json()
    path = f"/contacts/{conversation['contact_id']}"
    waiting = (await api.get(path)).json()
    assert waiting["status"] == "waiting"
    assert waiting["why_waiting"]["ahead"] == 0
    await desk.available("ana")
    await desk.accept("ana")
    active = (await api.get(path)).json()
    assert (active["status"], active["why_waiting"]) == ("active", None)
    (offer,) = active["offers"]
    assert (offer["agent_id"], offer["status"]) == (desk.agents["ana"], "accepted")
    assert set(offer["decision"]) >= {"rank", "takers", "refused", "runner_up"}


@pytest.mark.engine
async def test_a_contact_of_a_queue_that_was_closed_down_can_still_be_read(api, desk: Desk) -> None:
    received = await desk.mail()
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(queues).where(queues.c.id == desk.queues["general"]).values(active=False)
        )
    )
    async with desk.runtime.db.read() as conn:
        contact = await conn.scalar(
            select(conversations.c.contact_id).where(conversations.c.id == received.conversation_id)
        )
    assert (await api.get(f"/contacts/{contact}")).status_code == 200


@pytest.mark.engine
async def test_supervisors_read_the_wallboard_and_the_rows_behind_it(
    machine: Machine, desk: Desk
) -> None:
    await desk.mail()
    sam = await machine("sam")
    board = (await sam.get("/wallboard")).json()
    assert board["waiting"] == 1
    assert {row["name"] for row in board["queues"]} == {"General", "Billing"}
    assert board["day"]["offered"] == 1
    rows = (await sam.get("/wallboard/contacts", params={"what": "waiting"})).json()
    assert [row["queue_name"] for row in rows] == ["General"]
    assert (await sam.get("/wallboard/contacts", params={"what": "x"})).status_code == 422


async def test_a_machine_learns_whose_key_it_has(api, desk: Desk) -> None:
    assert (await api.get("/agents/me")).json()["id"] == desk.agents["ana"]


async def test_an_address_that_is_none_is_refused_where_it_would_be_written_to(
    api, desk: Desk
) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}/messages"
    for field in ("cc", "bcc"):
        answer = await api.post(path, json={"text": "Hi", field: ["not an address"]})
        assert answer.json()["errors"] == {field: "not_an_address"}
    answer = await api.patch(f"/customers/{received.customer_id}", json={"email": "nobody"})
    assert answer.json()["errors"] == {"email": "not_valid"}


async def test_a_mail_is_planned_and_taken_back(machine: Machine, desk: Desk) -> None:
    sam = await machine("sam")
    path = await _conversation(desk)
    when = clock.now() + 3_600_000
    body = {"text": "Soon.", "send_at": when}
    planned = (await sam.post(f"{path}/messages", json=body)).json()
    assert (planned["state"], planned["send_at"]) == ("planned", when)
    back = await sam.post(f"/messages/{planned['id']}/take-back")
    assert back.json() == {"text": "Soon."}
    assert (await sam.get(f"/messages/{planned['id']}")).status_code == 404
    first = (await sam.get(f"{path}/messages")).json()[0]["id"]
    forward = {"to": ["legal@example.com"], "send_at": when}
    passed_on = (await sam.post(f"/messages/{first}/forward", json=forward)).json()
    assert passed_on["state"] == "planned"
    late = {"text": "Late", "send_at": 1}
    assert (await sam.post(f"{path}/messages", json=late)).status_code == 422


async def test_what_has_left_is_not_taken_back(machine: Machine, desk: Desk) -> None:
    sam = await machine("sam")
    sent = (await sam.post(f"{await _conversation(desk)}/messages", json={"text": "Now."})).json()
    assert (await sam.post(f"/messages/{sent['id']}/take-back")).status_code == 409
