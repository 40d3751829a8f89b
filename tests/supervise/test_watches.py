"""Listening in: silent, whispered, joined. What is logged, who learns of it, when it is over."""

import httpx2 as httpx
import pytest
from sqlalchemy import select

from app.actions.contact import end_contact
from app.actions.enqueue import live_contact
from app.actions.watch import (
    TTL_MS,
    expire_watches,
    keep_watches,
    leave_watch,
    set_watch_policy,
    speak,
    watch,
    whisper,
)
from app.db import Conflict, NotFound, Tx
from app.models.agent import audit
from app.models.conversation import messages
from app.models.supervision import watches
from app.queries.notices import notices
from app.queries.watches import says_who_watches
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def _in_hand(desk: Desk) -> int:
    """A chat that Ana works on."""
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")
    return received.conversation_id


async def _do(desk: Desk, action, name: str, *args: object):
    return await desk.runtime.db.write(action, await desk.actor(name), *args)


async def _rows(desk: Desk, table, *columns: str):
    async with desk.runtime.db.read() as conn:
        query = select(*(table.c[name] for name in columns)).order_by(table.c.id)
        return [tuple(row) for row in await conn.execute(query)]


async def _told(desk: Desk, name: str) -> list[tuple[str, str]]:
    found = await desk.runtime.db.query(notices, await desk.actor(name))
    return [(one.who, one.mode) for one in found.listeners]


async def test_each_way_of_listening_is_a_stretch_in_the_log(desk: Desk, ticking) -> None:
    conversation_id = await _in_hand(desk)
    began = ticking.at
    for mode in ("monitor", "whisper", "barge", "monitor"):
        await _do(desk, watch, "sam", conversation_id, mode)
        ticking.forward(s=10)
    await _do(desk, leave_watch, "sam", conversation_id)
    assert await _rows(desk, watches, "mode", "began_at", "ended_at") == [
        ("monitor", began, began + 10_000),
        ("whisper", began + 10_000, began + 20_000),
        ("barge", began + 20_000, began + 30_000),
        ("monitor", began + 30_000, began + 40_000),
    ]
    acts = [act for (act,) in await _rows(desk, audit, "action") if act.startswith("watch.")]
    assert acts == [
        "watch.monitor", "watch.whisper", "watch.barge", "watch.monitor", "watch.ended",
    ]  # fmt: skip


async def test_the_agent_learns_of_a_silent_listener_only_where_the_policy_says_so(
    desk: Desk,
) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id)
    assert await _told(desk, "ana") == []
    await _do(desk, set_watch_policy, "ada", True)
    assert await _told(desk, "ana") == [("Sam", "monitor")]
    await _do(desk, set_watch_policy, "ada", False)
    await _do(desk, watch, "sam", conversation_id, "whisper")
    assert await _told(desk, "ana") == [("Sam", "whisper")]
    assert await _told(desk, "ben") == []


async def test_a_silent_watch_leaves_nothing_in_the_conversation(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    before = await _rows(desk, messages, "id", "kind", "text")
    await _do(desk, watch, "sam", conversation_id)
    await _do(desk, watch, "sam", conversation_id, "whisper")
    await _do(desk, leave_watch, "sam", conversation_id)
    assert await _rows(desk, messages, "id", "kind", "text") == before


async def test_joining_and_leaving_are_said_to_the_agents(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id, "barge")
    await _do(desk, leave_watch, "sam", conversation_id)
    lines = [text for kind, text in await _rows(desk, messages, "kind", "text") if kind == "system"]
    assert lines[-2:] == ["joined", "left"]


async def test_a_whisper_is_a_note_marked_as_the_supervisors(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id, "whisper")
    await _do(desk, whisper, "sam", conversation_id, "Offer a refund", "key-0001")
    await _do(desk, whisper, "sam", conversation_id, "Offer a refund", "key-0001")
    rows = await _rows(desk, messages, "kind", "text", "details", "agent_id")
    assert [row for row in rows if row[0] == "note"] == [
        ("note", "Offer a refund", {"whisper": True}, desk.agents["sam"])
    ]


async def test_each_mode_allows_what_it_says_and_no_more(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    with pytest.raises(Conflict):
        await _do(desk, whisper, "sam", conversation_id, "Hm", "key-0001")
    await _do(desk, watch, "sam", conversation_id)
    with pytest.raises(Conflict):
        await _do(desk, whisper, "sam", conversation_id, "Hm", "key-0001")
    await _do(desk, watch, "sam", conversation_id, "whisper")
    with pytest.raises(Conflict):
        await _do(desk, speak, "sam", conversation_id, "Hello", "key-0002")
    await _do(desk, watch, "sam", conversation_id, "barge")
    sent = await _do(desk, speak, "sam", conversation_id, "Hello", "key-0002")
    kinds = {row[0]: row[1:] for row in await _rows(desk, messages, "id", "kind", "agent_id")}
    assert kinds[sent.message_id] == ("outbound", desk.agents["sam"])


async def test_who_joins_does_not_take_the_contact_from_its_agent(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id, "barge")
    await _do(desk, speak, "sam", conversation_id, "Hello", "key-0002")

    def owner(tx: Tx) -> int:
        return live_contact(tx, conversation_id).agent_id

    assert await desk.runtime.db.write(owner) == desk.agents["ana"]


async def test_only_supervisors_listen_and_only_to_what_they_may_see(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    for name, wanted in (("ben", conversation_id), ("sam", 4711)):
        with pytest.raises(NotFound):
            await _do(desk, watch, name, wanted)


async def test_nobody_listens_to_what_nobody_has_in_hand(desk: Desk) -> None:
    received = await desk.mail()
    with pytest.raises(Conflict, match="nobody_to_watch"):
        await _do(desk, watch, "sam", received.conversation_id)


async def test_a_watch_without_a_sign_of_life_is_over(desk: Desk, ticking) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id)
    ticking.forward(ms=TTL_MS)
    await desk.runtime.db.write(keep_watches, [(desk.agents["sam"], conversation_id)])
    ticking.forward(ms=TTL_MS)
    assert await desk.runtime.db.write(expire_watches) == 0
    ticking.forward(ms=1)
    assert await desk.runtime.db.write(expire_watches) == 1
    assert await desk.runtime.db.write(expire_watches) == 0


async def test_a_watch_ends_with_the_contact(desk: Desk) -> None:
    conversation_id = await _in_hand(desk)
    await _do(desk, watch, "sam", conversation_id)

    def end(tx: Tx) -> None:
        end_contact(tx, live_contact(tx, conversation_id), "handled")

    await desk.runtime.db.write(end)
    assert await desk.runtime.db.write(expire_watches) == 1


async def test_the_page_of_a_watch_shows_thread_and_modes(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    conversation_id = await _in_hand(desk)
    done = await supervisor.post("/supervise/watch", data={"conversation_id": conversation_id})
    assert (done.status_code, done.headers["location"]) == (
        303,
        f"/supervise/watch/{conversation_id}",
    )
    page = (await supervisor.get(f"/supervise/watch/{conversation_id}")).text
    assert "Hello?" in page
    assert "Silent: neither Ana nor the customer knows." in page
    assert "<textarea" not in page
    at = f"/supervise/watch/{conversation_id}"
    assert (await supervisor.post(f"{at}/mode", data={"mode": "barge"})).status_code == 204
    form = {"text": "I am Sam", "key": "key-0001", "to": "customer"}
    assert (await supervisor.post(f"{at}/messages", data=form)).status_code == 200
    assert "I am Sam" in (await supervisor.get(at)).text
    assert (await supervisor.post(f"{at}/leave")).status_code == 204
    assert "You no longer listen in." in (await supervisor.get(at)).text


async def test_the_policy_is_set_by_administrators_on_a_page_of_its_own(
    client: httpx.AsyncClient, desk: Desk
) -> None:
    client.cookies.set("session", await desk.sign_in("ada"))
    page = (await client.get("/admin/supervision")).text
    token = page.split('name="csrf-token" content="')[1].split('"')[0]
    form = {"say_who_watches": "1", "csrf_token": token}
    headers = {"Origin": "http://127.0.0.1:8000"}
    sent = await client.post("/admin/supervision", data=form, headers=headers)
    assert sent.status_code == 303
    assert await desk.runtime.db.query(says_who_watches)
    client.cookies.set("session", await desk.sign_in("sam"))
    assert (await client.get("/admin/supervision")).status_code == 404
