"""Lists: rows and hints go to the agents who may see the conversation, or could until now."""

import pytest
from sqlalchemy import insert

from app.actions.transfer import transfer_to_queue
from app.db import Tx
from app.models.organisation import queues, teams
from tests.live.floor import Floor, Page

pytestmark = pytest.mark.engine


def _hinted(page: Page) -> set[int]:
    return {id for frame in page.data if frame["type"] == "list" for id in frame["conversations"]}


async def test_a_new_conversation_is_hinted_at_and_its_row_sent(floor: Floor) -> None:
    page = await floor.agent("ana")
    received = await floor.desk.mail("Where is my tea?")
    await page.until(lambda page: received.conversation_id in _hinted(page))
    row = f'<li id="row-{received.conversation_id}">Where is my tea?</li>'
    await page.until(lambda page: row in page.html)
    await page.leave()


async def test_rows_go_to_those_who_may_see_them_and_farewells_to_those_who_could(
    floor: Floor,
) -> None:
    def team(tx: Tx) -> int:
        statement = insert(teams).values(name="Inner circle", created_at=0)
        return int(tx.execute(statement.returning(teams.c.id)).scalar_one())

    team_id = await floor.desk.runtime.db.write(team)
    await floor.change(queues, floor.desk.queues["billing"], team_id=team_id)
    ben, sam = await floor.agent("ben"), await floor.agent("sam")
    received = await floor.desk.mail("My invoice is wrong")
    await ben.until(lambda page: received.conversation_id in _hinted(page))
    ben.frames.clear()
    await floor.desk.runtime.db.write(
        transfer_to_queue,
        await floor.desk.actor("sam"),
        received.conversation_id,
        floor.desk.queues["billing"],
    )
    await ben.until(lambda page: received.conversation_id in _hinted(page))
    assert ben.html == ""
    ben.frames.clear()
    sam.frames.clear()
    await floor.desk.mail("And another thing")  # the same customer, a new conversation
    await floor.say("sam", received.conversation_id, "Let me see")
    await sam.until(lambda page: "Let me see" in page.html)
    await ben.settled()
    assert "Let me see" not in ben.html
    assert received.conversation_id not in _hinted(ben)
    await ben.leave()
    await sam.leave()


async def test_a_row_is_drawn_once_however_many_look(floor: Floor) -> None:
    pages = [await floor.agent(name) for name in ("ana", "ben", "sam", "ada")]
    live = floor.desk.runtime.live
    drawn: list[int] = []
    fragment = live.fragments._known["row", "agent"]
    plain = fragment.render

    def counting(row, view) -> str:  # type: ignore[no-untyped-def]
        drawn.append(row.id)
        return plain(row, view)

    object.__setattr__(fragment, "render", counting)
    received = await floor.desk.mail("Hello")
    for page in pages:
        await page.until(lambda page: f"row-{received.conversation_id}" in page.html)
        await page.leave()
    assert drawn == [received.conversation_id]
