"""The list's order "due first": what it shows first, in pages, and how it is kept."""

import re
from collections.abc import Sequence
from typing import Any

import pytest
from playwright.async_api import expect
from sqlalchemy import insert, select, text, update

from app import clock
from app.actions.promise import close_promise, make_promise
from app.db import Tx
from app.models.contact import sla_clocks
from app.models.conversation import conversations
from app.queries.due_first import ranked
from app.queries.inbox import InboxPage, View, inbox_page, rows_of
from tests.console.test_inbox_pages import statements
from tests.desk import Desk
from tests.fixtures.console import OpenConsole
from tests.fixtures.people import SignIn
from tests.fixtures.shop import Shop

HOUR = 3_600_000


async def _mails(desk: Desk, count: int) -> list[int]:
    return [
        (await desk.mail(f"Mail {n}", email=f"c{n}@example.com")).conversation_id
        for n in range(count)
    ]


async def _due(desk: Desk, *hours: float | None, ids: Sequence[int]) -> None:
    """Each conversation's only clock is due after so many hours; None: it has none that runs."""

    def put(tx: Tx) -> None:
        tx.execute(update(sla_clocks).values(ended_at=tx.now))
        for conversation_id, after in zip(ids, hours, strict=True):
            if after is not None:
                tx.execute(_clock(desk, conversation_id, tx.now, int(after * HOUR)))

    await desk.runtime.db.write(put)


def _clock(desk: Desk, conversation_id: int, now: int, after: int) -> Any:
    return insert(sla_clocks).values(
        conversation_id=conversation_id, queue_id=desk.queues["general"], kind="first",
        target_ms=abs(after), started_at=now, due_at=now + after,
    )  # fmt: skip


async def _listed(desk: Desk, name: str, **view: Any) -> InboxPage:
    limit = view.pop("limit", 50)
    actor = await desk.actor(name)
    looked = View("all", sort="due", **view)
    return await desk.runtime.db.query(inbox_page, actor, looked, limit)


@pytest.mark.engine
async def test_what_is_due_next_comes_first_and_the_rest_newest_first(desk: Desk) -> None:
    ana = await desk.actor("ana")
    late, soon, tomorrow, promised, rest, newest = made = await _mails(desk, 6)
    await _due(desk, -1, 2, 20, 30, None, None, ids=made)
    now = (await _listed(desk, "ana")).rows[0].last_message_at
    db = desk.runtime.db
    await db.write(make_promise, ana, promised, "Call back", now + 5 * HOUR)  # before its clock
    sooner = await db.write(make_promise, ana, rest, "Ask the carrier", now + HOUR)
    rows = (await _listed(desk, "ana")).rows
    assert [row.id for row in rows] == [late, rest, soon, promised, tomorrow, newest]
    kinds = [row.clock and row.clock.kind for row in rows]
    assert kinds == ["first", "promise", "first", "promise", "first", None]
    await db.write(close_promise, ana, sooner, "kept")
    ids = [row.id for row in (await _listed(desk, "ana")).rows]
    assert ids[:4] == [late, soon, promised, tomorrow]


@pytest.mark.engine
async def test_the_order_is_paged_to_the_end_without_gap_or_repetition(desk: Desk) -> None:
    made = await _mails(desk, 9)
    await _due(desk, 2, 1, 1, None, 1, None, 3, None, None, ids=made)
    whole = [row.id for row in (await _listed(desk, "ana")).rows]
    assert whole[:5] == [made[4], made[2], made[1], made[0], made[6]]
    for limit in (1, 2, 3, 5):
        read, before = [], None
        while True:
            page = await _listed(desk, "ana", before=before, limit=limit)
            read += [row.id for row in page.rows]
            if (before := page.next_before) is None:
                break
        assert read == whole, limit


@pytest.mark.engine
async def test_a_live_row_has_the_rank_of_its_place(desk: Desk) -> None:
    made = await _mails(desk, 4)
    await _due(desk, None, 3, 1, None, ids=made)
    page = await _listed(desk, "ana")
    ana = await desk.actor("ana")
    view = View("all", sort="due")
    some, _ = await desk.runtime.db.query(rows_of, ana, view, [made[1], made[3]])
    assert {row.id: row.rank for row in some}.items() <= {r.id: r.rank for r in page.rows}.items()
    ranks = [row.rank for row in page.rows]
    assert ranks == sorted(ranks, reverse=True)


@pytest.mark.engine
async def test_the_order_walks_an_index_and_takes_no_statement_more(desk: Desk) -> None:
    made = await _mails(desk, 3)
    await _due(desk, 1, 2, None, ids=made)
    ana = await desk.actor("ana")
    for sort in ("newest", "due"):
        with statements(desk.runtime) as seen:
            await desk.runtime.db.query(inbox_page, ana, View("all", sort=sort))
        assert len(seen) == 3, seen
    plan = await desk.runtime.db.query(_plan_of_many)
    assert "ix_sla_clocks_ended_at_due_at" in plan
    assert "ix_promises_state_due_at" in plan
    assert not re.search(r"SCAN (conversations|sla_clocks|promises)|Seq Scan", plan), plan


def _plan_of_many(conn: Any) -> str:
    matching = (conversations.c.status == "open") & ~conversations.c.spam
    order = ranked(matching, None, 51)
    said = str(select(order).compile(conn.engine, compile_kwargs={"literal_binds": True}))
    if conn.dialect.name == "sqlite":
        return "\n".join(row.detail for row in conn.execute(text(f"EXPLAIN QUERY PLAN {said}")))
    conn.execute(text("SET LOCAL enable_seqscan = off"))  # the tables are all but empty here
    return "\n".join(row[0] for row in conn.execute(text(f"EXPLAIN {said}")))


async def test_the_order_is_in_the_address_and_remembered(desk: Desk, browser_of: SignIn) -> None:
    ana = await browser_of("ana")
    await _mails(desk, 1)
    assert 'data-query="?view=all"' in (await ana.get("/inbox?view=all")).text
    page = (await ana.get("/inbox?view=all&sort=due")).text
    assert 'data-query="?view=all&amp;sort=due"' in page
    assert (await ana.post("/preferences", data={"list_sort": "due"})).status_code == 204
    page = (await ana.get("/inbox?view=all")).text
    assert 'data-query="?view=all&amp;sort=due"' in page
    page = (await ana.get("/inbox?view=all&sort=newest")).text  # the address has the last word
    assert 'data-query="?view=all&amp;sort=newest"' in page


async def test_the_order_is_chosen_in_the_menu_keeps_up_and_holds_next_time(
    shop: Shop, console: OpenConsole
) -> None:
    desk = shop.desk
    first, second, third = made = await _mails(desk, 3)
    await _due(desk, None, 2, None, ids=made)
    ana = await console("ana", "/inbox?view=all")
    top = ana.locator("#rows > .row-item").first
    await expect(top).to_have_attribute("data-id", str(third))
    await ana.get_by_role("button", name="Which conversations").click()
    async with ana.expect_response("**/preferences"):
        await ana.get_by_role("menuitemradio", name="Due first").click()
    await expect(ana).to_have_url(re.compile("sort=due"))
    await expect(top).to_have_attribute("data-id", str(second))
    await ana.mouse.move(1000, 500)  # nothing moves below the pointer
    actor = await desk.actor("ana")
    soon = clock.now() + HOUR // 2
    await desk.runtime.db.write(make_promise, actor, first, "Call back", soon)
    await expect(top).to_have_attribute("data-id", str(first))
    await ana.goto(f"{shop.url}/inbox?view=all")
    await expect(top).to_have_attribute("data-id", str(first))
