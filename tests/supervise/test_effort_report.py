"""Where customers have the most effort: by queue and brand, on a page and as a file."""

import pytest
from sqlalchemy import delete, insert

from app import clock
from app.db import Tx
from app.models.contact import contacts
from app.queries.effort_report import EffortReport, effort_report
from app.queries.history import Filters
from tests.desk import Desk

pytestmark = pytest.mark.engine
MINUTE = 60_000
DAY = 24 * 60 * MINUTE


async def two_weeks(desk: Desk) -> int:
    """Kim comes before the span, again in it, and is passed on by another channel; returns now."""
    mail = await desk.mail()
    now = clock.now()

    def fill(tx: Tx) -> None:
        tx.execute(delete(contacts))
        for queue, channel, back, moves in (
            ("general", "email", 9 * DAY, 0),
            ("general", "chat", 5 * DAY, 1),
            ("billing", "chat", 1 * DAY, 0),
        ):
            tx.execute(
                insert(contacts).values(
                    conversation_id=mail.conversation_id, queue_id=desk.queues[queue], cost=1,
                    channel=channel, status="ended", outcome="handled", skills=[], excluded=[],
                    moves=moves, enqueued_at=now - back, answered_at=now - back + 2 * MINUTE,
                    ended_at=now - back + 3 * MINUTE,
                )
            )  # fmt: skip

    await desk.runtime.db.write(fill)
    return now


async def report(desk: Desk, now: int, **filters: str) -> EffortReport:
    """Of the last week, as the supervisor sees it."""
    return await desk.runtime.db.query(
        effort_report,
        await desk.actor("sam"),
        (now - 7 * DAY, now),
        Filters(tuple(desk.queues.values()), **filters),
        now,
    )


async def test_a_repeat_counts_though_the_contact_before_it_was_before_the_span(
    desk: Desk,
) -> None:
    now = await two_weeks(desk)
    found = await report(desk, now)
    general, billing = found.queues
    assert [general.name, billing.name] == ["General", "Billing"]
    sums = general.sums
    assert (sums.contacts, sums.repeats, sums.switches, sums.transfers) == (1, 1, 1, 1)
    assert sums.score == 2 + 10 + 15 + 5 + 10
    assert billing.sums.score == 2
    [brand] = found.brands
    assert brand.sums.contacts == 2
    assert (await report(desk, now, channel="email")).queues == ()


async def test_the_page_and_the_file_hold_the_same(client, desk: Desk) -> None:
    await two_weeks(desk)
    client.cookies.set("session", await desk.sign_in("sam"))
    page = await client.get("/supervise/history/effort?length=week")
    assert page.status_code == 200
    assert "42" in page.text
    file = await client.get("/supervise/history/effort.csv?length=week")
    assert "queue,General,1,1,1,1,120,42.0" in file.text
    client.cookies.set("session", await desk.sign_in("ana"))
    assert (await client.get("/supervise/history/effort")).status_code == 404
