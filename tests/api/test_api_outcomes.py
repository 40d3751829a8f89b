"""Pauses, calls for help and outcomes over the API."""

from typing import Any

import pytest
from sqlalchemy import insert, update

from app.models.organisation import dispositions, pause_reasons, queues
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


@pytest.fixture
async def words(desk: Desk) -> None:
    """Something to choose from."""

    def fill(tx: Any) -> None:
        tx.execute(insert(pause_reasons).values(name="Lunch", created_at=1))
        tx.execute(insert(dispositions).values(name="Solved", created_at=1))
        tx.execute(update(queues).values(disposition_required=True))

    await desk.runtime.db.write(fill)


async def test_a_pause_has_its_reason(desk: Desk, words: None, machine: Machine) -> None:
    ana = await machine("ana")
    (reason,) = (await ana.get("/pause-reasons")).json()
    me = f"/agents/{desk.agents['ana']}/presence"
    answer = await ana.put(me, json={"state": "away", "pause_reason_id": reason["id"]})
    assert answer.json()["pause_reason_id"] == reason["id"]
    answer = await ana.put(me, json={"state": "available", "pause_reason_id": reason["id"]})
    assert answer.status_code == 422


async def test_help_is_asked_for_and_taken_back(desk: Desk, machine: Machine) -> None:
    await desk.available("ana")
    ana = await machine("ana")
    assert (await ana.put("/agents/me/help", json={"wanted": True})).json()["help_wanted_at"]
    answer = await ana.put("/agents/me/help", json={"wanted": False})
    assert answer.json()["help_wanted_at"] is None


async def test_done_says_what_became_of_it(desk: Desk, words: None, machine: Machine) -> None:
    await desk.available("ana")
    mail = await desk.mail()
    await desk.accept("ana")
    ana = await machine("ana")
    address = f"/conversations/{mail.conversation_id}"
    refused = await ana.patch(address, json={"status": "done"})
    assert (refused.status_code, refused.json()["code"]) == (409, "disposition_needed")
    (outcome,) = (await ana.get("/dispositions")).json()
    body = {"status": "done", "disposition_id": outcome["id"], "outcome_note": "By post"}
    done = await ana.patch(address, json=body)
    assert done.json()["status"] == "done"
    contact = (await ana.get(f"/contacts/{done.json()['contact_id']}")).json()
    assert (contact["disposition_id"], contact["wrap_up_note"]) == (outcome["id"], "By post")


async def test_a_wrap_up_is_finished(desk: Desk, words: None, machine: Machine) -> None:
    await desk.available("ana")
    chat = await desk.chat()
    await desk.accept("ana")
    ana = await machine("ana")
    done = await ana.patch(f"/conversations/{chat.conversation_id}", json={"status": "done"})
    contact = f"/contacts/{done.json()['contact_id']}"
    assert (await ana.post(f"{contact}/finish")).status_code == 409
    assert (await ana.put(f"{contact}/outcome", json={"disposition_id": 1})).status_code == 200
    assert (await ana.post(f"{contact}/finish")).json()["status"] == "ended"
    ben = await machine("ben")
    assert (await ben.post(f"{contact}/finish")).status_code == 404
