"""Leaving the line for somewhere else."""

from dataclasses import replace
from typing import Any

import pytest

from routing.overflow import (
    Overflowed,
    OverflowRule,
    moved,
    next_overflow_at,
    overflows,
    passed_on,
)
from routing.settle import settle
from routing.state import Agent, Contact, Membership, Queue, State

NOW = 1_000_000
TO_TWO = OverflowRule("too_long", "queue", limit=60_000, queue=2)
MESSAGE = OverflowRule("too_many", "message", limit=2)


def line(count: int, **changes: Any) -> list[Contact]:
    return [
        replace(Contact(id, 1, "chat", 2, enqueued_at=NOW + id), **changes)
        for id in range(1, count + 1)
    ]


def world(contacts: list[Contact], **agent: Any) -> State:
    busy = Agent(1, available=True, capacity=6, used=6, queues={1: Membership()})
    return State.of(contacts, [replace(busy, **agent)], [Queue(1), Queue(2)])


def leaving(state: State, *rules: OverflowRule, now: int = NOW, **more: Any) -> list[int]:
    return [gone.contact for gone in overflows(state, {1: rules}, now, **more)]


def test_those_beyond_the_length_of_the_line_overflow() -> None:
    assert leaving(world(line(4)), MESSAGE) == [3, 4]


def test_a_boosted_contact_keeps_its_place_and_the_last_in_line_goes() -> None:
    urgent = replace(line(3)[2], boost=9_000)
    assert leaving(world([*line(2), urgent]), MESSAGE) == [2]


def test_whoever_waited_too_long_overflows_at_that_instant() -> None:
    state = world(line(2))
    assert next_overflow_at(state, {1: [TO_TWO]}, NOW) == NOW + 60_001
    assert leaving(state, TO_TWO, now=NOW + 60_001) == [1]


def test_nobody_goes_into_a_queue_that_is_closed_for_the_moment() -> None:
    busy = Agent(1, available=True, capacity=6, used=6, queues={1: Membership()})
    state = State.of(line(1), [busy], [Queue(1), Queue(2, paused=True)])
    late = NOW + 90_000
    assert leaving(state, TO_TWO, now=late) == []
    assert next_overflow_at(state, {1: [TO_TWO]}, NOW) is None
    ring_back = OverflowRule("too_long", "callback", limit=60_000)
    assert overflows(state, {1: [TO_TWO, ring_back]}, late) == [Overflowed(1, ring_back)]


def test_the_first_rule_that_applies_is_the_one() -> None:
    late = NOW + 90_000
    assert overflows(world(line(3)), {1: [MESSAGE, TO_TWO]}, late) == [
        Overflowed(1, TO_TWO),
        Overflowed(2, TO_TWO),
        Overflowed(3, TO_TWO),
    ]


def test_nobody_signed_in_and_closed_hours_overflow() -> None:
    staffed = OverflowRule("nobody_staffed", "callback")
    assert leaving(world(line(1)), staffed) == []
    assert leaving(world(line(1), available=False), staffed) == [1]
    shut = OverflowRule("closed", "voicemail")
    assert leaving(world(line(1)), shut) == []
    assert leaving(world(line(1)), shut, closed=frozenset({1})) == [1]


def test_declined_by_all_overflows_after_the_extra_round() -> None:
    rule = OverflowRule("declined_by_all", "message")
    declined = line(1, excluded=frozenset({1}))
    assert leaving(world(declined), rule) == []
    assert leaving(world([replace(declined[0], exclusion_cleared=True)]), rule) == [1]


def test_moving_keeps_the_age_and_never_leads_back() -> None:
    [contact] = line(1)
    there = moved(contact, 2)
    assert (there.queue, there.enqueued_at, there.key) == (2, contact.enqueued_at, contact.key)
    back = OverflowRule("too_long", "queue", limit=1, queue=1)
    state = State.of([there], [], [Queue(1), Queue(2)])
    assert overflows(state, {2: [back]}, NOW + 90_000) == []


def test_a_rule_that_makes_no_sense_is_refused() -> None:
    with pytest.raises(ValueError, match="name the queue"):
        OverflowRule("closed", "queue")
    with pytest.raises(ValueError, match="limit"):
        OverflowRule("too_long", "message")


@pytest.mark.parametrize("rule", [OverflowRule("declined_by_all", "message"), None])
def test_who_declines_is_asked_once_more_and_then_the_queue_decides(
    rule: OverflowRule | None,
) -> None:
    rules = [rule] if rule else []
    two = [Agent(id, True, 6, queues={1: Membership()}) for id in (1, 2)]
    [contact] = line(1)
    asked = []
    for _ in range(6):
        state = State.of([contact], two, [Queue(1)])
        decisions = settle(state, NOW)
        if not decisions:
            break
        asked.append(decisions[0].agent)
        cleared = decisions[0].clears_exclusion
        contact = passed_on(contact, [decisions[0].agent], cleared, rules)
    assert asked == ([1, 2, 1, 2] if rule else [1, 2, 1, 2, 1, 2])
    assert leaving(State.of([contact], two, [Queue(1)]), *rules) == ([1] if rule else [])
