"""The simulator, which is the real engine on a drawn day, against exact queueing theory.

The days are drawn from fixed seeds; the bounds are wide enough for most others to pass as well.
"""

from dataclasses import replace
from random import Random

import pytest

from routing import erlang, metrics
from routing.drain import DrainRules
from routing.simulate import Arrival, Outcome, Stream, arrivals, simulate
from routing.state import Agent, Contact, Membership, Occupancy, Queue, SkillNeed

SECOND = 1_000
HOUR = 3_600 * SECOND


def staff(count: int, capacity: int = 1, **changes: object) -> list[Agent]:
    seats = {1: Membership()}
    return [Agent(id, True, capacity, queues=seats, **changes) for id in range(count)]  # type: ignore[arg-type]


def mean_wait(outcomes: list[Outcome]) -> float:
    mean = metrics.average_speed_of_answer_ms(outcome.waited_ms for outcome in outcomes)
    assert mean is not None
    return mean


def test_patient_contacts_wait_as_erlang_c_says() -> None:
    day = arrivals([Stream(1, "chat", 1, 200, 180 * SECOND)], 150 * HOUR, Random(1))
    outcomes = simulate([Queue(1)], staff(14), day)
    assert len(outcomes) == len(day)
    level = metrics.service_level((o.waited_ms for o in outcomes), [], 20 * SECOND)
    assert level == pytest.approx(erlang.service_level(14, 10, 180, 20), abs=0.015)
    expected = erlang.average_speed_of_answer(14, 10, 180) * SECOND
    assert mean_wait(outcomes) == pytest.approx(expected, rel=0.2)


def test_impatient_contacts_give_up_as_erlang_a_says() -> None:
    stream = Stream(1, "chat", 1, 48 * 60, 60 * SECOND, patience_ms=120 * SECOND)
    day = arrivals([stream], 12 * HOUR, Random(2))
    outcomes = simulate([Queue(1)], staff(50), day)
    exact = erlang.erlang_a(50, 48, handling_s=60, patience_s=120, target_s=20)
    gone = [outcome for outcome in outcomes if outcome.agent is None]
    assert len(gone) / len(day) == pytest.approx(exact.abandoned, abs=0.01)
    in_time = sum(o.agent is not None and o.waited_ms <= 20 * SECOND for o in outcomes)
    assert in_time / len(day) == pytest.approx(exact.answered_in_target, abs=0.02)
    assert mean_wait(outcomes) == pytest.approx(exact.mean_wait_s * SECOND, rel=0.35)


def test_head_starts_share_the_wait_and_leave_its_sum_as_it_is() -> None:
    service = 100 * SECOND
    rates = (72, 108, 144)  # 2 : 3 : 4, ten agents nine tenths busy
    boosts = (service, service // 2, 0)
    streams = [
        Stream(1, "chat", 1, r, service, boost=b) for r, b in zip(rates, boosts, strict=True)
    ]
    day = arrivals(streams, 80 * HOUR, Random(3))
    outcomes = simulate([Queue(1)], staff(10), day)
    waits = [mean_wait([o for o in outcomes if o.contact.boost == boost]) for boost in boosts]
    # Kleinrock's conservation law: the order of service moves waiting about, and makes none.
    equal = [replace(a, contact=replace(a.contact, boost=0)) for a in day]
    first_come = mean_wait(simulate([Queue(1)], staff(10), equal))
    assert mean_wait(outcomes) == pytest.approx(first_come, rel=0.05)
    # The exact waits, in services, scaled to how busy this day was: chance moves all of them alike.
    exact = erlang.average_speed_of_answer(10, 9, 1)
    scaled = [wait / first_come * exact for wait in waits]
    assert scaled == pytest.approx([0.400, 0.594, 0.844], rel=0.12)
    assert first_come == pytest.approx(exact * service, rel=0.5)


def test_chats_with_slots_wait_as_in_a_pool_of_all_slots() -> None:
    stream = [Stream(1, "chat", 1, 900, 360 * SECOND)]
    outcomes = simulate([Queue(1)], staff(25, 4), arrivals(stream, 20 * HOUR, Random(5)))
    waited = sum(outcome.waited_ms > 0 for outcome in outcomes) / len(outcomes)
    assert waited == pytest.approx(erlang.erlang_c(100, 90), abs=0.06)


def test_spreading_starves_big_contacts_draining_helps_and_packing_cures() -> None:
    chats = Stream(1, "chat", 1, 450, 480 * SECOND)
    calls = Stream(1, "voice", 4, 24, 300 * SECOND, boost=600 * SECOND)
    day = arrivals([chats, calls], 30 * HOUR, Random(6))

    def waits(occupancy: Occupancy, drain: DrainRules | None) -> tuple[float, float]:
        outcomes = simulate([Queue(1, occupancy=occupancy)], staff(20, 4), day, drain)
        voice = [o for o in outcomes if o.contact.channel == "voice"]
        chat = [o for o in outcomes if o.contact.channel == "chat"]
        return mean_wait(voice), mean_wait(chat)

    spread, _ = waits("spread", None)
    drained, drained_chat = waits("spread", DrainRules())
    packed, packed_chat = waits("pack", None)
    assert drained < 0.7 * spread
    assert packed < 0.1 * spread
    assert max(drained_chat, packed_chat) < 36 * SECOND


def test_two_skills_are_almost_as_good_as_all() -> None:
    skills = range(6)
    streams = [
        Stream(1, "chat", 1, 84, 600 * SECOND, skills=(SkillNeed(skill),)) for skill in skills
    ]
    day = arrivals(streams, 25 * HOUR, Random(7))

    def wait(known: int) -> float:
        agents = [
            Agent(
                id,
                True,
                1,
                skills={(id + offset * (1 + id // 6 % 5)) % 6: 1 for offset in range(known)},
                queues={1: Membership()},
            )
            for id in range(90)
        ]
        return mean_wait(simulate([Queue(1)], agents, day))

    dedicated, two = wait(1), wait(2)
    pooled = mean_wait(simulate([Queue(1)], staff(90, skills=dict.fromkeys(skills, 1)), day))
    assert two <= 1.5 * pooled
    assert two <= 0.3 * dedicated


def test_a_contact_nobody_ever_serves_has_no_outcome_unless_it_gives_up() -> None:
    waits = Arrival(Contact(1, 1, "chat", 9, enqueued_at=0), 10)
    gives_up = Arrival(Contact(2, 1, "chat", 9, enqueued_at=0), 10, gives_up_at=7)
    assert simulate([Queue(1)], staff(1), [waits, gives_up]) == [Outcome(gives_up.contact, None, 7)]


def test_the_same_day_gives_the_same_outcomes() -> None:
    stream = [Stream(1, "chat", 1, 300, 100 * SECOND, patience_ms=50 * SECOND)]
    days = [arrivals(stream, HOUR, Random(8)) for _ in range(2)]
    assert simulate([Queue(1)], staff(8), days[0]) == simulate([Queue(1)], staff(8), days[1])


def test_changing_one_stream_leaves_the_others_as_they_were() -> None:
    one, two = Stream(1, "chat", 1, 60, SECOND), Stream(1, "email", 1, 60, SECOND)
    both = arrivals([one, two], HOUR, Random(9))
    busier = arrivals([one, Stream(1, "email", 1, 90, SECOND)], HOUR, Random(9))

    def chats(day: list[Arrival]) -> list[int]:
        return [a.contact.enqueued_at for a in day if a.contact.channel == "chat"]

    assert chats(both) == chats(busier)
