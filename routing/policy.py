"""What is wrong with a set of queue rules, said before they are saved.

Waiting longer must never cost a contact an agent, every queue must lead to somebody, and nobody may
be passed round in a circle.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from routing.eligible import meets
from routing.overflow import OverflowRule
from routing.state import Agent, SkillNeed, Step


@dataclass(frozen=True, slots=True)
class QueuePolicy:
    """What decides who may ever have a contact of this queue, and where it goes otherwise."""

    id: int
    skills: tuple[SkillNeed, ...] = ()
    steps: tuple[Step, ...] = ()
    overflow: tuple[OverflowRule, ...] = ()
    paused: bool = False


@dataclass(frozen=True, slots=True)
class Problem:
    """A code, the queue it belongs to, and what the sentence needs. The codes, and how they read:

    `step_out_of_order` (`step`, `after_ms`, `before_ms`): "Step 2 starts after 30 s, but the step
    before it only after 60 s. Give it a later time."
    `step_narrows` (`step`, `skill`, `level`, `before`): "Step 2 asks for skill Billing at level 3,
    but until then level 1 is enough (0: the skill is not asked for). A later step may only ask for
    less."
    `nobody_serves` (none): "Nobody can ever serve this queue: no agent has a seat in it and the
    skills of any of its steps. Seat an agent, drop a skill, or let it overflow when it takes too
    long."
    `overflow_unknown` (`to`, `when`): "It overflows to a queue that does not exist."
    `overflow_paused` (`to`, `when`): "It overflows to a queue that is paused: contacts would wait
    there for nothing."
    `overflow_cycle` (`path`: queue ids, the first again at the end): "Contacts would go round in a
    circle: Sales, Support, Sales." Reported once, for the smallest id in the circle.
    """

    code: str
    queue: int
    params: Mapping[str, int | str | tuple[int, ...]] = field(default_factory=dict)


def problems(policies: Iterable[QueuePolicy], agents: Iterable[Agent]) -> list[Problem]:
    """All that is wrong with `policies` as they would be, by queue; empty if they may be saved.

    Give every queue and every agent who may ever sign in, present or not: only their seats and
    skills are asked for. A paused queue needs nobody.
    """
    by_id = {policy.id: policy for policy in policies}
    staff = list(agents)
    found: list[Problem] = []
    for _, policy in sorted(by_id.items()):
        found += step_problems(policy.skills, policy.steps, policy.id)
        if not policy.paused and not _leads_to_somebody(policy, staff):
            found.append(Problem("nobody_serves", policy.id))
        found += _wrong_ways_out(policy, by_id)
    found += _cycles(by_id)
    return sorted(found, key=lambda problem: problem.queue)


def step_problems(
    skills: tuple[SkillNeed, ...], steps: Sequence[Step], queue: int = 0
) -> list[Problem]:
    """What is wrong with the steps that follow `skills`; each must ask for less than before it."""
    found, after, wider = [], 0, skills
    for number, step in enumerate(steps, start=1):
        if step.after_ms <= after:
            params = {"step": number, "after_ms": step.after_ms, "before_ms": after}
            found.append(Problem("step_out_of_order", queue, params))
        before = _levels(wider)
        for skill, level in _levels(step.skills).items():
            if level > before.get(skill, 0):
                params = {"step": number, "skill": skill, "level": level}
                params["before"] = before.get(skill, 0)
                found.append(Problem("step_narrows", queue, params))
        after, wider = step.after_ms, step.skills
    return found


def check_steps(skills: tuple[SkillNeed, ...], steps: Sequence[Step]) -> None:
    """Raise ValueError if anything is wrong with the steps that follow `skills`."""
    for problem in step_problems(skills, steps):
        said = ", ".join(f"{name} {value}" for name, value in problem.params.items())
        raise ValueError(f"a later step may only ask for less, and later: {problem.code}, {said}")


def _levels(needs: tuple[SkillNeed, ...]) -> dict[int, int]:
    """The level asked for by skill; a skill named twice counts by its higher level."""
    levels: dict[int, int] = {}
    for need in needs:
        levels[need.skill] = max(need.level, levels.get(need.skill, 0))
    return levels


def _leads_to_somebody(policy: QueuePolicy, agents: list[Agent]) -> bool:
    """Whether an agent could serve it some day, or an overflow takes everybody out of it."""
    seated = [agent for agent in agents if policy.id in agent.queues]
    ways = [policy.skills, *(step.skills for step in policy.steps)]
    if any(meets(agent, needs) for agent in seated for needs in ways):
        return True
    return any(
        rule.when == "too_long" or (rule.when == "nobody_staffed" and not seated)
        for rule in policy.overflow
    )


def _wrong_ways_out(policy: QueuePolicy, by_id: Mapping[int, QueuePolicy]) -> Iterator[Problem]:
    for rule in policy.overflow:
        if rule.queue is None:
            continue
        params: dict[str, int | str] = {"to": rule.queue, "when": rule.when}
        if rule.queue not in by_id:
            yield Problem("overflow_unknown", policy.id, params)
        elif by_id[rule.queue].paused:
            yield Problem("overflow_paused", policy.id, params)


def _cycles(by_id: Mapping[int, QueuePolicy]) -> Iterator[Problem]:
    """Each queue that is the smallest of a circle of overflows, with a shortest such circle."""
    for start in sorted(by_id):
        paths: list[tuple[int, ...]] = [(start,)]
        seen = set[int]()
        while paths:
            path = paths.pop(0)
            after = sorted(id for id in _next_queues(by_id[path[-1]]) if id in by_id)
            if start in after:
                yield Problem("overflow_cycle", start, {"path": (*path, start)})
                break
            further = [id for id in after if id > start and id not in seen]
            seen.update(further)
            paths += [(*path, id) for id in further]


def _next_queues(policy: QueuePolicy) -> set[int]:
    return {rule.queue for rule in policy.overflow if rule.queue is not None}
