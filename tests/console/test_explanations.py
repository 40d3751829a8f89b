"""Why is it here, why does nobody have it: in words for agents, in data for machines."""

import pytest
from sqlalchemy import select, update

from app.actions.offer import decline_offer
from app.actions.set_presence import set_presence
from app.db import NotFound, Tx
from app.models.agent import agent_queues, agents
from app.models.contact import contacts
from app.queries.explanation import Explanation, explanation
from tests.desk import Desk

pytestmark = pytest.mark.engine


async def _explained(desk: Desk, name: str = "sam") -> Explanation:
    async with desk.runtime.db.read() as conn:
        contact_id = (await conn.execute(select(contacts.c.id))).scalar_one()
    return await desk.runtime.db.query(explanation, await desk.actor(name), contact_id)


async def test_a_contact_nobody_can_take_says_what_is_in_the_way_of_each(desk: Desk) -> None:
    def no_room(tx: Tx) -> None:
        tx.execute(update(agents).where(agents.c.id == desk.agents["ana"]).values(capacity=1))

    await desk.runtime.db.write(no_room)
    await desk.available("ana")
    await desk.runtime.db.write(set_presence, desk.agents["ben"], "away")
    await desk.chat()
    found = await _explained(desk)
    assert found.ahead == 0
    said = {one.name: (one.code, dict(one.params)) for one in found.agents}
    assert said["Ana"] == ("capacity", {"used": 0, "cost": 2, "capacity": 1})
    assert said["Ben"][0] == "not_available"


async def test_who_was_asked_and_who_was_passed_over_stays_known(desk: Desk) -> None:
    await desk.available("ana")
    await desk.runtime.db.write(set_presence, desk.agents["ben"], "away")
    await desk.mail()
    await desk.route()
    offer_id = await desk.pending_offer("ana")
    await desk.runtime.db.write(decline_offer, await desk.actor("ana"), offer_id, "lunch")
    found = await _explained(desk)
    [asked] = found.offers
    assert (asked.agent_name, asked.status, asked.reason) == ("Ana", "declined", "lunch")
    assert asked.takers == 1
    assert asked.refused == {"not_available": 1}
    assert {one.name: one.code for one in found.agents}["Ana"] == "excluded"


async def test_only_agents_of_the_queue_are_named(desk: Desk) -> None:
    def leave(tx: Tx) -> None:
        tx.execute(agent_queues.delete().where(agent_queues.c.agent_id == desk.agents["ben"]))

    await desk.runtime.db.write(leave)
    await desk.available("ben")
    await desk.chat()
    found = await _explained(desk)
    assert found.agents == ()
    assert found.others == 1


async def test_nothing_is_explained_of_a_conversation_one_may_not_see(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.runtime.db.query(explanation, await desk.actor("ana"), 99)


async def test_the_dialog_says_it_in_words(desk: Desk, browser_of) -> None:  # type: ignore[no-untyped-def]
    await desk.runtime.db.write(set_presence, desk.agents["ben"], "away")
    received = await desk.mail()
    http = await browser_of("sam")
    page = (await http.get(f"/inbox/{received.conversation_id}/why")).text
    assert "Is not available." in page
    assert "Why nobody has it yet" in page
