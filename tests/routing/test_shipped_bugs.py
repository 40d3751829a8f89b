"""Bugs that others have shipped, each by its name; and the bound on how long anybody waits."""

from dataclasses import replace
from typing import Any

import pytest

from routing.boost import LARGEST_BOOST_MS, priority_boost
from routing.changes import AgentIs, Change, ContactGone, ContactTaken, ContactWaits, OfferOver
from routing.engine import Engine
from routing.settle import Decision, carry_out, settle
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State

NOW = 10_000_000
SECOND = 1_000
MINUTE = 60_000


def agent(id: int, **changes: Any) -> Agent:
    return replace(Agent(id, True, 6, queues={1: Membership(), 2: Membership()}), **changes)


def chat(id: int, **changes: Any) -> Contact:
    return replace(Contact(id, 1, "chat", 2, enqueued_at=NOW + id), **changes)


def centre(*agents: Agent) -> Engine:
    engine = Engine([Queue(1), Queue(2)])
    for one in agents:
        engine.apply(AgentIs(one), NOW)
    return engine


def test_chatwoot_10583_a_waiting_chat_is_offered_when_a_slot_frees() -> None:
    engine = centre(agent(1, max_by_channel={"chat": 1}))
    assert engine.apply(ContactWaits(chat(1)), NOW)
    assert engine.apply(ContactWaits(chat(2)), NOW + 1) == []
    [decision] = engine.apply(ContactGone(1), NOW + 2)
    assert (decision.contact, decision.agent) == (2, 1)


class Books:
    """What every process shares: a claim counts if contact and agent are as it was decided on."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.lost = 0

    def claim(self, decision: Decision) -> None:
        contact = self.state.contacts.get(decision.contact)
        one = self.state.agents[decision.agent]
        same = contact is not None and contact.version == decision.contact_version
        if contact is not None and same and one.epoch == decision.agent_epoch:
            assert one.used + contact.cost <= one.capacity
            self.state = carry_out(self.state, [decision], decision.decided_at)
            loaded = self.state.agents[one.id]
            agents = {**self.state.agents, one.id: replace(loaded, epoch=one.epoch + 1)}
            self.state = replace(self.state, agents=agents)
        else:
            self.lost += 1


def test_rocket_chat_37776_three_processes_never_exceed_a_capacity() -> None:
    line = [chat(id) for id in range(200)]
    books = Books(State.of(line, [agent(id) for id in range(1, 21)], [Queue(1)]))
    while decided := [settle(books.state, NOW), settle(books.state, NOW), settle(books.state, NOW)]:
        if not decided[0]:
            break
        for decisions in zip(*decided, strict=True):
            for decision in decisions:
                books.claim(decision)
    assert all(one.used == one.capacity for one in books.state.agents.values())
    assert len(books.state.contacts) == 200 - 20 * 3
    assert books.lost > 0  # the losers saw the newer epoch, and settled again


def test_chatwoot_v2_capacity_is_part_of_the_claim_and_not_only_checked_before_it() -> None:
    books = Books(State.of([chat(1), chat(2)], [agent(1, capacity=2)], [Queue(1)]))
    one, other = (
        settle(replace(books.state, contacts={1: chat(1)}), NOW),
        settle(replace(books.state, contacts={2: chat(2)}), NOW),
    )
    assert one[0].agent == other[0].agent == 1  # both processes saw the same free slot
    books.claim(one[0])
    books.claim(other[0])
    assert (books.state.agents[1].used, books.lost) == (2, 1)
    assert list(books.state.contacts) == [2]


def test_asterisk_1561_a_heavier_queue_nobody_can_serve_blocks_no_lighter_one() -> None:
    heavy = [chat(id, queue=2, boost=LARGEST_BOOST_MS, skills=(SkillNeed(9),)) for id in (1, 2, 3)]
    engine = centre(agent(1))
    for contact in heavy:
        assert engine.apply(ContactWaits(contact), NOW) == []
    [decision] = engine.apply(ContactWaits(chat(4)), NOW)
    assert decision.contact == 4


def test_asterisk_1691_somebody_put_first_in_line_does_not_stop_the_offers_behind() -> None:
    engine = centre(agent(1, used=6, capacity=6))
    waiting = [chat(1), chat(2)]
    for contact in waiting:
        engine.apply(ContactWaits(contact), NOW)
    first = chat(3, boost=LARGEST_BOOST_MS, skills=(SkillNeed(9),))
    engine.apply(ContactWaits(first), NOW + 1)
    free = AgentIs(agent(1, used=2), with_load=True)
    assert [decision.contact for decision in engine.apply(free, NOW + 2)] == [1, 2]


@pytest.mark.parametrize(
    "way_out",
    [
        ContactGone(1),
        ContactTaken(1, 2),
        OfferOver(1, 1),
        ContactWaits(chat(1, version=1, excluded=frozenset({1, 2}), exclusion_cleared=True)),
        AgentIs(agent(1, epoch=1), with_load=True),
    ],
)
def test_freeswitch_2540_no_agent_stays_reserved_for_an_offer_that_is_over(way_out: Change) -> None:
    engine = centre(agent(1, capacity=2), agent(2, capacity=2, available=False))
    [offer] = engine.apply(ContactWaits(chat(1)), NOW)
    assert offer.agent == 1
    assert engine.apply(ContactWaits(chat(2)), NOW + 1) == []
    [after] = engine.apply(way_out, NOW + 2)
    assert (after.contact, after.agent) == (2, 1)


def test_rocket_chat_a_department_is_not_served_one_inquiry_every_five_seconds() -> None:
    engine = centre()
    for id in range(1, 31):
        engine.note(ContactWaits(chat(id)), NOW)
    for id in range(1, 11):
        engine.note(AgentIs(agent(id)), NOW)
    assert len(engine.decide(NOW)) == 30  # all at one instant


def test_starvation_whoever_overtakes_came_at_most_the_largest_boost_later() -> None:
    engine = centre(agent(1, capacity=2))
    urgent = priority_boost("urgent") - priority_boost("low")
    assert urgent <= LARGEST_BOOST_MS
    engine.apply(ContactWaits(chat(1_000_000)), NOW)  # keeps the only agent busy
    plain = chat(0, boost=priority_boost("low"))
    now, busy_with, overtook, id = NOW, 1_000_000, 0, 1
    engine.apply(ContactWaits(plain), now)
    while busy_with != plain.id:  # an urgent one comes every 30 s, one is handled every 60 s
        now += 30 * SECOND
        coming = chat(id, enqueued_at=now, boost=priority_boost("urgent"))
        decisions = engine.apply(ContactWaits(coming), now)
        if id % 2 == 0:
            decisions += engine.apply(ContactGone(busy_with), now)
        for decision in decisions:
            busy_with = decision.contact
            overtook += busy_with != plain.id
            assert decision.key.enqueued_at - plain.enqueued_at <= urgent
        id += 1
    assert overtook <= urgent // (30 * SECOND) + 1  # the boosted arrivals of a window of B
    assert now - plain.enqueued_at <= 2 * urgent + 2 * MINUTE
