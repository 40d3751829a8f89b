"""The API does what the console does, with the key's rights, once for each Idempotency-Key."""

import httpx2 as httpx
import pytest

from app.actions.set_presence import end_access
from app.security.api_keys import revoke_api_key
from tests.desk import Desk


async def _contact(api: httpx.AsyncClient, desk: Desk, external_id: str = "e1") -> dict:
    body = {
        "external_id": external_id,
        "email": "Kim@Example.com",
        "subject": "Hi",
        "text": "Where?",
    }
    answer = await api.post(f"/inboxes/{desk.inboxes['email']}/contacts", json=body)
    assert answer.status_code == 201, answer.text
    return answer.json()


@pytest.mark.engine
async def test_a_machine_brings_a_contact_takes_the_offer_and_answers(api, desk: Desk) -> None:
    received = await _contact(api, desk)
    ana = desk.agents["ana"]
    presence = await api.put(f"/agents/{ana}/presence", json={"state": "available"})
    assert presence.json()["state"] == "available"
    await desk.route()
    offers = (await api.get("/offers")).json()
    accepted = await api.post(f"/offers/{offers[0]['id']}/accept")
    assert accepted.json()["assignee_id"] == ana
    path = f"/conversations/{received['conversation_id']}"
    sent = await api.post(f"{path}/messages", json={"text": "On its way.", "seen_seq": 99})
    assert sent.json()["state"] == "queued"
    done = await api.patch(path, json={"status": "done", "tags": ["parcel"]})
    assert (done.json()["status"], done.json()["tags"]) == ("done", ["parcel"])
    kinds = [message["kind"] for message in (await api.get(f"{path}/messages")).json()]
    assert kinds == ["inbound", "system", "outbound", "system"]


@pytest.mark.engine
async def test_the_same_contact_twice_is_one_message(api, desk: Desk) -> None:
    first = await _contact(api, desk)
    second = await _contact(api, desk)
    assert second["duplicate"]
    assert second["message_id"] == first["message_id"]


@pytest.mark.engine
async def test_a_post_with_the_same_idempotency_key_has_one_effect(api, desk: Desk) -> None:
    received = await _contact(api, desk)
    path = f"/conversations/{received['conversation_id']}/messages"
    headers = {"Idempotency-Key": "note-1"}
    first = await api.post(path, json={"text": "note", "kind": "note"}, headers=headers)
    again = await api.post(path, json={"text": "note", "kind": "note"}, headers=headers)
    assert again.headers["idempotency-replayed"] == "true"
    assert again.json() == first.json()
    assert len((await api.get(path)).json()) == 2


@pytest.mark.engine
async def test_an_idempotency_key_used_for_another_request_is_refused(api, desk: Desk) -> None:
    received = await _contact(api, desk)
    path = f"/conversations/{received['conversation_id']}/messages"
    headers = {"Idempotency-Key": "note-1"}
    await api.post(path, json={"text": "one", "kind": "note"}, headers=headers)
    other = await api.post(path, json={"text": "two", "kind": "note"}, headers=headers)
    assert other.status_code == 422
    assert other.json()["errors"] == {"idempotency_key": "used_for_another_request"}


@pytest.mark.parametrize("path", ["/conversations", "/customers", "/offers", "/queues", "/agents"])
async def test_nothing_is_said_without_a_key(client, desk: Desk, path: str) -> None:
    answer = await client.get(f"/api/v1{path}")
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.engine
async def test_a_revoked_key_opens_nothing(api, desk: Desk) -> None:
    await desk.runtime.db.write(revoke_api_key, 1)
    assert (await api.get("/queues")).status_code == 401


async def test_the_key_of_a_closed_account_opens_nothing(api, desk: Desk) -> None:
    await desk.runtime.db.write(end_access, desk.agents["ana"])
    answer = await api.get("/queues")
    assert answer.status_code == 401
    assert (await api.post("/customers", json={"email": "a@b.example"})).status_code == 401


async def test_an_agent_may_not_set_a_colleagues_presence(api, desk: Desk) -> None:
    answer = await api.put(f"/agents/{desk.agents['ben']}/presence", json={"state": "away"})
    assert answer.status_code == 404


@pytest.mark.engine
async def test_conversations_are_found_by_words_in_chinese_and_english(api, desk: Desk) -> None:
    await desk.mail("我的包裹在哪裡？", email="li@example.com")
    received = await desk.mail("The parcel is broken")
    found = (await api.get("/conversations", params={"q": "parcels broken"})).json()
    assert [row["id"] for row in found] == [received.conversation_id]
    assert len((await api.get("/conversations", params={"q": "包裹"})).json()) == 1


async def test_an_unknown_field_is_named_in_the_problem(api, desk: Desk) -> None:
    answer = await api.patch("/customers/1", json={"role": "admin"})
    assert answer.status_code == 422
    assert "role" in answer.json()["errors"]


async def test_queues_say_who_waits_and_only_supervisors_close_them(api, desk: Desk) -> None:
    await desk.mail()
    queue = next(row for row in (await api.get("/queues")).json() if row["name"] == "General")
    assert queue["waiting"] == 1
    assert (await api.patch(f"/queues/{queue['id']}", json={"closed": True})).status_code == 404
