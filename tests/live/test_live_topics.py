"""Who may listen to what: topics are authorised, a visitor hears their own conversation only."""

import pytest
from sqlalchemy import insert, select

from app.actions.set_presence import end_access
from app.actions.start_conversation import forward_message
from app.actions.transfer import transfer_to_queue
from app.db import Tx
from app.events import AccessChanged
from app.models.agent import agent_brands, agents
from app.models.conversation import conversations
from app.models.organisation import brands, queues, teams
from app.security.permissions import Actor, visible_conversations
from app.security.sessions import close_session
from tests.live.floor import Floor

pytestmark = pytest.mark.engine


async def test_an_agent_hears_the_conversation_they_have_open(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ana", conversation)
    await page.until(lambda page: page.transcript)
    await floor.desk.chat("Still there?", conversation_id=conversation)
    await page.until(lambda page: "Still there?" in page.transcript)
    await page.leave()


async def test_a_note_is_heard_by_agents_and_never_by_the_customer(floor: Floor) -> None:
    conversation = await floor.chat()
    agent = await floor.agent("ben", conversation)
    visitor = await floor.visitor(conversation)
    await floor.say("ana", conversation, "He is a pirate", "note")
    await floor.say("ana", conversation, "Good morning")
    await agent.until(lambda page: "He is a pirate" in page.transcript)
    await visitor.until(lambda page: "Good morning" in page.transcript)
    again = await floor.visitor(conversation)
    await again.until(lambda page: "Good morning" in page.transcript)
    for page in (visitor, again):
        assert page.transcript == ["Hello?", "Good morning"]
        assert "pirate" not in "".join(page.frames)
    for page in (agent, visitor, again):
        await page.leave()


async def test_a_forward_to_somebody_else_is_not_shown_to_the_customer(floor: Floor) -> None:
    received = await floor.desk.mail()
    visitor = await floor.visitor(received.conversation_id)
    await visitor.until(lambda page: page.transcript)
    ana = await floor.desk.actor("ana")
    await floor.desk.runtime.db.write(
        forward_message,
        ana,
        received.message_id,
        ["boss@tea.example"],
        "Look at him",
        "key-forward",
    )
    await floor.say("sam", received.conversation_id, "Dear customer")
    await visitor.until(lambda page: "Dear customer" in page.transcript)
    assert "Look at him" not in "".join(visitor.frames)
    await visitor.leave()


async def test_a_visitor_cannot_reach_another_conversation_whatever_they_send(floor: Floor) -> None:
    own = (await floor.desk.chat(visitor="a")).conversation_id
    other = (await floor.desk.chat("A secret", visitor="b")).conversation_id
    visitor = await floor.visitor(own)
    visitor.conversation = other
    await visitor.leave()
    await visitor.connect()  # now the URL asks for the other one
    await visitor.open(other)
    await visitor.send(type="watch", topic="board")
    await visitor.send(type="seen", conversation=other)
    await floor.desk.chat("More secrets", visitor="b", conversation_id=other)
    await floor.desk.chat("My own", visitor="a", conversation_id=own)
    await visitor.until(lambda page: "My own" in page.transcript)
    assert "ecret" not in "".join(visitor.frames)
    await visitor.leave()


async def test_an_agent_of_another_brand_finds_nothing_there(floor: Floor) -> None:
    conversation = await floor.chat()

    def restrict(tx: Tx) -> None:
        other = tx.execute(
            insert(brands).values(name="Other", slug="other", created_at=0).returning(brands.c.id)
        ).scalar_one()
        ben = floor.desk.agents["ben"]
        tx.execute(insert(agent_brands).values(agent_id=ben, brand_id=other))

    await floor.desk.runtime.db.write(restrict)
    page = await floor.agent("ben", conversation)
    await page.until(lambda page: page.data)
    assert page.data == [{"type": "gone", "conversation": conversation}]
    await floor.desk.chat("A secret", conversation_id=conversation)
    await page.settled()
    assert page.html == ""
    await page.leave()


async def _hide(floor: Floor, queue: int) -> None:
    """Give a queue to a team that Ben is not in."""

    def run(tx: Tx) -> int:
        statement = insert(teams).values(name="Inner circle", created_at=0)
        return int(tx.execute(statement.returning(teams.c.id)).scalar_one())

    await floor.change(queues, queue, team_id=await floor.desk.runtime.db.write(run))


async def test_a_conversation_that_moves_out_of_sight_is_taken_away(floor: Floor) -> None:
    conversation = await floor.chat()
    await _hide(floor, floor.desk.queues["billing"])
    page = await floor.agent("ben", conversation)
    await page.until(lambda page: page.transcript)
    sam = await floor.desk.actor("sam")
    await floor.desk.runtime.db.write(
        transfer_to_queue, sam, conversation, floor.desk.queues["billing"]
    )
    await page.until(lambda page: {"type": "gone", "conversation": conversation} in page.data)
    await floor.desk.chat("A secret", conversation_id=conversation)
    await page.settled()
    assert "A secret" not in page.html
    await page.leave()


async def test_rights_that_change_take_the_open_conversation_away(floor: Floor) -> None:
    conversation = await floor.chat()
    page = await floor.agent("ben", conversation)
    await page.until(lambda page: page.transcript)
    await _hide(floor, floor.desk.queues["general"])

    def tell(tx: Tx) -> None:
        tx.emit(AccessChanged(floor.desk.agents["ben"]))

    await floor.desk.runtime.db.write(tell)
    await page.until(lambda page: {"type": "gone", "conversation": conversation} in page.data)
    await page.leave()


async def test_only_supervisors_hear_the_board(floor: Floor) -> None:
    agent, supervisor = await floor.agent("ana"), await floor.agent("sam")
    for page in (agent, supervisor):
        await page.send(type="watch", topic="board")
    await supervisor.until(lambda page: "<p>0</p>" in page.html)
    await floor.desk.chat()
    await supervisor.until(lambda page: "<p>1</p>" in page.html)
    assert "#board" not in agent.html
    await agent.leave()
    await supervisor.leave()


async def test_a_supervisor_who_is_one_no_longer_hears_the_board_no_more(floor: Floor) -> None:
    page = await floor.agent("sam")
    await page.send(type="watch", topic="board")
    await page.until(lambda page: "#board" in page.html)
    await floor.change(agents, floor.desk.agents["sam"], role="agent")
    live = floor.desk.runtime.live
    await live.rechecks.check(list(live.clients))
    assert live.watched("board") == []
    await page.leave()


async def test_an_offer_is_shown_to_the_agent_it_is_made_to_alone(floor: Floor) -> None:
    ana, ben = await floor.agent("ana"), await floor.agent("ben")
    await floor.desk.available("ana")
    await floor.desk.chat()
    await floor.desk.route()
    offer = await floor.desk.pending_offer("ana")
    await ana.until(lambda page: f'<b id="offer-{offer}">en</b>' in page.html)
    await ana.until(lambda page: "<i>available</i>" in page.html)
    await floor.desk.accept("ana")
    await ana.until(lambda page: f'hx-target="#offer-{offer}" hx-swap="delete"' in page.html)
    await ben.settled()
    assert "offer" not in ben.html
    await ana.leave()
    await ben.leave()


async def test_the_end_of_a_session_closes_its_sockets_and_no_others(floor: Floor) -> None:
    page, other = await floor.agent("ana"), await floor.agent("ben")
    await floor.desk.runtime.db.write(close_session, await floor.session("ana"))
    assert await page.closed() == 4401
    await other.settled()
    assert other.close_code is None
    await other.leave()


async def test_a_closed_account_closes_its_sockets_at_the_next_look(floor: Floor) -> None:
    page = await floor.agent("ana")
    await floor.desk.runtime.db.write(end_access, floor.desk.agents["ana"])
    live = floor.desk.runtime.live
    await live.rechecks.check(list(live.clients))
    assert await page.closed() == 4401


async def test_rows_that_were_read_are_judged_like_rows_in_a_query(floor: Floor) -> None:
    desk = floor.desk
    for queue in (desk.queues["general"], desk.queues["billing"], None):
        for assignee in (desk.agents["ana"], desk.agents["ben"], None):
            received = await desk.mail()
            await floor.change(
                conversations, received.conversation_id, queue_id=queue, assignee_id=assignee
            )
    hidden = frozenset({desk.queues["billing"]})
    for allowed in (None, frozenset({desk.brand}), frozenset({desk.brand + 1})):
        actor = Actor(desk.agents["ana"], "Ana", "agent", brands=allowed, hidden_queues=hidden)
        async with desk.runtime.db.read() as conn:
            everything = (await conn.execute(select(conversations))).all()
            query = select(conversations.c.id).where(visible_conversations(actor))
            visible = set((await conn.execute(query)).scalars())
        judged = {
            row.id
            for row in everything
            if actor.sees_conversation(row.brand_id, row.queue_id, row.assignee_id)
        }
        assert judged == visible
