"""The pages of history: their figures, filters, time zones, drilling down, files and rights."""

import csv
import io
from collections.abc import AsyncIterator

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import event, insert, update

from app.actions.send_message import Reply, send_message
from app.actions.set_status import end_by_customer
from app.models.agent import agent_brands, agents
from app.models.history import queue_intervals
from app.models.organisation import brands, business_hours, queues
from app.workers.rollup import roll_up
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
PAGES = ("/supervise/history", "/supervise/history/agents", "/supervise/history/contacts")


@pytest.fixture
async def sam(app: FastAPI, desk: Desk, ticking: Ticking) -> AsyncIterator[httpx.AsyncClient]:
    """Sam, the supervisor, at a clock that stands still."""
    token = await desk.sign_in("sam")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", cookies={"session": token}
    ) as found:
        yield found


async def _a_day(desk: Desk, ticking: Ticking) -> None:
    """A chat answered after 30 s, one given up after 60 s, a mail answered after ten minutes."""
    await desk.available("ana")
    await desk.chat(visitor="patient")
    gone = await desk.chat(visitor="gone")
    ticking.forward(s=30)
    await desk.available("ana")
    await desk.accept("ana")
    ticking.forward(s=30)
    await desk.runtime.db.write(end_by_customer, gone.conversation_id)
    mail = await desk.mail()
    await desk.available("ana")
    await desk.accept("ana")
    ticking.forward(s=600)
    ana = await desk.actor("ana")
    reply = Reply("Here you are", "key-0001")
    await desk.runtime.db.write(send_message, ana, mail.conversation_id, reply)
    await roll_up(desk.runtime.db)


async def _lines(sam: httpx.AsyncClient, path: str, **asked: object) -> list[dict[str, str]]:
    answer = await sam.get(path, params=asked)  # type: ignore[arg-type]
    assert answer.status_code == 200
    assert answer.content.startswith(b"\xef\xbb\xbf")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"), newline="")))


async def test_a_days_figures_are_those_of_its_contacts(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    await _a_day(desk, ticking)
    lines = await _lines(sam, "/supervise/history/queues.csv", step="hour")
    assert len(lines) == 1
    line = lines[0]
    assert (line["queue"], line["offered"], line["answered"]) == ("General", "3", "2")
    assert (line["abandoned"], line["service_level"]) == ("1", "0.6667")
    assert line["speed_of_answer_s"] == "315.0"


async def test_filters_leave_the_others_out(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    await _a_day(desk, ticking)
    path = "/supervise/history/queues.csv"
    for asked, offered in (
        ({"channel": "email"}, ["1"]),
        ({"priority": "high"}, []),
        ({"language": "en"}, ["3"]),
        ({"queue": desk.queues["billing"]}, []),
    ):
        assert [
            line["offered"] for line in await _lines(sam, path, step="hour", **asked)
        ] == offered


async def test_every_page_shows_itself_with_and_without_anything(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    for _ in range(2):
        for path in PAGES:
            for length in ("day", "week", "month"):
                page = await sam.get(path, params={"length": length})
                assert page.status_code == 200, (path, length)
        await _a_day(desk, ticking)
    assert "Kim Doe" in (await sam.get(PAGES[2])).text


async def test_a_number_leads_to_exactly_its_contacts(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    await _a_day(desk, ticking)
    for what, count in (("offered", 3), ("answered", 2), ("abandoned", 1), ("late", 0)):
        page = await sam.get("/supervise/history/contacts", params={"what": what})
        assert page.text.count("?view=all") == count, what


async def test_times_are_on_the_clocks_of_the_queues_calendar(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    def give_hours(tx) -> None:  # type: ignore[no-untyped-def]
        hours = tx.execute(
            insert(business_hours).values(
                name="Tokyo", time_zone="Asia/Tokyo", spans={}, holidays=[]
            )
        ).inserted_primary_key[0]
        tx.execute(update(queues).where(queues.c.name == "General").values(hours_id=hours))

    await desk.runtime.db.write(give_hours)
    await _a_day(desk, ticking)
    asked = {"queue": desk.queues["general"], "step": "hour"}
    assert "Asia/Tokyo" in (await sam.get(PAGES[0], params=asked)).text
    lines = await _lines(sam, "/supervise/history/queues.csv", **asked)
    assert lines[0]["from"].endswith("+09:00")


async def test_a_name_that_looks_like_a_formula_is_text_in_the_file(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    def rename(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(
            update(queues).where(queues.c.name == "General").values(name='=1+1,"x"\n@SUM(A1)')
        )

    await desk.runtime.db.write(rename)
    await _a_day(desk, ticking)
    lines = await _lines(sam, "/supervise/history/queues.csv", step="hour")
    assert lines[0]["queue"] == '\'=1+1,"x"\n@SUM(A1)'


async def test_what_happens_in_other_brands_is_not_in_a_supervisors_figures(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    def bind(tx) -> None:  # type: ignore[no-untyped-def]
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=tx.now)
        ).inserted_primary_key[0]
        tx.execute(insert(agent_brands).values(agent_id=desk.agents["sam"], brand_id=other))

    await _a_day(desk, ticking)
    await desk.runtime.db.write(bind)
    assert await _lines(sam, "/supervise/history/queues.csv", step="hour") == []
    page = await sam.get(PAGES[0], params={"queue": desk.queues["general"]})
    assert page.status_code == 404
    assert "Kim Doe" not in (await sam.get(PAGES[2])).text


@pytest.mark.parametrize("path", [*PAGES, "/supervise/history/queues.csv"])
async def test_there_is_no_history_for_an_agent(
    client: httpx.AsyncClient, desk: Desk, path: str
) -> None:
    client.cookies.set("session", await desk.sign_in("ana"))
    assert (await client.get(path)).status_code == 404


async def test_the_day_the_clocks_change_has_92_or_100_quarters_and_all_of_them_count(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    quarter = 900_000

    def fill(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(update(agents).values(time_zone="Europe/Berlin"))
        figures = {c.name: 0 for c in queue_intervals.c if c.name.endswith(("ed", "_ms", "target"))}
        began = 1_774_652_400_000  # 2026-03-28 in Berlin
        for number in range(3 * 96):
            tx.execute(
                insert(queue_intervals).values(
                    **figures | {"offered": 1}, queue_id=desk.queues["general"], channel="chat",
                    priority="normal", starts_at=began + number * quarter,
                )
            )  # fmt: skip

    await desk.runtime.db.write(fill)
    path = "/supervise/history/queues.csv"
    assert len(await _lines(sam, path, day="2026-03-29")) == 92
    assert len(await _lines(sam, path, day="2026-03-28")) == 96
    lines = await _lines(sam, path, day="2026-03-29", length="week", step="day")
    assert [line["offered"] for line in lines] == ["96", "92"]


async def test_a_page_asks_as_often_for_many_queues_and_weeks_as_for_one_quarter(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    engine = desk.runtime.db._reads.sync_engine
    seen: list[str] = []

    def note(conn: object, cursor: object, statement: str, *rest: object) -> None:
        seen.append(statement)

    def fill(tx) -> None:  # type: ignore[no-untyped-def]
        figures = {c.name: 1 for c in queue_intervals.c if c.name.endswith(("ed", "_ms", "target"))}
        for number in range(20):
            queue = tx.execute(
                insert(queues).values(name=f"Queue {number}", brand_id=desk.brand, created_at=0)
            ).inserted_primary_key[0]
            began = tx.now - tx.now % 900_000
            tx.execute(
                insert(queue_intervals),
                [
                    {**figures, "queue_id": queue, "channel": "chat", "priority": "normal",
                     "starts_at": began - back * 900_000}
                    for back in range(0, 2_000, 7)
                ],
            )  # fmt: skip

    event.listen(engine, "before_cursor_execute", note)
    counts = {}
    for when in ("before", "after"):
        for path in PAGES[:2]:
            seen.clear()
            assert (await sam.get(path, params={"length": "month"})).status_code == 200
            counts[when, path] = len(seen)
        await desk.runtime.db.write(fill)
    event.remove(engine, "before_cursor_execute", note)
    for path in PAGES[:2]:
        assert counts["before", path] == counts["after", path] <= 9


async def test_nonsense_in_an_address_is_an_ordinary_page(sam: httpx.AsyncClient) -> None:
    asked = {"length": "eon", "day": "2026-99-01", "step": "x", "queue": "q", "channel": "smoke"}
    assert (await sam.get(PAGES[0], params=asked)).status_code == 200
    assert (await sam.get(PAGES[0], params={"day": "0001-01-01"})).status_code == 200
    assert (await sam.get(PAGES[2], params={"what": "nothing"})).status_code == 404
