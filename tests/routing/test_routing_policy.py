"""Queue rules that are refused, and that those accepted keep their word."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.overflow import OverflowRule, When
from routing.policy import Problem, QueuePolicy, check_steps, problems, step_problems
from routing.state import Agent, Contact, Membership, Queue, SkillNeed, State, Step
from tests.routing import reference
from tests.routing.worlds import quick

SEATED = Agent(1, True, 6, skills={1: 2}, queues={1: Membership(), 2: Membership()})

needs = st.lists(st.builds(SkillNeed, st.integers(1, 2), st.integers(1, 3)), max_size=2).map(tuple)
steps = st.lists(st.builds(Step, st.integers(-1, 5), needs), max_size=3).map(tuple)


def to(queue: int, when: When = "closed") -> OverflowRule:
    limit = 5 if when in ("too_many", "too_long") else 0
    return OverflowRule(when, "queue", limit, queue)


def found(*policies: QueuePolicy, agents: tuple[Agent, ...] = (SEATED,)) -> list[tuple[str, int]]:
    return [(problem.code, problem.queue) for problem in problems(policies, agents)]


def test_a_queue_with_somebody_in_it_has_no_problem() -> None:
    assert found(QueuePolicy(1), QueuePolicy(2, (SkillNeed(1, 2),))) == []


def test_a_step_that_asks_for_more_than_before_is_named_with_its_levels() -> None:
    first, second = Step(10, (SkillNeed(1, 1),)), Step(20, (SkillNeed(1, 2), SkillNeed(2, 1)))
    policy = QueuePolicy(1, (SkillNeed(1, 2),), (first, second))
    assert problems([policy], [SEATED]) == [
        Problem("step_narrows", 1, {"step": 2, "skill": 1, "level": 2, "before": 1}),
        Problem("step_narrows", 1, {"step": 2, "skill": 2, "level": 1, "before": 0}),
    ]


def test_steps_out_of_order_are_refused() -> None:
    policy = QueuePolicy(1, (SkillNeed(1, 2),), (Step(20, (SkillNeed(1),)), Step(20)))
    assert problems([policy], [SEATED]) == [
        Problem("step_out_of_order", 1, {"step": 2, "after_ms": 20, "before_ms": 20})
    ]
    with pytest.raises(ValueError, match="only ask for less"):
        check_steps(policy.skills, policy.steps)


@quick
@given(needs, steps, st.dictionaries(st.integers(1, 2), st.integers(0, 3)))
def test_accepted_steps_never_shrink_the_choice_with_time(
    skills: tuple[SkillNeed, ...], steps: tuple[Step, ...], levels: dict[int, int]
) -> None:
    if step_problems(skills, steps):
        return
    agent = Agent(1, True, 6, skills=levels)
    # Even if only the latest open step counted, nobody who could serve before could not any more.
    latest = [
        reference.has_skills(agent, ([skills] + [s.skills for s in steps if s.after_ms <= age])[-1])
        for age in range(7)
    ]
    assert latest == sorted(latest)


@quick
@given(needs, steps, st.dictionaries(st.integers(1, 2), st.integers(0, 3)), st.integers(0, 3))
def test_a_policy_is_refused_exactly_if_nobody_can_ever_serve_it(
    skills: tuple[SkillNeed, ...], steps: tuple[Step, ...], levels: dict[int, int], delay: int
) -> None:
    if step_problems(skills, steps):
        return
    agent = Agent(1, True, 6, skills=levels, queues={1: Membership(delay)})
    contact = Contact(1, 1, "chat", 2, enqueued_at=0, skills=skills, steps=steps)
    ever = any(reference.reach(State.of([contact], [agent], [Queue(1)]), contact, 9))
    refused = ("nobody_serves", 1) in found(QueuePolicy(1, skills, steps), agents=(agent,))
    assert refused == (not ever)


def test_a_queue_nobody_serves_needs_an_overflow_that_takes_everybody_out() -> None:
    demanding = QueuePolicy(1, (SkillNeed(9),))
    other = QueuePolicy(2)
    assert found(demanding, other) == [("nobody_serves", 1)]
    assert found(replace(demanding, overflow=(to(2, "too_many"),)), other) == [("nobody_serves", 1)]
    assert found(replace(demanding, overflow=(to(2, "too_long"),)), other) == []
    unseated = QueuePolicy(3, overflow=(to(2, "nobody_staffed"),))
    assert found(unseated, other) == []
    assert found(replace(demanding, paused=True), other) == []


def test_an_overflow_leads_to_a_queue_that_is_there_and_open() -> None:
    policies = [QueuePolicy(1, overflow=(to(9), to(2))), QueuePolicy(2, paused=True)]
    assert problems(policies, [SEATED]) == [
        Problem("overflow_unknown", 1, {"to": 9, "when": "closed"}),
        Problem("overflow_paused", 1, {"to": 2, "when": "closed"}),
    ]


def test_a_circle_of_overflows_is_reported_once_with_its_way() -> None:
    everywhere = replace(SEATED, queues=dict.fromkeys(range(1, 6), Membership()))
    policies = [
        QueuePolicy(1, overflow=(to(2),)),
        QueuePolicy(2, overflow=(to(4), to(3))),
        QueuePolicy(3, overflow=(to(2),)),
        QueuePolicy(4, overflow=(to(4),)),
        QueuePolicy(5, overflow=(to(1),)),
    ]
    assert problems(policies, [everywhere]) == [
        Problem("overflow_cycle", 2, {"path": (2, 3, 2)}),
        Problem("overflow_cycle", 4, {"path": (4, 4)}),
    ]


@quick
@given(st.dictionaries(st.integers(1, 5), st.sets(st.integers(1, 5)), max_size=5))
def test_no_circle_is_overlooked(ways: dict[int, set[int]]) -> None:
    policies = [
        QueuePolicy(id, overflow=tuple(to(other) for other in sorted(others)))
        for id, others in ways.items()
    ]

    def reachable(start: int) -> set[int]:
        seen: set[int] = set()
        coming = list(ways[start])
        while coming:
            queue = coming.pop()
            if queue not in seen and queue in ways:
                seen.add(queue)
                coming += ways[queue]
        return seen

    round_about = any(id in reachable(id) for id in ways)
    assert any(p.code == "overflow_cycle" for p in problems(policies, [])) == round_about
