"""Calling back, and calling again."""

from dataclasses import replace
from typing import Any

import pytest

from routing.callback import MINUTE_MS, CallbackRules, back_in_line, next_try_at
from routing.changes import AgentIs, ContactGone, ContactWaits
from routing.engine import Engine
from routing.hours import Hours, Span
from routing.state import Agent, Contact, Membership, Queue

NOW = 1_000_000
RULES = CallbackRules(tries=3, again_ms=(10, 50))


def test_the_pauses_grow_and_the_tries_end() -> None:
    assert [next_try_at(tries, NOW, RULES) for tries in range(4)] == [NOW, NOW + 10, NOW + 50, None]
    many = replace(RULES, tries=9)
    assert next_try_at(8, NOW, many) == NOW + 50


def test_nobody_is_called_at_night() -> None:
    mornings = Hours("UTC", tuple(Span(day, 9 * 60, 12 * 60) for day in range(7)))
    noon = 12 * 60 * MINUTE_MS
    assert next_try_at(1, noon - 11 * MINUTE_MS, hours=mornings) == noon - MINUTE_MS
    assert next_try_at(1, noon - 5 * MINUTE_MS, hours=mornings) == (24 + 9) * 60 * MINUTE_MS
    assert next_try_at(1, noon, hours=Hours("UTC", ())) is None


@pytest.mark.parametrize("wrong", [{"tries": 0}, {"again_ms": ()}, {"again_ms": (-1,)}])
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="at least one try"):
        CallbackRules(**wrong)


def test_an_agent_comes_first_and_who_was_not_reached_keeps_their_place() -> None:
    engine = Engine([Queue(1)])
    first = Contact(1, 1, "voice", 6, enqueued_at=NOW, preferred=1, preferred_until=NOW + 10)
    later = Contact(2, 1, "voice", 6, enqueued_at=NOW + 1)
    agent = Agent(1, True, 6, queues={1: Membership()})
    assert engine.apply(ContactWaits(first), NOW) == []
    [offer] = engine.apply(AgentIs(agent), NOW + 1)
    assert offer.contact == 1
    engine.apply(ContactWaits(later), NOW + 2)
    at = next_try_at(1, NOW + 3, RULES)
    assert at is not None
    [other] = engine.apply(ContactGone(1), NOW + 3)  # not in line until it is tried again
    assert other.contact == 2
    again = back_in_line(first)
    assert again.key == first.key
    assert engine.apply(ContactWaits(again), at) == []
    engine.note(ContactWaits(replace(later, id=3)), at)
    [offer] = engine.apply(ContactGone(2), at)
    assert offer.contact == 1
