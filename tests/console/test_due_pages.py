"""The due list, and how well promises were kept."""

import pytest
from playwright.async_api import expect

from app import clock
from app.actions.promise import close_promise, make_promise
from app.actions.send_message import Reply, send_message
from app.actions.set_status import snooze
from app.actions.task import add_task, set_task_done
from app.queries.due_list import due_list, grouped
from app.queries.promise_report import promise_report
from app.queries.promises import list_tasks
from tests.axe import barriers, barriers_in_every_look
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.product import Ticking
from tests.fixtures.shop import Shop

HOUR = 3_600_000
DAY = 24 * HOUR


@pytest.mark.engine
async def test_all_that_waits_for_an_agent_is_in_one_list(desk: Desk, ticking: Ticking) -> None:
    db, now = desk.runtime.db, ticking.at
    ana = await desk.actor("ana")
    await desk.available("ana")
    mail = await desk.mail()
    conversation = await desk.accept("ana")
    await db.write(make_promise, ana, conversation, "Call back", now + HOUR)
    await db.write(add_task, ana, "Tidy up")
    await db.write(add_task, ana, "Write it down", due_at=now - HOUR)
    reply = Reply("Later", "key-00001", send_at=now + 2 * DAY)
    await db.write(send_message, ana, mail.conversation_id, reply)
    await db.write(snooze, ana, conversation, now + 40 * DAY)
    items = await db.query(due_list, ana)
    assert [one.kind for one in items] == ["task", "promise", "message", "snooze", "task"]
    groups = {name: [one.kind for one in part] for name, part in grouped(items, now, "UTC")}
    assert groups["overdue"] == ["task"]
    assert groups["some_day"] == ["task"]
    assert groups["later"] == ["snooze"]
    assert await db.query(due_list, await desk.actor("ben")) == ()


async def test_a_task_is_given_another_time_and_owner(browser_of: SignIn, desk: Desk) -> None:
    db, ana, ben = desk.runtime.db, await desk.actor("ana"), await desk.actor("ben")
    mail = await desk.mail()
    talk = mail.conversation_id
    task = await db.write(add_task, ana, "Send the lid", due_at=1, conversation_id=talk)
    page = await browser_of("ana")
    assert f'action="/tasks/{task}/change"' in (await page.get("/due")).text
    assert (
        f'action="/tasks/{task}/change"'
        in (await page.get(f"/customers/{mail.customer_id}/owed")).text
    )
    said = {"when": "in 2 hours", "owner": str(ben.agent_id)}
    assert (await page.post(f"/tasks/{task}/change", data=said)).is_success
    [item] = await db.query(list_tasks, ben, owner_id=ben.agent_id)
    assert item.due_at is not None
    assert item.due_at > 1
    assert "Ana changed the task “Send the lid”: Ben" in (await page.get(f"/inbox/{talk}")).text
    assert (await page.post(f"/tasks/{task}/change", data={"when": "some day"})).status_code == 422
    await db.write(set_task_done, ben, task, True)
    assert (await page.post(f"/tasks/{task}/change", data=said)).status_code == 409


@pytest.mark.engine
async def test_the_kept_rate_counts_what_is_over(desk: Desk, ticking: Ticking) -> None:
    db, began = desk.runtime.db, ticking.at
    ana, sam = await desk.actor("ana"), await desk.actor("sam")
    mail = await desk.mail()
    made = [
        await db.write(make_promise, ana, mail.conversation_id, f"No. {n}", began + HOUR)
        for n in range(5)
    ]
    await db.write(close_promise, ana, made[0], "kept")
    await db.write(close_promise, ana, made[1], "withdrawn")
    ticking.forward(s=7200)
    await db.write(close_promise, ana, made[2], "kept")
    await db.write(close_promise, ana, made[3], "broken")
    found = await db.query(promise_report, sam, (began, ticking.at), ticking.at)
    sums = found.all
    assert (sums.kept, sums.kept_late, sums.broken, sums.late, sums.withdrawn) == (1, 1, 1, 1, 1)
    assert sums.rate == 0.25
    assert [line.name for line in found.agents] == ["Ana"]
    assert [line.name for line in found.queues] == ["General"]


async def test_tasks_are_made_where_the_work_is_and_given_to_colleagues(
    desk: Desk, browser_of: SignIn, other_brand: int
) -> None:
    mail = await desk.mail()
    ana, ben = await browser_of("ana"), str(desk.agents["ben"])
    talk, person = f"/inbox/{mail.conversation_id}/task", f"/customers/{mail.customer_id}"
    assert "Ben" in (await ana.get(talk)).text
    form = {"text": "Send a card", "when": "tomorrow 12:00", "owner": ben, "kind": "thanks"}
    assert (await ana.post(talk, data=form)).status_code == 204
    made = await ana.post(f"{person}/tasks", data={"text": "Ask about tea", "owner": ben})
    assert "Send a card" in made.text
    assert "Ask about tea" in made.text
    assert (await ana.post("/due/tasks", data={"text": "Look", "owner": ben})).status_code == 303
    outside = str(desk.agents["cora"])
    refused = await ana.post(talk, data={"text": "Look", "owner": outside})
    assert refused.status_code == 422  # of another brand
    items = await desk.runtime.db.query(due_list, await desk.actor("ben"))
    assert {item.text for item in items} == {"Send a card", "Ask about tea", "Look"}
    assert "made a task for Ben" in (await ana.get(f"/inbox/{mail.conversation_id}")).text
    gone = await (await browser_of("cora")).post(f"{person}/tasks", data={"text": "Mine"})
    assert gone.status_code == 404


@pytest.mark.browser
async def test_a_task_is_added_and_done_by_keys(shop: Shop, console: OpenConsole) -> None:
    ana = await shop.desk.actor("ana")
    mail = await shop.desk.mail()
    db = shop.runtime.db
    await db.write(make_promise, ana, mail.conversation_id, "Call back", clock.now() + HOUR)
    await db.write(add_task, ana, "Late already", due_at=1)
    page = await console("ana", "/due")
    await page.keyboard.press("c")
    await page.keyboard.type("Send a card")
    await page.keyboard.press("Enter")
    await expect(page.locator("[data-due-row]")).to_have_count(3)
    assert await barriers_in_every_look(page, (1280, 375)) == []
    await page.keyboard.press("j")
    await page.keyboard.press("e")
    await expect(page.locator("[data-due-row]")).to_have_count(2)
    await expect(page.locator(".due-overdue")).to_have_count(0)
    assert [one.text for one in await db.query(list_tasks, ana, done=True)] == ["Late already"]


@pytest.mark.browser
async def test_a_supervisor_reads_how_promises_were_kept(shop: Shop, console: OpenConsole) -> None:
    ana = await shop.desk.actor("ana")
    mail = await shop.desk.mail()
    db = shop.runtime.db
    made = await db.write(
        make_promise, ana, mail.conversation_id, "Call back", clock.now() + 60_000
    )
    await db.write(close_promise, ana, made, "kept")
    page = await console("sam", "/supervise/history/promises?length=week")
    await expect(page.get_by_role("row", name="Ana")).to_contain_text("100%")
    assert await barriers(page) == []
    sheet = await page.request.get(page.url.replace("promises?", "promises.csv?"))
    assert "agent,Ana,1,0,0,0,0,0,1.0000,0" in await sheet.text()
