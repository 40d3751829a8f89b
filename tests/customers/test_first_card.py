"""The card of the first second: few statements, ranked, with nothing the agent may not see."""

from typing import Any

import pytest
from sqlalchemy import Connection, event, insert, update

from app import clock
from app.actions.customer import edit_customer
from app.actions.doubts import suspect_all
from app.db import NotFound, Tx
from app.models.activity import orders, sends
from app.models.agent import agent_brands, team_members
from app.models.consent import consents, contact_preferences
from app.models.conversation import conversations
from app.models.organisation import brands, queues, teams
from app.models.promise import customer_facts, promises
from app.models.question import contact_classes
from app.queries.duplicates import find_duplicates
from app.queries.first_card import FirstCard, first_card, is_quiet
from app.security.permissions import Actor
from tests.desk import Desk
from tests.fixtures.people import SignIn

pytestmark = pytest.mark.engine
HOUR = 3_600_000
DAY = 24 * HOUR


def put(tx: Tx, table: Any, **values: Any) -> int:
    """A row of whatever."""
    return int(tx.execute(insert(table).values(**values).returning(table.c.id)).scalar_one())


async def fill(desk: Desk, customer_id: int, talk: int | None = None, brand: int = 0) -> None:
    """One of everything, about a customer."""
    now = clock.now()
    ana = desk.agents["ana"]
    theirs = {"customer_id": customer_id, "brand_id": brand or desk.brand}
    promise = {**theirs, "conversation_id": talk, "owner_id": ana, "created_at": now - 9 * DAY}

    def fill_all(tx: Tx) -> None:
        put(tx, promises, **promise, text="I call you back", due_at=now - DAY)
        put(tx, promises, **promise, text="A new lid", due_at=now + DAY)
        for kind in ("problem", "preference"):
            put(tx, customer_facts, **theirs, conversation_id=talk, agent_id=ana, kind=kind,
                text=f"A {kind}", at=now - DAY, stale_at=now - HOUR)  # fmt: skip
        put(tx, orders, **theirs, source="shop", external_id=f"o{brand}", number="7001",
            status="shipped", total=5800, currency="EUR", lines=[], details={},
            placed_at=now - DAY, changed_at=now, as_of=now)  # fmt: skip
        put(tx, consents, **theirs, purpose="marketing", status="granted", source="t", at=now - 9)
        put(tx, consents, **theirs, purpose="marketing", status="revoked", source="t", at=now - 5)
        put(tx, sends, **theirs, conversation_id=talk, material="article:7", at=now - DAY)

    await desk.runtime.db.write(fill_all)


async def card(
    desk: Desk, name: str, customer_id: int, conversation_id: int | None = None
) -> FirstCard:
    """The card as one of the people sees it."""
    return await desk.runtime.db.query(
        first_card, await desk.actor(name), customer_id, clock.now(), conversation_id
    )


def kinds(found: FirstCard) -> list[str]:
    """All kinds of facts, in order."""
    return [fact.kind for fact in (*found.facts.first, *found.facts.rest)]


async def test_the_card_takes_four_statements_however_much_there_is(desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    await fill(desk, kim, (await desk.mail()).conversation_id)
    await desk.mail()
    actor = await desk.actor("ana")

    def counted(conn: Connection, actor: Actor) -> int:
        seen: list[str] = []

        def note(*args: Any) -> None:
            seen.append(args[2])

        event.listen(conn, "before_cursor_execute", note)
        try:
            first_card(conn, actor, kim, clock.now())
        finally:
            event.remove(conn, "before_cursor_execute", note)
        return len(seen)

    assert await desk.runtime.db.query(counted, actor) <= 5


async def test_a_broken_promise_comes_first_then_what_was_noted(desk: Desk) -> None:
    mail = await desk.mail()
    await fill(desk, mail.customer_id, mail.conversation_id)
    found = await card(desk, "ana", mail.customer_id, mail.conversation_id)
    assert kinds(found) == [
        "promise_overdue", "problem", "no_contact", "preference", "effort", "promise_open", "order",
        "sent",
    ]  # fmt: skip
    assert len(found.facts.first) == 6
    assert all(fact.href and fact.as_of for fact in (*found.facts.first, *found.facts.rest))
    assert [fact.stale for fact in found.facts.first if fact.kind == "problem"] == [True]
    assert found.sure == "given"


async def test_who_may_be_somebody_else_is_said_before_everything(desk: Desk) -> None:
    kim = (await desk.mail(email="kim@example.com", name="Kim Doe")).customer_id
    other = (await desk.mail(email="kim@work.example", name="Kim Doe")).customer_id
    for each in (kim, other):
        await desk.runtime.db.write(edit_customer, each, {"birthday": "1990-05-17"})
    await fill(desk, kim)
    await desk.runtime.db.write(suspect_all, await desk.runtime.db.query(find_duplicates))
    first = (await card(desk, "ana", kim)).facts.first
    assert [first[0].kind, first[0].href] == [
        "identity_conflict", f"/customers/{kim}/merge?with={other}",
    ]  # fmt: skip
    assert first[1].kind == "promise_overdue"


async def test_nothing_of_a_brand_the_agent_does_not_serve_is_told(desk: Desk) -> None:
    mail = await desk.mail()

    def second_brand(tx: Tx) -> int:
        put(tx, agent_brands, agent_id=desk.agents["ana"], brand_id=desk.brand)
        return put(tx, brands, name="Coffee", slug="coffee", created_at=tx.now)

    coffee = await desk.runtime.db.write(second_brand)
    await fill(desk, mail.customer_id, brand=coffee)
    told = kinds(await card(desk, "ana", mail.customer_id, mail.conversation_id))
    assert told == ["effort"]
    assert "promise_overdue" in kinds(await card(desk, "sam", mail.customer_id))


async def test_nothing_of_a_queue_that_is_closed_to_the_agent_is_told(desk: Desk) -> None:
    open_one, closed = await desk.mail(), await desk.mail()
    assert open_one.customer_id == closed.customer_id

    def close(tx: Tx) -> None:
        team = put(tx, teams, name="Bills", created_at=tx.now)
        put(tx, team_members, team_id=team, agent_id=desk.agents["ben"])
        billing = desk.queues["billing"]
        tx.execute(update(queues).where(queues.c.id == billing).values(team_id=team))
        tx.execute(
            update(conversations)
            .where(conversations.c.id == closed.conversation_id)
            .values(queue_id=billing)
        )

    await desk.runtime.db.write(close)
    await fill(desk, closed.customer_id, closed.conversation_id)
    hidden = kinds(await card(desk, "ana", closed.customer_id, open_one.conversation_id))
    assert hidden == ["no_contact", "effort", "order"]  # effort: of the one they see
    assert "promise_overdue" in kinds(await card(desk, "ben", closed.customer_id))


async def test_who_may_not_know_the_customer_gets_no_card(desk: Desk) -> None:
    def other_brand(tx: Tx) -> None:
        coffee = put(tx, brands, name="Coffee", slug="coffee", created_at=tx.now)
        put(tx, agent_brands, agent_id=desk.agents["ana"], brand_id=coffee)

    mail = await desk.mail()
    await desk.runtime.db.write(other_brand)
    with pytest.raises(NotFound):
        await card(desk, "ana", mail.customer_id)


async def test_a_bad_mood_is_told_with_the_sentence_and_the_topic_of_this_contact(
    desk: Desk,
) -> None:
    mail = await desk.mail()
    old = await desk.mail()
    said = {"mood": "I am really angry."}

    def classify(tx: Tx) -> None:
        for one in (mail, old):
            tx.execute(contact_classes.delete().where(
                contact_classes.c.conversation_id == one.conversation_id
            ))  # fmt: skip
            put(tx, contact_classes, conversation_id=one.conversation_id, topic="Delivery",
                mood="negative", evidence=said, created_at=tx.now)  # fmt: skip
        done = conversations.c.id == old.conversation_id
        tx.execute(update(conversations).where(done).values(status="done"))

    await desk.runtime.db.write(classify)
    found = await card(desk, "ana", mail.customer_id, mail.conversation_id)
    assert kinds(found) == ["mood_negative", "effort", "topic", "solved_before"]
    assert found.facts.first[0].text == "I am really angry."


async def test_what_a_customer_prefers_says_whether_it_is_quiet_now(desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    hours = {"from": "09:00", "to": "09:00"}  # never

    def prefer(tx: Tx) -> None:
        put(tx, contact_preferences, customer_id=kim, channel="email", hours=hours,
            topics=[], changed_at=tx.now)  # fmt: skip

    await desk.runtime.db.write(prefer)
    found = await card(desk, "ana", kim)
    prefers = next(fact for fact in found.facts.first if fact.kind == "prefers")
    assert prefers.detail["quiet"] is True
    assert prefers.detail["channel"] == "email"


def test_hours_are_read_on_the_customers_own_clock() -> None:
    nine = {"from": "09:00", "to": "18:00"}
    noon_utc = 12 * HOUR  # a Thursday
    assert not is_quiet(nine, "UTC", noon_utc)
    assert is_quiet(nine, "Asia/Shanghai", noon_utc)
    assert is_quiet({**nine, "days": [0, 1]}, "UTC", noon_utc)
    assert not is_quiet({"from": "22:00", "to": "06:00"}, "UTC", 23 * HOUR)
    assert is_quiet({"from": "22:00", "to": "06:00"}, "UTC", noon_utc)
    assert not is_quiet({}, "nowhere", noon_utc)


async def test_what_they_agreed_to_is_told_in_words(desk: Desk, browser_of: SignIn) -> None:
    mail = await desk.mail()
    await fill(desk, mail.customer_id, mail.conversation_id)
    page = await (await browser_of("ana")).get(f"/inbox/{mail.conversation_id}?view=all")
    assert "<bdi>Marketing</bdi>" in page.text
    assert "<bdi>marketing</bdi>" not in page.text
