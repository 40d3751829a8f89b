"""Whatever the day: its replay gives the same decisions, to the letter, and loses nobody."""

import json
from dataclasses import replace
from random import Random

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.closed_loop import ClosedLoop
from routing.day import Coming, Day
from routing.figures import Outcome, Result, Summary
from routing.log import encode_decision
from routing.plain import from_plain, to_plain
from routing.replay import replay
from tests.routing.days import days

quick = settings(max_examples=50, deadline=None, database=None)  # drawing a day takes a while


def log_of(result: Result) -> str:
    return json.dumps([encode_decision(decision) for decision in result.decisions])


@given(days())
@quick
def test_the_replay_of_a_day_is_its_log_byte_for_byte(day: Day) -> None:
    first = replay(day)
    assert log_of(replay(day)) == log_of(first)
    assert replay(day) == first


@given(days())
@quick
def test_a_day_that_went_through_json_gives_the_same_log(day: Day) -> None:
    again = from_plain(Day, json.loads(json.dumps(to_plain(day))))
    assert again == day
    assert log_of(replay(again)) == log_of(replay(day))


@given(days(), st.integers(0, 99))
@quick
def test_the_order_in_which_a_day_is_told_does_not_matter(day: Day, seed: int) -> None:
    shuffle = Random(seed)
    mixed = replace(
        day,
        agents=tuple(shuffle.sample(day.agents, len(day.agents))),
        queues=tuple(shuffle.sample(day.queues, len(day.queues))),
        coming=tuple(shuffle.sample(day.coming, len(day.coming))),
    )
    assert log_of(replay(mixed)) == log_of(replay(day))


@given(days())
@quick
def test_what_nobody_could_see_does_not_change_the_baseline(day: Day) -> None:
    # A log knows no patience of those who were answered and no handling of those who were not.
    played = replay(day)
    became = {outcome.contact: outcome for outcome in played.outcomes}
    seen = replace(day, coming=tuple(as_logged(row, became[row.contact.id]) for row in day.coming))
    assert log_of(replay(seen)) == log_of(played)


def as_logged(row: Coming, became: Outcome) -> Coming:
    if became.way == "answered":
        until = row.contact.enqueued_at + became.waited_ms
        return replace(row, gives_up_at=None, stayed_until=until)
    return replace(row, handling_ms=None)


@given(days())
@quick
def test_everybody_who_came_is_accounted_for_once(day: Day) -> None:
    result = replay(day)
    total = result.summary.total
    ends = (
        total.answered,
        total.abandoned,
        total.short_abandoned,
        total.overflowed,
        total.waiting,
    )
    assert sum(ends) == total.offered == len(day.coming)
    for parts in (result.summary.by_queue, result.summary.by_channel, result.summary.by_priority):
        assert sum(figures.offered for figures in parts.values()) == total.offered
    quarters = result.summary.quarters[None]
    assert sum(quarter.figures.offered for quarter in quarters) == total.offered
    assert from_plain(Summary, json.loads(json.dumps(to_plain(result.summary)))) == result.summary


@given(days())
@quick
def test_nobody_ever_has_more_than_fits_or_works_twice_at_once(day: Day) -> None:
    loop = ClosedLoop(day)
    loop.play()
    capacity = {worker.agent.id: worker.agent.capacity for worker in day.agents}
    ended: dict[int, int] = {}
    for stretch in loop.sheet.worked:
        assert 0 <= stretch.units <= capacity[stretch.agent]
        assert stretch.start >= ended.get(stretch.agent, day.start)
        assert stretch.end <= day.end
        ended[stretch.agent] = stretch.end
    # What the loop thinks is with the agents is what the engine thinks.
    used = {id: agent.used for id, agent in loop.engine.state().agents.items()}
    held = dict.fromkeys(used, 0)
    for visit in loop.visits.values():
        for agent in {visit.with_agent, *visit.pending} - {None}:
            held[agent] += visit.contact.cost  # type: ignore[index]
    assert used == held
    assert set(loop.engine.state().contacts) == loop.line
