"""The wallboard shows what is so, its numbers drill down, and only supervisors see it."""

import httpx2 as httpx
import pytest
from sqlalchemy import Connection, event, insert, select, update

from app.actions.send_message import Reply, send_message
from app.actions.set_status import end_by_customer
from app.db import Tx
from app.models.agent import agents
from app.models.conversation import conversations
from app.models.history import queue_intervals
from app.models.organisation import queues
from app.queries.board_contacts import board_contacts
from app.queries.board_rates import added
from app.queries.wallboard import BoardCache, wallboard
from routing.intervals import quarter_of
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def test_who_has_all_the_chats_they_may_have_is_not_free_for_one_that_waits(
    desk: Desk,
) -> None:
    await desk.available("ana")
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(agents)
            .where(agents.c.id == desk.agents["ana"])
            .values(capacity=12, max_by_channel={"chat": 1})
        )
    )

    async def free() -> int:
        board = await desk.runtime.db.query(wallboard, None)
        return next(row.agents_free for row in board.queues if row.name == "General")

    await desk.chat(visitor="first")
    await desk.route()
    await desk.accept("ana")
    assert await free() == 1  # nothing waits, and a letter she could take
    await desk.chat(visitor="second")
    assert await free() == 0


async def test_the_board_counts_who_waits_and_who_is_free(desk: Desk) -> None:
    await desk.mail()
    await desk.available("ana")
    board = await desk.runtime.db.query(wallboard, None)
    assert (board.waiting, board.free, board.full) == (1, 1, 0)
    general = next(row for row in board.queues if row.name == "General")
    assert (general.waiting, general.agents_free) == (1, 1)


async def test_a_chat_counts_as_answered_in_time_when_it_is_accepted_in_time(
    desk: Desk, ticking
) -> None:
    await desk.available("ana")
    await desk.chat()
    ticking.forward(s=30)
    await desk.available("ana")
    await desk.accept("ana")
    board = await desk.runtime.db.query(wallboard, None)
    assert board.day.service_level == 1.0
    assert board.day.asa_ms == 30_000


async def test_a_letter_counts_as_answered_by_the_first_reply(desk: Desk, ticking) -> None:
    await desk.available("ana")
    received = await desk.mail()
    await desk.accept("ana")
    assert (await desk.runtime.db.query(wallboard, None)).day.answered == 0
    ticking.forward(s=600)
    reply = Reply("Here you are", "key-0001")
    await desk.runtime.db.write(
        send_message, await desk.actor("ana"), received.conversation_id, reply
    )
    day = (await desk.runtime.db.query(wallboard, None)).day
    assert (day.answered, day.in_target, day.asa_ms) == (1, 1, 600_000)


async def test_who_leaves_within_five_seconds_does_not_count_as_abandoned(
    desk: Desk, ticking
) -> None:
    quick = await desk.chat(visitor="quick")
    patient = await desk.chat(visitor="patient")
    ticking.forward(s=3)
    await desk.runtime.db.write(end_by_customer, quick.conversation_id)
    ticking.forward(s=60)
    await desk.runtime.db.write(end_by_customer, patient.conversation_id)
    day = (await desk.runtime.db.query(wallboard, None)).day
    assert (day.abandoned, day.short_abandoned, day.service_level) == (1, 1, 0.0)


async def test_each_number_is_as_large_as_its_list(desk: Desk) -> None:
    await desk.available("ana")
    await desk.chat(visitor="a")
    await desk.accept("ana")
    await desk.mail()
    board = await desk.runtime.db.query(wallboard, None)
    for what, number in (("waiting", board.waiting), ("answered", board.day.answered)):
        assert len(await desk.runtime.db.query(board_contacts, None, what)) == number


async def test_the_page_names_queues_and_agents(supervisor: httpx.AsyncClient, desk: Desk) -> None:
    await desk.mail()
    page = await supervisor.get("/supervise")
    assert page.status_code == 200
    assert "General" in page.text
    assert "Ana" in page.text
    rows = await supervisor.get("/supervise/contacts", params={"what": "waiting"})
    assert "Kim Doe" in rows.text


async def test_a_supervisor_closes_a_queue_and_opens_it_again(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    path = f"/supervise/queues/{desk.queues['general']}"
    for word, closed in (("yes", True), ("no", False)):
        assert (await supervisor.post(path, data={"closed": word})).status_code == 204
        async with desk.runtime.db.read() as conn:
            query = select(queues.c.closed).where(queues.c.id == desk.queues["general"])
            assert (await conn.execute(query)).scalar_one() is closed


async def test_a_supervisor_gives_a_waiting_contact_to_an_agent(
    supervisor: httpx.AsyncClient, desk: Desk
) -> None:
    received = await desk.mail()
    form = {"conversation_id": received.conversation_id, "agent_id": desk.agents["ben"]}
    assert (await supervisor.post("/supervise/assign", data=form)).status_code == 204
    async with desk.runtime.db.read() as conn:
        found = await conn.execute(select(conversations.c.assignee_id))
        assert found.scalar_one() == desk.agents["ben"]


async def test_there_is_no_wallboard_for_an_agent(client: httpx.AsyncClient, desk: Desk) -> None:
    client.cookies.set("session", await desk.sign_in("ana"))
    assert (await client.get("/supervise")).status_code == 404


async def test_a_tick_counts_what_changes_each_second_and_not_the_day(desk: Desk, ticking) -> None:
    cache = BoardCache()
    await desk.mail()
    first = await _statements(desk, cache)
    ticking.forward(s=1)
    assert first == 8
    assert await _statements(desk, cache) == 3
    ticking.forward(s=15)
    assert await _statements(desk, cache) == 8


async def _statements(desk: Desk, cache: BoardCache) -> int:
    """How many statements one reading of the board takes."""

    def read(conn: Connection) -> int:
        count = 0

        def note(*_: object) -> None:
            nonlocal count
            count += 1

        event.listen(conn, "before_cursor_execute", note)
        cache.read(conn, None)
        event.remove(conn, "before_cursor_execute", note)
        return count

    return await desk.runtime.db.query(read)


async def test_the_curves_add_up_to_the_day(desk: Desk, ticking) -> None:
    ticking.forward(s=1)
    await desk.mail()
    ticking.forward(s=4 * 3600)
    await desk.mail()
    rates = (await desk.runtime.db.query(wallboard, None)).rates
    assert added(rates.quarters) == rates.day
    assert [part.offered for part in rates.quarters if part.offered] == [1, 1]


async def test_a_week_ago_is_read_from_the_rows_of_reports(desk: Desk, ticking) -> None:
    week_ago = quarter_of(ticking.at) - 7 * 24 * 3600_000
    rest = ("short_abandoned", "handling_ms", "wrap_up_ms", "transferred", "overflowed", "handled")
    sums = dict.fromkeys(rest, 0)

    def keep(tx: Tx) -> None:
        for quarters_back in (1, 2, 200):
            tx.execute(
                insert(queue_intervals).values(
                    queue_id=desk.queues["general"], channel="chat", priority="normal",
                    starts_at=week_ago - quarters_back * 900_000, offered=4, answered=3,
                    in_target=2, abandoned=1, waits_ms=90_000, longest_ms=50_000, **sums,
                )
            )  # fmt: skip

    await desk.runtime.db.write(keep)
    before = (await desk.runtime.db.query(wallboard, None)).before
    assert (before.offered, before.service_level, before.asa_ms) == (8, 0.5, 30_000)


async def test_occupancy_is_the_share_of_time_with_something_in_hand(desk: Desk, ticking) -> None:
    await desk.available("ana")
    ticking.forward(s=300)
    await desk.available("ana")
    await desk.chat()
    await desk.accept("ana")
    ticking.forward(s=900)
    people = (await desk.runtime.db.query(wallboard, None)).rates.people
    assert people[desk.agents["ana"]].occupancy == pytest.approx(0.75)
    assert people[desk.agents["ben"]].occupancy is None


async def test_the_last_reply_of_an_agent_stands_beside_them(desk: Desk, ticking) -> None:
    await desk.available("ana")
    received = await desk.chat()
    await desk.accept("ana")
    at = ticking.forward(s=30)
    await desk.runtime.db.write(
        send_message, await desk.actor("ana"), received.conversation_id, Reply("Hello", "key-0001")
    )
    ticking.forward(s=30)
    people = (await desk.runtime.db.query(wallboard, None)).rates.people
    assert people[desk.agents["ana"]].last_reply_at == at


async def test_who_waits_past_their_target_is_counted_and_listed(desk: Desk, ticking) -> None:
    await desk.chat(visitor="late")
    ticking.forward(s=61)
    await desk.chat(visitor="early")
    board = await desk.runtime.db.query(wallboard, None)
    assert (board.waiting, board.overdue) == (2, 1)
    assert len(await desk.runtime.db.query(board_contacts, None, "overdue")) == 1
