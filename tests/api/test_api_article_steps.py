"""Reviews, versions and drafts from conversations over the API."""

import pytest

from app.actions.send_message import Reply, send_message
from tests.desk import Desk
from tests.fixtures.machines import Machine

pytestmark = pytest.mark.engine


async def test_an_article_is_changed_compared_restored_and_archived(
    desk: Desk, machine: Machine
) -> None:
    api = await machine("ana")
    texts = {"en": {"title": "Hot?", "body": "75"}, "zh_Hans": {"title": "热", "body": "七十五"}}
    made = (await api.post("/articles", json={"brand_id": desk.brand, "texts": texts})).json()
    here = f"/articles/{made['id']}"
    change = {"texts": {"en": {"title": "Hot?", "body": "80"}}, "note": "Measured"}
    changed = (await api.patch(here, json=change)).json()
    assert changed["texts"]["en"]["revision"] == 2
    assert changed["texts"]["zh_Hans"]["translated_from_revision"] == 1
    versions = (await api.get(f"{here}/versions?locale=en-GB")).json()
    assert [(one["version"], one["body"], one["note"]) for one in versions] == [
        (2, "80", "Measured"),
        (1, "75", ""),
    ]
    back = await api.post(f"{here}/restore", json={"locale": "en", "version": 1})
    assert back.json()["texts"]["en"]["body"] == "75"
    asked = await api.post(f"{here}/review", json={"note": "Please"})
    assert asked.json()["status"] == "review"
    assert (await api.post(f"{here}/publish")).json()["status"] == "published"
    assert (await api.post(f"{here}/review", json={})).status_code == 409
    assert (await api.post(f"{here}/archive")).json()["status"] == "archived"
    assert [one["id"] for one in (await api.get("/articles?status=archived")).json()] == [
        made["id"]
    ]


async def test_an_answered_conversation_becomes_a_draft(desk: Desk, machine: Machine) -> None:
    await desk.available("ana")
    await desk.mail("How hot should it be, asks Kim Doe?")
    conversation = await desk.accept("ana")
    api = await machine("ana")
    path = f"/conversations/{conversation}/article"
    assert (await api.post(path)).status_code == 409
    reply = Reply(key="k" * 16, text="75 degrees.")
    await desk.runtime.db.write(send_message, await desk.actor("ana"), conversation, reply)
    made = (await api.post(path)).json()
    assert (made["visibility"], made["status"]) == ("internal", "draft")
    assert made["texts"]["en"]["title"] == "How hot should it be, asks [name]?"
    assert made["texts"]["en"]["body"] == "75 degrees."
    assert (await api.post(path)).json()["id"] == made["id"]
