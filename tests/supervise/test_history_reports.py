"""Fairness, the wrong queue, announced waits: what the reports say of known contacts."""

from collections.abc import AsyncIterator
from typing import Any

import httpx2 as httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select, update

from app.models.contact import contacts
from app.models.conversation import conversations
from app.models.history import contact_moves
from app.models.organisation import queue_rules
from app.queries.announcements import accuracy, announcements
from app.queries.fairness import fairness
from app.queries.history import Filters
from app.queries.wrong_queue import wrong_queue
from tests.desk import Desk
from tests.fixtures.product import Ticking

pytestmark = pytest.mark.engine
SPAN = 0, 4_000_000_000_000
MINUTE = 60_000


@pytest.fixture
async def sam(app: FastAPI, desk: Desk, ticking: Ticking) -> AsyncIterator[httpx.AsyncClient]:
    """Sam, the supervisor."""
    token = await desk.sign_in("sam")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1:8000", cookies={"session": token}
    ) as found:
        yield found


async def _contacts(desk: Desk, told: list[dict[str, Any]]) -> list[int]:
    """Chats that were handled, differing in what is told of each."""
    received = await desk.chat()

    def fill(tx) -> list[int]:  # type: ignore[no-untyped-def]
        tx.execute(contacts.delete())
        ids = []
        for one in told:
            values = {
                "conversation_id": received.conversation_id, "queue_id": desk.queues["general"],
                "channel": "chat", "cost": 2, "skills": [], "excluded": [], "status": "ended",
                "outcome": "handled", "enqueued_at": tx.now, "priority": "normal",
                "answered_at": tx.now + one.pop("waited", 0), "ended_at": tx.now + 60 * MINUTE,
            }  # fmt: skip
            statement = insert(contacts).values(**values | one).returning(contacts.c.id)
            ids.append(tx.execute(statement).scalar_one())
        return ids

    return await desk.runtime.db.write(fill)


def _filters(desk: Desk, **more: str) -> Filters:
    return Filters(tuple(desk.queues.values()), **more)


async def _waits(desk: Desk, low_ms: int, high_ms: int) -> None:
    told = [{"priority": "low", "waited": low_ms}] * 20 + [
        {"priority": "high", "waited": high_ms}
    ] * 20
    await _contacts(desk, [dict(one) for one in told])


async def test_twice_as_long_for_the_lowest_priority_is_just_fair(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    await _waits(desk, 2 * MINUTE, MINUTE)
    found = (await desk.runtime.db.query(fairness, SPAN, _filters(desk))).tiers
    assert (found.ratio, found.fair) == (2.0, True)
    assert [(group.name, group.p95_ms) for group in found.groups] == [
        ("low", 2 * MINUTE),
        ("high", MINUTE),
    ]
    assert "Met: at p95" in (await sam.get("/supervise/history/fairness")).text


async def test_more_than_twice_as_long_is_not_met_in_words(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    await _waits(desk, 5 * MINUTE, 2 * MINUTE)
    page = (await sam.get("/supervise/history/fairness")).text
    assert "Not met: at p95, “Low” waited 2.5 times as long as “High”" in page


async def test_the_highest_priority_waiting_far_longer_is_not_called_met(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    await _waits(desk, MINUTE, 5 * MINUTE)
    page = (await sam.get("/supervise/history/fairness")).text
    assert "Turned round: at p95, “High” waited 5 times as long as “Low”" in page
    assert "Met: at p95" not in page


async def test_the_highest_priority_waiting_a_little_longer_is_still_met(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    await _waits(desk, MINUTE, 2 * MINUTE)
    assert "Met: at p95" in (await sam.get("/supervise/history/fairness")).text


async def test_a_few_contacts_are_too_few_to_call_anything_fair(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    await _contacts(desk, [{"priority": "low", "waited": MINUTE}, {"priority": "high"}])
    found = (await desk.runtime.db.query(fairness, SPAN, _filters(desk))).tiers
    assert (found.ratio, found.fair) == (None, None)
    assert "Too few contacts" in (await sam.get("/supervise/history/fairness")).text


async def test_languages_are_compared_as_well(desk: Desk) -> None:
    await _waits(desk, MINUTE, MINUTE)
    mail = await desk.mail()

    def chinese(tx) -> None:  # type: ignore[no-untyped-def]
        tx.execute(
            update(conversations)
            .where(conversations.c.id == mail.conversation_id)
            .values(language="zh")
        )
        tx.execute(
            update(contacts)
            .where(contacts.c.priority == "low")
            .values(
                conversation_id=mail.conversation_id,
                answered_at=contacts.c.enqueued_at + 3 * MINUTE,
            )
        )

    await desk.runtime.db.write(chinese)
    found = (await desk.runtime.db.query(fairness, SPAN, _filters(desk))).languages
    assert found.slowest is not None
    assert (found.slowest.name, found.ratio) == ("zh", 3.0)


async def test_the_wrong_queue_rate_counts_moves_by_hand_for_the_first_queue_and_its_rule(
    sam: httpx.AsyncClient, desk: Desk
) -> None:
    general, billing = desk.queues["general"], desk.queues["billing"]

    def add_rule(tx) -> int:  # type: ignore[no-untyped-def]
        statement = insert(queue_rules).values(position=0, topic="invoice", queue_id=general)
        return int(tx.execute(statement.returning(queue_rules.c.id)).scalar_one())

    rule = await desk.runtime.db.write(add_rule)
    ids = await _contacts(
        desk, [{"rule_id": rule}, {"rule_id": rule, "queue_id": billing}, {"queue_id": billing}, {}]
    )

    def move(tx) -> None:  # type: ignore[no-untyped-def]
        for contact_id, why in ((ids[1], "transfer"), (ids[2], "too_long")):
            tx.execute(
                insert(contact_moves).values(
                    contact_id=contact_id, from_queue_id=general, to_queue_id=billing,
                    agent_id=desk.agents["ana"], why=why, at=tx.now,
                )
            )  # fmt: skip

    await desk.runtime.db.write(move)
    found = await desk.runtime.db.query(wrong_queue, await desk.actor("sam"), SPAN, _filters(desk))
    assert (found.handled, found.wrong, found.rate) == (4, 1, 0.25)
    assert found.by_queue() == [(general, 4, 1)]
    by_rule = {source.rule_id: (source.handled, source.wrong) for source in found.sources}
    assert by_rule == {rule: (2, 1), None: (2, 0)}
    assert [(way.from_queue_id, way.to_queue_id, way.count) for way in found.ways] == [
        (general, billing, 1)
    ]
    assert len(found.examples) == 1
    page = await sam.get("/supervise/history/wrong-queue")
    assert page.status_code == 200
    assert "invoice" in page.text


async def test_the_announcement_error_is_the_distance_from_the_middle_of_the_range(
    sam: httpx.AsyncClient, desk: Desk, ticking: Ticking
) -> None:
    told = {"announced_at": ticking.at, "announced_low_ms": MINUTE, "announced_high_ms": 3 * MINUTE}
    waits = [("waited", 2 * MINUTE), ("waited", 5 * MINUTE), ("waited", 0)]
    await _contacts(desk, [{**told, name: value} for name, value in waits] + [{"waited": 9}])
    found = accuracy(list(await desk.runtime.db.query(announcements, SPAN, _filters(desk))))
    assert (found.count, found.kept, found.sooner, found.later) == (3, 1, 1, 1)
    assert found.mae_ms == pytest.approx((0 + 3 + 2) / 3 * MINUTE)
    assert found.bias_ms == pytest.approx((0 - 3 + 2) / 3 * MINUTE)
    page = await sam.get("/supervise/history/announcements")
    assert page.status_code == 200
    assert "1m 40s" in page.text


@pytest.mark.parametrize("report", ["fairness", "wrong-queue", "announcements"])
async def test_reports_of_nothing_say_so_and_are_for_supervisors(
    sam: httpx.AsyncClient, client: httpx.AsyncClient, desk: Desk, report: str
) -> None:
    assert "empty-title" in (await sam.get(f"/supervise/history/{report}")).text
    client.cookies.set("session", await desk.sign_in("ana"))
    assert (await client.get(f"/supervise/history/{report}")).status_code == 404


async def test_the_figures_of_all_queues_take_as_many_statements_as_those_of_one(
    desk: Desk,
) -> None:
    actor = await desk.actor("sam")
    counts = []
    for count in (1, 2):
        filters = Filters(tuple(desk.queues.values())[:count])

        def run(conn, filters=filters):  # type: ignore[no-untyped-def]
            seen: list[str] = []
            execute = conn.execute

            def counted(statement, *args):  # type: ignore[no-untyped-def]
                seen.append(str(type(statement)))
                return execute(statement, *args)

            conn.execute = counted
            fairness(conn, SPAN, filters)
            wrong_queue(conn, actor, SPAN, filters)
            announcements(conn, SPAN, filters)
            return len(seen)

        counts.append(await desk.runtime.db.query(run))
    assert counts == [5, 5]
    async with desk.runtime.db.read() as conn:
        assert (await conn.execute(select(contacts.c.id))).all() == []
