"""Letters of a queue that allows it are interrupted by chats: a chat comes on top of full hands."""

import pytest
from sqlalchemy import select, update

from app.actions.make_offers import make_offers
from app.actions.offer import accept_offer
from app.actions.set_status import resolve
from app.actions.transfer import claim
from app.clock import now as clock_now
from app.db import Conflict, Tx
from app.events import SetupChanged
from app.models.agent import agents, presence
from app.models.contact import contacts, offers
from app.models.organisation import queues
from app.queries.explanation import explanation
from app.queries.interruptions import free_units
from app.queries.logged_day import logged_day
from app.queries.routing_state import routing_state
from app.queries.wallboard import wallboard
from routing.log import first_difference
from routing.settle import settle
from tests.desk import Desk
from tests.fixtures.routing import Rounds

pytestmark = pytest.mark.engine


async def _allow(desk: Desk, *, may_pull: bool = False) -> None:
    def write(tx: Tx) -> None:
        tx.execute(update(queues).values(interruptible=True, agents_may_pull=may_pull))
        tx.emit(SetupChanged("queue", desk.queues["general"]))

    await desk.runtime.db.write(write)


async def _full_of_mail(desk: Desk, mails: int = 6) -> None:
    await desk.available("ana")
    for number in range(mails):
        await desk.mail(email=f"kim{number}@example.com")
        await desk.accept("ana")


async def _used(desk: Desk) -> int:
    query = select(presence.c.used).where(presence.c.agent_id == desk.agents["ana"])
    return int(await desk.runtime.db.query(lambda conn: conn.execute(query).scalar_one()))


async def test_without_the_setting_a_chat_waits_for_room(desk: Desk) -> None:
    await _full_of_mail(desk)
    await desk.chat()
    await desk.route()
    assert await desk.pending_offer("ana") is None


async def test_a_chat_comes_on_top_of_mails_that_may_be_interrupted(desk: Desk) -> None:
    await _allow(desk)
    await _full_of_mail(desk)
    chats = [await desk.chat(visitor=f"visitor-{number}") for number in range(4)]
    taken = [await desk.accept("ana") for _ in range(3)]
    assert taken == [chat.conversation_id for chat in chats[:3]]
    assert await _used(desk) == 6 + 3 * 2
    await desk.route()  # a chat interrupts no chat: the fourth waits
    assert await desk.pending_offer("ana") is None


async def test_more_mail_does_not_come_on_top_of_chats_or_mails(desk: Desk) -> None:
    await _allow(desk)
    await _full_of_mail(desk)
    await desk.chat()
    await desk.accept("ana")
    await desk.mail(email="late@example.com")
    await desk.route()
    assert await desk.pending_offer("ana") is None


async def test_the_wallboard_counts_as_free_who_may_be_interrupted(desk: Desk) -> None:
    async def free() -> tuple[int, int]:
        board = await desk.runtime.db.query(wallboard, None)
        general = next(row for row in board.queues if row.name == "General")
        assert board.free + board.full == 1
        frees.append(board.free)
        return general.agents_free, general.agents_interruptible

    frees: list[int] = []  # what the tile above the queues says
    await _full_of_mail(desk)
    assert await free() == (0, 0)
    await _allow(desk)
    assert await free() == (1, 1)  # for the chat that may come
    mail = await desk.mail(email="one-more@example.com")
    assert await free() == (0, 0)  # a letter interrupts nothing
    await desk.chat(visitor="visitor-1")
    assert await free() == (1, 1)
    await desk.runtime.db.write(resolve, await desk.actor("sam"), mail.conversation_id)
    assert await desk.accept("ana")
    for number in (2, 3):
        await desk.chat(visitor=f"visitor-{number}")
        await desk.accept("ana")
    await desk.chat(visitor="visitor-4")
    assert await free() == (0, 0)  # she has all the chats that she may have
    assert (frees[:2], frees[-1]) == ([0, 1], 0)


async def test_the_claim_counts_again_what_may_be_interrupted(desk: Desk) -> None:
    await _allow(desk)
    await _full_of_mail(desk)
    await desk.chat()
    now = clock_now()
    decisions = settle(await desk.runtime.db.query(routing_state, now), now)
    assert len(decisions) == 1

    def forbid_and_claim(tx: Tx) -> int:
        tx.execute(update(queues).values(interruptible=False))
        return len(make_offers(tx, decisions).lost)

    assert await desk.runtime.db.write(forbid_and_claim) == 1
    assert await _used(desk) == 6


async def test_the_record_says_that_it_came_on_top(desk: Desk) -> None:
    await _allow(desk)
    await _full_of_mail(desk)
    await desk.chat()
    await desk.route()
    offer_id = await desk.pending_offer("ana")
    query = select(offers.c.contact_id, offers.c.decision).where(offers.c.id == offer_id)
    offer = await desk.runtime.db.query(lambda conn: conn.execute(query).one())
    assert offer.decision["interrupts"] is True
    actor = await desk.actor("sam")
    why = await desk.runtime.db.query(explanation, actor, offer.contact_id)
    assert [past.interrupts for past in why.offers] == [True]


async def test_an_offer_that_waits_for_an_answer_may_be_interrupted_too(desk: Desk) -> None:
    await _allow(desk)
    await _full_of_mail(desk, 5)
    await desk.mail(email="sixth@example.com")
    await desk.route()
    await desk.chat()
    assert await desk.route() == 1
    free = await desk.runtime.db.query(free_units, desk.agents["ana"], "chat")
    assert free == 6 - 2


async def test_taking_a_chat_by_hand_obeys_the_same_rule(desk: Desk) -> None:
    await _allow(desk, may_pull=True)
    await desk.available("ana")
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(agents).where(agents.c.id == desk.agents["ana"]).values(capacity=1)
        )
    )
    await desk.mail()
    await desk.accept("ana")
    chat, mail = await desk.chat(), await desk.mail(email="lee@example.com")
    actor = await desk.actor("ana")
    with pytest.raises(Conflict, match="no_capacity"):  # two units never fit into one
        await desk.runtime.db.write(claim, actor, chat.conversation_id)
    with pytest.raises(Conflict, match="no_capacity"):
        await desk.runtime.db.write(claim, actor, mail.conversation_id)
    await desk.runtime.db.write(
        lambda tx: tx.execute(
            update(agents).where(agents.c.id == desk.agents["ana"]).values(capacity=2)
        )
    )
    await desk.runtime.db.write(claim, actor, chat.conversation_id)
    assert await _used(desk) == 3


async def test_the_worker_offers_on_top_and_its_log_replays(desk: Desk, rounds: Rounds) -> None:
    await _allow(desk)
    await desk.available("ana")
    actor = await desk.actor("ana")
    for number in range(6):
        await desk.mail(email=f"kim{number}@example.com")
        await rounds.settle()
        offer_id = await desk.pending_offer("ana")
        assert offer_id is not None
        await desk.runtime.db.write(accept_offer, actor, offer_id)
    await desk.chat()
    await rounds.settle()
    offer_id = await desk.pending_offer("ana")
    channel = select(contacts.c.channel).join(offers).where(offers.c.id == offer_id)
    assert await desk.runtime.db.query(lambda conn: conn.execute(channel).scalar()) == "chat"
    await rounds.write_log()
    runs = await desk.runtime.db.query(logged_day, 0, clock_now() + 1)
    assert [first_difference(run.state, run.passes) for run in runs] == [None] * len(runs)
