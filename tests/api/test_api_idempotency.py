"""A POST that is sent twice with one Idempotency-Key happens once, on every route."""

import asyncio
import base64
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import func, insert, select, update

from app import clock
from app.actions.alert import take_measures
from app.actions.alert_rule import RuleForm, save_rule
from app.actions.article import ArticleDraft, ArticleText, save_article
from app.actions.consult import ask_colleague, join_consult
from app.actions.customer_import import keep_import
from app.actions.offer import accept_offer
from app.db import Tx
from app.models.agent import agent_queues
from app.models.contact import contacts, offers
from app.models.conversation import journal, messages
from app.models.supervision import alerts
from app.models.work import outbox
from tests.api.routes import BODIES, Route, routes
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine
POSTS = {route.name: route for route in routes() if route.method == "POST"}


def _fail_mail(tx: Tx, message_id: int) -> None:
    tx.execute(update(messages).where(messages.c.id == message_id).values(state="failed"))
    tx.execute(update(outbox).where(outbox.c.message_id == message_id).values(state="failed"))


async def _things(desk: Desk, ada: httpx.AsyncClient) -> dict[str, Any]:
    """What the routes need so that each of them has something to do."""
    db = desk.runtime.db
    draft = ArticleDraft({"en": ArticleText("Parcels", "By post.")})
    received = await desk.mail()
    sent = await ada.post(
        f"/conversations/{received.conversation_id}/messages", json={"text": "Soon."}
    )
    await db.write(_fail_mail, sent.json()["id"])
    stored = desk.runtime.files.keep(b"Mail\na@example.com\n", "people.csv", "text/csv")
    import_id = await db.write(
        keep_import, await desk.actor("ada"), stored, "csv", 1, "crm", {"Mail": "email"}
    )
    return {
        "conversation_id": received.conversation_id,
        "message_id": sent.json()["id"],
        "customer_id": (await desk.mail(email="kim@work.example")).customer_id,
        "import_id": import_id,
        "inbox_id": desk.inboxes["email"],
        "article_id": await db.write(save_article, await desk.actor("ada"), desk.brand, draft),
    }


async def _post(
    client: httpx.AsyncClient, route: Route, ids: dict[str, Any], key: str
) -> httpx.Response:
    headers = {"Idempotency-Key": key}
    if route.name == "upload_file":
        about = 'Content-Disposition: form-data; name="file"; filename="a.txt"'
        body = f"--x\r\n{about}\r\n\r\nhi\r\n--x--\r\n"
        headers["Content-Type"] = "multipart/form-data; boundary=x"
        return await client.post("/files", content=body, headers=headers)
    if route.name == "upload_customers":
        about = 'Content-Disposition: form-data; name="file"; filename="a.csv"'
        body = f"--x\r\n{about}\r\n\r\nMail\r\na@example.com\r\n--x--\r\n"
        headers["Content-Type"] = "multipart/form-data; boundary=x"
        return await client.post("/imports", content=body, headers=headers)
    return await client.post(route.at(**ids), json=BODIES.get(route.name), headers=headers)


@pytest.mark.parametrize("name", sorted(POSTS))
async def test_every_post_has_one_effect_and_one_answer(
    machine: Machine, desk: Desk, name: str
) -> None:
    ada = await machine("ada")
    ids = await _things(desk, ada)
    if name.endswith("_an_offer"):
        await desk.available("ada")
        ids["offer_id"] = await _offer_to_ada(desk)
    if name.endswith(("_a_consult", "_a_colleague")) or name == "hand_a_conversation_over":
        ids |= await _consult(desk, name)
    if name == "acknowledge_alert":
        ids["alert_id"] = await _alert(desk)
    if name == "take_a_message_back":
        later = {"text": "Tomorrow.", "send_at": clock.now() + 24 * 3_600_000}
        planned = await ada.post(f"/conversations/{ids['conversation_id']}/messages", json=later)
        ids["message_id"] = planned.json()["id"]
    if "{contact_id}" in POSTS[name].path:
        ids["contact_id"] = await _callback_in_hand(desk)
    first = await _post(ada, POSTS[name], ids, "once")
    assert first.status_code < 300, first.text
    facts = await desk.runtime.db.query(_facts)
    again = await _post(ada, POSTS[name], ids, "once")
    assert again.headers["idempotency-replayed"] == "true"
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert await desk.runtime.db.query(_facts) == facts


def _facts(conn: Any) -> int:
    return int(conn.execute(select(func.count()).select_from(journal)).scalar_one())


async def _offer_to_ada(desk: Desk) -> int:
    general = desk.queues["general"]
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            insert(agent_queues).values(agent_id=desk.agents["ada"], queue_id=general)
        )
    )
    await desk.mail(email="li@example.com")
    await desk.route()
    offer = await desk.pending_offer("ada")
    assert offer is not None
    return offer


async def _consult(desk: Desk, name: str) -> dict[str, Any]:
    """A conversation in Ada's hands; Ana is asked into it, or Ada into one of Ana's."""
    db, ada, ana = desk.runtime.db, await desk.actor("ada"), await desk.actor("ana")
    if name in ("join_a_consult", "decline_a_consult"):
        await desk.available("ana")
        conversation = await desk.accept("ana")
        await desk.available("ada")
        return {"consult_id": await db.write(ask_colleague, ana, conversation, ada.agent_id)}
    await desk.available("ada")
    conversation = await db.write(accept_offer, ada, await _offer_to_ada(desk))
    await desk.available("ana")
    if name == "ask_a_colleague":
        return {"conversation_id": conversation}
    consult = await db.write(ask_colleague, ada, conversation, ana.agent_id)
    await db.write(join_consult, ana, consult)
    return {"consult_id": consult}


async def _alert(desk: Desk) -> int:
    """An alert that is up."""
    form = RuleForm("Long", "waiting", None, "above", 1, 0, 0, True, False, "")

    def raise_it(tx: Tx) -> int:
        rule_id, _ = save_rule(tx, actor, form)
        take_measures(tx, {rule_id: 5})
        return int(tx.execute(select(alerts.c.id)).scalar_one())

    actor = await desk.actor("ada")
    return await desk.runtime.db.write(raise_it)


async def _callback_in_hand(desk: Desk) -> int:
    """A contact that Ada has accepted, of a customer who is to be called back."""
    await desk.available("ada")
    offer_id = await _offer_to_ada(desk)

    def accept(tx: Tx) -> int:
        offer = tx.execute(select(offers).where(offers.c.id == offer_id)).one()
        accept_offer(tx, actor, offer_id)
        here = contacts.c.id == offer.contact_id
        tx.execute(update(contacts).where(here).values(callback={"to": "+85212345678", "tries": 0}))
        return int(offer.contact_id)

    actor = await desk.actor("ada")
    return await desk.runtime.db.write(accept)


async def test_a_refused_request_leaves_its_key_free(api, desk: Desk) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}/messages"
    headers = {"Idempotency-Key": "try"}
    refused = await api.post(path, json={"text": " ", "kind": "note"}, headers=headers)
    assert refused.status_code == 422
    better = await api.post(path, json={"text": "now", "kind": "note"}, headers=headers)
    assert better.status_code == 201


async def test_the_same_key_of_two_machines_is_two_keys(machine: Machine, desk: Desk) -> None:
    received = await desk.mail()
    path = f"/conversations/{received.conversation_id}/messages"
    headers = {"Idempotency-Key": "1"}
    for name in ("ana", "ben"):
        note = {"text": f"by {name}", "kind": "note"}
        answer = await (await machine(name)).post(path, json=note, headers=headers)
        assert answer.json()["text"] == f"by {name}"


async def test_two_requests_at_once_with_one_key_have_one_effect(api, desk: Desk) -> None:
    body = {"external_id": "e1", "email": "kim@example.com", "text": "Hi"}
    headers = {"Idempotency-Key": "race"}
    path = f"/inboxes/{desk.inboxes['email']}/contacts"
    answers = await asyncio.gather(*(api.post(path, json=body, headers=headers) for _ in range(8)))
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert sum(answer.status_code == 201 for answer in answers) >= 1
    assert len((await api.get("/conversations")).json()) == 1


@pytest.mark.parametrize("key", ["", "x" * 201, "a b", "é", "a\tb"])
async def test_a_key_that_is_none_is_refused(api, desk: Desk, key: str) -> None:
    headers = {"Idempotency-Key": key.encode("latin-1")}
    answer = await api.post("/customers", json={"email": "a@b.example"}, headers=headers)
    assert answer.status_code == 422
    assert "idempotency_key" in answer.json()["errors"]


async def test_an_attachment_comes_once_however_often_it_is_sent(api, desk: Desk) -> None:
    body = {
        "external_id": "e1",
        "email": "kim@example.com",
        "text": "See",
        "attachments": [{"name": "a.txt", "data": base64.b64encode(b"hello").decode()}],
    }
    path = f"/inboxes/{desk.inboxes['email']}/contacts"
    first = (await api.post(path, json=body)).json()
    assert (await api.post(path, json=body)).json()["duplicate"]
    messages_there = await api.get(f"/conversations/{first['conversation_id']}/messages")
    assert [file["name"] for file in messages_there.json()[0]["files"]] == ["a.txt"]
