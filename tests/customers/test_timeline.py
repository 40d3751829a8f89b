"""The stream of everything with a customer: complete, strictly ordered, only what one may see."""

import pytest
from sqlalchemy import insert

from app import clock
from app.actions.note_fact import note_fact
from app.db import Invalid, NotFound, Tx
from app.models.activity import activities
from app.models.agent import agent_brands
from app.models.organisation import brands
from app.models.promise import tasks
from app.queries.timeline import BRANCHES, Asked, Entry, timeline
from tests.customers.test_first_card import DAY, fill, put
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def stream(
    desk: Desk, name: str, kim: int, asked: Asked | None = None, limit: int = 100
) -> list[Entry]:
    """All pages, one after the other."""
    found: list[Entry] = []
    before: str | None = ""
    actor = await desk.actor(name)
    while before is not None:
        page = await desk.runtime.db.query(timeline, actor, kim, asked, before, limit)
        found += page.entries
        before = page.next
    return found


async def a_life(desk: Desk) -> int:
    """A customer with one of almost everything, twice with a few."""
    mail = await desk.mail()
    await desk.mail("And my invoice?")
    kim = mail.customer_id
    await fill(desk, kim, mail.conversation_id)
    await desk.runtime.db.write(note_fact, await desk.actor("ana"), kim, "problem", "A loose lid")
    now = clock.now()

    def more(tx: Tx) -> None:
        for number, back in enumerate((0, 1, 2, 3 * DAY)):
            tx.execute(
                insert(activities).values(
                    brand_id=desk.brand, customer_id=kim, kind="page_view", source="web",
                    key=str(number), title=f"Page {number}", payload={}, at=now - 9 * DAY - back,
                    received_at=now,
                )
            )  # fmt: skip
        put(tx, tasks, customer_id=kim, owner_id=desk.agents["ana"], text="Send a card",
            created_at=now)  # fmt: skip

    await desk.runtime.db.write(more)
    return kim


async def test_pages_of_any_size_bring_the_same_strictly_ordered_stream(desk: Desk) -> None:
    kim = await a_life(desk)
    whole = await stream(desk, "ana", kim)
    places = [(-one.at, one.type, -one.id) for one in whole]
    assert places == sorted(set(places))
    kinds = {one.type for one in whole}
    assert kinds == {
        "consent", "contact", "fact", "message", "order", "promise", "task", "visit",
    }  # fmt: skip
    for size in (1, 2, 3, 7):
        assert await stream(desk, "ana", kim, limit=size) == whole


async def test_pages_seen_in_one_day_are_one_visit(desk: Desk) -> None:
    kim = await a_life(desk)
    visits = [one for one in await stream(desk, "ana", kim) if one.type == "visit"]
    assert sum(one.count for one in visits) == 4
    assert len(visits) in (2, 3)  # midnight may part the first three


async def test_it_is_filtered_by_type_channel_brand_and_words(desk: Desk) -> None:
    kim = await a_life(desk)
    orders = await stream(desk, "ana", kim, Asked(types=frozenset({"order", "promise"})))
    assert {one.type for one in orders} == {"order", "promise"}
    mails = await stream(desk, "ana", kim, Asked(channel="email"))
    assert {one.type for one in mails} == {"contact", "message"}
    assert await stream(desk, "ana", kim, Asked(brand_id=desk.brand + 99)) == []
    [one] = await stream(desk, "ana", kim, Asked(text="INVOICE"))
    assert one.text == "And my invoice?"
    assert await stream(desk, "ana", kim, Asked(text="100%")) == []


async def test_nothing_of_another_brand_is_in_it(desk: Desk) -> None:
    mail = await desk.mail()

    def second(tx: Tx) -> int:
        put(tx, agent_brands, agent_id=desk.agents["ana"], brand_id=desk.brand)
        return put(tx, brands, name="Coffee", slug="coffee", created_at=tx.now)

    coffee = await desk.runtime.db.write(second)
    await fill(desk, mail.customer_id, brand=coffee)
    seen = await stream(desk, "ana", mail.customer_id)
    assert {one.type for one in seen} == {"contact", "message"}
    assert len(await stream(desk, "sam", mail.customer_id)) > len(seen)


async def test_a_place_that_is_none_and_a_customer_nobody_knows_are_refused(desk: Desk) -> None:
    kim = (await desk.mail()).customer_id
    ana, query = await desk.actor("ana"), desk.runtime.db.query
    for place in ("x", "1.gossip.2", "1.order.x", "9" * 30 + ".order.1"):
        with pytest.raises(Invalid):
            await query(timeline, ana, kim, None, place)
    with pytest.raises(NotFound):
        await query(timeline, ana, kim + 99)


def test_every_type_has_its_branch() -> None:
    assert list(BRANCHES) == sorted(BRANCHES)
