"""Drawn days: what is drawn, and what the simulator does with it."""

from random import Random

import pytest

from routing.day import Coming
from routing.simulate import Stream, arrivals, simulate
from routing.state import Contact, Queue
from tests.routing.drawn import HOUR, SECOND, mean_wait, staff


def test_a_contact_nobody_ever_serves_waits_unless_it_gives_up() -> None:
    waits = Coming(Contact(1, 1, "chat", 9, enqueued_at=0), 10)
    gives_up = Coming(Contact(2, 1, "chat", 9, enqueued_at=0), 10, gives_up_at=7)
    first, second = simulate([Queue(1)], staff(1), [waits, gives_up])
    assert first.way == "waiting"
    assert (second.way, second.waited_ms) == ("abandoned", 7)


def test_the_same_day_gives_the_same_outcomes() -> None:
    stream = [Stream(1, "chat", 1, 300, 100 * SECOND, patience_ms=50 * SECOND)]
    days = [arrivals(stream, HOUR, Random(8)) for _ in range(2)]
    assert simulate([Queue(1)], staff(8), days[0]) == simulate([Queue(1)], staff(8), days[1])


def test_changing_one_stream_leaves_the_others_as_they_were() -> None:
    one, two = Stream(1, "chat", 1, 60, SECOND), Stream(1, "email", 1, 60, SECOND)
    both = arrivals([one, two], HOUR, Random(9))
    busier = arrivals([one, Stream(1, "email", 1, 90, SECOND)], HOUR, Random(9))

    def chats(day: list[Coming]) -> list[int]:
        return [row.contact.enqueued_at for row in day if row.contact.channel == "chat"]

    assert chats(both) == chats(busier)


def test_an_agent_twice_as_fast_is_free_twice_as_soon() -> None:
    day = [Coming(Contact(id, 1, "chat", 1, enqueued_at=0), 100) for id in (1, 2)]
    assert mean_wait(simulate([Queue(1)], staff(1), day)) == 50
    assert mean_wait(simulate([Queue(1)], staff(1), day, speed=lambda row, agent: 2.0)) == 25


@pytest.mark.parametrize(("pace", "third_waits"), [(1.0, 200), (2.0, 100)])
def test_chats_that_share_an_agent_get_on_as_fast_as_both_together(
    pace: float, third_waits: int
) -> None:
    day = [Coming(Contact(id, 1, "chat", 1, enqueued_at=0), 100) for id in (1, 2, 3)]
    outcomes = simulate([Queue(1)], staff(1, 2), day, pace=lambda k: pace if k > 1 else 1.0)
    assert [outcome.waited_ms for outcome in outcomes] == [0, 0, third_waits]


def test_a_new_boost_while_waiting_changes_the_order() -> None:
    day = [Coming(Contact(id, 1, "chat", 1, enqueued_at=id), 100) for id in (1, 2, 3)]
    outcomes = simulate([Queue(1)], staff(1), day, rekey=lambda row, now: 50 * row.contact.id)
    assert [outcome.waited_ms for outcome in outcomes] == [0, 199, 98]
