"""A supervisor's changes as adjustments of the day that was."""

from collections.abc import Iterator

from app.queries.what_if.questions import QueueChange, ReplayQuestion, SkillChange
from app.queries.what_if.wall_clock import MINUTES_A_DAY, instant
from routing.adjustments import (
    AddAgents,
    Adjustment,
    RemoveAgents,
    ScaleArrivals,
    ScaleHandling,
    SetCapacity,
    SetPriority,
    SetQueue,
    SetSkill,
    SetSteps,
    SetWrapUp,
)
from routing.boost import Priority
from routing.day import Day, DayAgent, Span
from routing.state import Step


def adjustments(day: Day, question: ReplayQuestion) -> list[Adjustment]:
    """All changes; people are removed before others are added, so that nobody is both."""
    found: list[Adjustment] = [each for change in question.queues for each in _rules(change)]
    found += [_skill(change) for change in question.skills]
    if question.capacity is not None:
        found.append(SetCapacity(question.capacity))
    found += [_removed(day, each, question) for each in question.queues if each.agents < 0]
    found += [_added(day, each, question) for each in question.queues if each.agents > 0]
    found += _volumes(question)
    return found


def _volumes(question: ReplayQuestion) -> Iterator[Adjustment]:
    if question.handling_pct != 100:
        yield ScaleHandling(question.handling_pct / 100)
    if question.arrivals_pct != 100:
        yield ScaleArrivals(question.arrivals_pct / 100)
    for change in question.queues:
        if change.arrivals_pct is not None:
            yield ScaleArrivals(change.arrivals_pct / 100, queue=change.queue)


def _rules(change: QueueChange) -> Iterator[Adjustment]:
    rules = SetQueue(
        change.queue,
        agent_rule=change.agent_rule or None,  # type: ignore[arg-type]
        occupancy=change.occupancy or None,  # type: ignore[arg-type]
        parallel_offers=change.parallel_offers,
        keep_free=change.keep_free,
        drain_after_ms=_ms(change.drain_after_s),
        drain_for_ms=_ms(change.drain_for_s),
    )
    if rules != SetQueue(change.queue):
        yield rules
    if change.priority:
        priority: Priority = change.priority  # type: ignore[assignment]
        yield SetPriority(change.queue, priority)
    if change.relax_s is not None:
        yield SetSteps(change.queue, (Step(change.relax_s * 1000),))
    if change.wrap_up_s is not None:
        yield SetWrapUp(change.wrap_up_s * 1000, queue=change.queue)


def _ms(seconds: int | None) -> int | None:
    return None if seconds is None else seconds * 1000


def _skill(change: SkillChange) -> Adjustment:
    agents = None if change.agent is None else (change.agent,)
    return SetSkill(change.skill, change.level, agents)


def _span(change: QueueChange, question: ReplayQuestion) -> Span | None:
    if change.begins is None and change.ends is None:
        return None
    return Span(
        instant(question.day, change.begins or 0, question.zone),
        instant(question.day, change.ends or MINUTES_A_DAY, question.zone),
    )


def _added(day: Day, change: QueueChange, question: ReplayQuestion) -> Adjustment:
    """They serve this queue only, and are otherwise like its most skilled agent."""
    best = max(_seated(day, change.queue), key=_skill_rank, default=None)
    like = None if best is None else best.agent.id
    return AddAgents(change.agents, {change.queue: 0}, span=_span(change, question), like=like)


def _removed(day: Day, change: QueueChange, question: ReplayQuestion) -> Adjustment:
    """Those go who serve the fewest other queues: the others are missed elsewhere too."""
    span = _span(change, question) or Span(day.start, day.end)
    there = [worker for worker in _seated(day, change.queue) if _is_there(worker, span)]
    there.sort(key=lambda worker: (len(worker.agent.queues), worker.agent.id))
    gone = tuple(worker.agent.id for worker in there[: -change.agents])
    return RemoveAgents(gone, _span(change, question))


def _seated(day: Day, queue: int) -> list[DayAgent]:
    return [worker for worker in day.agents if queue in worker.agent.queues]


def _skill_rank(worker: DayAgent) -> tuple[int, int]:
    return sum(worker.agent.skills.values()), -worker.agent.id


def _is_there(worker: DayAgent, span: Span) -> bool:
    return any(part.start < span.end and part.end > span.start for part in worker.present)
