"""Keeping an agent free for a big contact."""

from dataclasses import replace
from typing import Any

from routing.drain import DrainRules, update_drains
from routing.settle import carry_out, settle
from routing.state import Agent, Contact, Drain, Membership, Queue, State

NOW = 1_000_000
RULES = DrainRules(patience_ms=30, hold_ms=120)


def agent(id: int, used: int, **changes: Any) -> Agent:
    return replace(Agent(id, True, 6, used=used, queues={1: Membership()}), **changes)


CALL = Contact(1, 1, "voice", 6, enqueued_at=NOW)
MAILS = [Contact(id, 1, "email", 1, enqueued_at=NOW + id) for id in range(2, 9)]


def world(contacts: list[Contact], *agents: Agent, drains: tuple[Drain, ...] = ()) -> State:
    return State.of(contacts, agents, [Queue(1)], drains)


def test_the_least_busy_agent_is_held_after_the_patience_of_the_queue() -> None:
    state = world([CALL], agent(1, used=4), agent(2, used=2))
    watched = update_drains(state, NOW, RULES)
    assert watched == (Drain(1, since=NOW, until=NOW + 30),)
    held = update_drains(replace(state, drains=watched), NOW + 30, RULES)
    assert held == (Drain(1, since=NOW, agent=2, until=NOW + 150),)


def test_the_held_agent_takes_nothing_behind_and_then_the_call() -> None:
    hold = (Drain(1, since=NOW, agent=2, until=NOW + 150),)
    state = world([CALL, *MAILS], agent(1, used=6), agent(2, used=2), drains=hold)
    assert settle(state, NOW + 40) == []
    idle = replace(state, agents={1: agent(1, used=6), 2: agent(2, used=0)})
    assert [(d.contact, d.agent) for d in settle(idle, NOW + 50)] == [(1, 2)]


def test_a_hold_that_led_to_nothing_ends_and_the_watch_starts_anew() -> None:
    hold = (Drain(1, since=NOW, agent=2, until=NOW + 150),)
    state = world([CALL], agent(2, used=2), drains=hold)
    assert update_drains(state, NOW + 149, RULES) == hold
    assert update_drains(state, NOW + 150, RULES) == (Drain(1, since=NOW + 150, until=NOW + 180),)


def test_a_contact_that_left_holds_nobody() -> None:
    hold = (Drain(1, since=NOW, agent=2, until=NOW + 150),)
    assert update_drains(world([], agent(2, used=2), drains=hold), NOW + 1, RULES) == ()
    assert settle(world(MAILS[:1], agent(2, used=2), drains=hold), NOW + 1)


def test_another_agent_is_held_when_the_first_leaves() -> None:
    hold = (Drain(1, since=NOW, agent=2, until=NOW + 150),)
    state = world([CALL], agent(1, used=5), agent(2, used=2, available=False), drains=hold)
    assert update_drains(state, NOW + 50, RULES) == (Drain(1, since=NOW, agent=1, until=NOW + 170),)


def test_what_does_not_fail_for_capacity_only_holds_nobody() -> None:
    too_big = replace(CALL, cost=7)
    assert update_drains(world([too_big], agent(1, used=2)), NOW, RULES) == ()
    assert update_drains(world([CALL], agent(1, used=2, available=False)), NOW, RULES) == ()
    settled = world([CALL], agent(1, used=0), agent(2, used=2))
    assert carry_out(settled, settle(settled, NOW), NOW).drains == ()


def test_two_queues_never_hold_the_same_agent() -> None:
    both = {1: Membership(), 2: Membership()}
    other = Contact(9, 2, "voice", 6, enqueued_at=NOW)
    watched = (Drain(1, NOW, None, NOW + 30), Drain(9, NOW, None, NOW + 30))
    agents = [agent(1, used=3, queues=both), agent(2, used=2, queues=both)]
    state = State.of([CALL, other], agents, [Queue(1), Queue(2)], watched)
    held = update_drains(state, NOW + 30, RULES)
    assert sorted((drain.contact, drain.agent) for drain in held) == [(1, 2), (9, 1)]
