"""Who looked at whom: beside conversations too, for the whole installation, and too often."""

from typing import Any

import pytest
from sqlalchemy import insert, select, text
from sqlalchemy.exc import DBAPIError

from app.actions.attach import attach_files
from app.actions.person_view import Look, note_looks, see_to_alarm, set_mass_view_limit
from app.db import Conflict
from app.models.agent import audit
from app.models.conversation import conversations
from app.models.party import access_log
from app.queries.access_alarms import limit_for, open_alarms
from app.queries.access_log import HOUR_MS, AccessFilter, access_page
from tests.desk import Desk
from tests.fixtures.machines import Machine
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine


async def lines(desk: Desk) -> list[tuple[Any, ...]]:
    await desk.runtime.looks.kept()
    of = access_log.c
    query = select(of.agent_id, of.customer_id, of.action, of.what, of.actor).order_by(of.id)
    return await desk.runtime.db.query(lambda conn: [tuple(row) for row in conn.execute(query)])


async def test_a_card_beside_a_conversation_is_a_look_once_an_hour(
    browser_of: SignIn, machine: Machine, desk: Desk, ticking: Ticking
) -> None:
    kim = await desk.mail()
    at = f"/inbox/{kim.conversation_id}"
    ana = await browser_of("ana")
    for _ in range(2):
        assert (await ana.get(at)).status_code == 200
        assert (await ana.get(f"{at}/state")).status_code == 200
        assert (await ana.get(f"/customers/{kim.customer_id}")).status_code == 200
    seen = (desk.agents["ana"], kim.customer_id, "viewed", f"conversation {kim.conversation_id}")
    assert await lines(desk) == [(*seen, "agent")]
    ticking.forward(s=3600)
    await ana.get(at)
    assert len(await lines(desk)) == 2
    ben = await machine("ben")
    await ben.get(f"/conversations/{kim.conversation_id}/messages")
    assert (await lines(desk))[2] == (desk.agents["ben"], *seen[1:], "api")


async def test_a_file_that_is_taken_along_is_written_down(browser_of: SignIn, desk: Desk) -> None:
    kim = await desk.mail()
    stored = desk.runtime.files.keep(b"words", "notes.txt", "text/plain")
    await desk.runtime.db.write(attach_files, [stored], message_id=kim.message_id)
    ana = await browser_of("ana")
    assert (await ana.get(f"/files/{stored.key}")).status_code == 200
    assert await lines(desk) == [
        (desk.agents["ana"], kim.customer_id, "downloaded", f"file {stored.key}", "agent")
    ]


@pytest.mark.parametrize("log", ["access_log", "audit"])
async def test_neither_log_can_be_edited(desk: Desk, log: str) -> None:
    def fill(tx: Any) -> None:
        tx.execute(insert(access_log).values(at=1, action="viewed", detail={}))
        tx.execute(insert(audit).values(at=1, action="sign_in", detail={}))

    await desk.runtime.db.write(fill)
    for statement in (f"UPDATE {log} SET at = 2", f"DELETE FROM {log}"):
        with pytest.raises(DBAPIError, match="only be appended to"):
            await desk.runtime.db.write(lambda tx, said: tx.execute(text(said)), statement)


async def strangers(desk: Desk, count: int, first: int = 1_000) -> None:
    """Ana opens so many customers of whom no conversation is hers."""
    looks = [Look(desk.agents["ana"], first + number) for number in range(count)]
    await desk.runtime.db.write(note_looks, looks)


async def test_who_opens_far_more_than_usual_is_told_to_administrators(
    browser_of: SignIn, desk: Desk, ticking: Ticking
) -> None:
    ada = await desk.actor("ada")
    await desk.runtime.db.write(set_mass_view_limit, ada, 5)
    own = await desk.mail()
    await desk.runtime.db.write(
        lambda tx: tx.execute(conversations.update().values(assignee_id=desk.agents["ana"]))
    )
    await desk.runtime.db.write(note_looks, [Look(desk.agents["ana"], own.customer_id)])
    await strangers(desk, 5)
    assert await desk.runtime.db.query(open_alarms, ticking.at) == []
    await strangers(desk, 3, 2_000)
    await strangers(desk, 3, 3_000)  # told once an hour
    (alarm,) = await desk.runtime.db.query(open_alarms, ticking.at)
    assert (alarm.who, alarm.seen, alarm.limit) == ("Ana", 8, 5)
    page = await browser_of("ada")
    assert "8 customers within an hour" in (await page.get("/notices")).text
    assert "customers within an hour" not in (await (await browser_of("sam")).get("/notices")).text
    assert (await page.post(f"/admin/access/alarms/{alarm.id}/seen")).status_code == 204
    assert await desk.runtime.db.query(open_alarms, ticking.at) == []
    with pytest.raises(Conflict):
        await desk.runtime.db.write(see_to_alarm, ada, alarm.id)
    # Who always opens many is not told of for as many again.
    ticking.forward(ms=2 * HOUR_MS)
    ana = desk.agents["ana"]
    assert await desk.runtime.db.query(limit_for, ana, 5, ticking.at) == 3 * 12


async def test_the_whole_log_is_read_filtered_page_by_page_and_as_a_file(
    browser_of: SignIn, desk: Desk
) -> None:
    kim = await desk.mail(name="=Kim()")
    await strangers(desk, 3)
    ana = await browser_of("ana")
    await ana.get(f"/customers/{kim.customer_id}")
    ada = await browser_of("ada")
    for name in ("ana", "sam"):
        assert (await (await browser_of(name)).get("/admin/access")).status_code == 404
        assert (await (await browser_of(name)).get("/admin/access.csv")).status_code == 404
    page = await ada.get("/admin/access")
    assert page.text.count("<td>Looked") == 4
    mine = await ada.get(f"/admin/access?customer={kim.customer_id}&agent={desk.agents['ana']}")
    assert mine.text.count("<td>Looked") == 1
    assert "Nothing found" in (await ada.get("/admin/access?action=exported")).text
    assert "Nothing found" in (await ada.get("/admin/access?until=2001-01-01")).text
    file = (await ada.get(f"/admin/access.csv?customer={kim.customer_id}")).text
    assert "'=Kim()" in file
    assert len(file.splitlines()) == 2
    first, older = await desk.runtime.db.query(access_page, AccessFilter(), 3)
    rest, end = await desk.runtime.db.query(access_page, AccessFilter(before=older), 3)
    ids = [line["id"] for line in first + rest]
    assert (ids, end) == (sorted(ids, reverse=True), None)
    assert len(ids) == 4
    assert "Took the access log along" in (await ada.get("/admin/log")).text
    assert (await ada.post("/admin/access/limit", data={"limit": "x"})).status_code == 422
    assert (await ada.post("/admin/access/limit", data={"limit": "12"})).status_code == 303
    assert 'value="12"' in (await ada.get("/admin/access")).text
