"""A day with a supervisor's adjustments made; the given day stays as it is."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import fields, replace
from typing import TypeVar

from routing.adjustments import (
    AddAgents,
    Adjustment,
    RemoveAgents,
    ScaleArrivals,
    ScaleHandling,
    SetCapacity,
    SetCost,
    SetPriority,
    SetQueue,
    SetSeat,
    SetSkill,
    SetSteps,
    SetWrapUp,
)
from routing.boost import PRIORITY_BOOST_MS, boost_ms
from routing.day import Coming, Day, DayAgent, Span
from routing.policy import check_steps
from routing.scale import scaled
from routing.state import Agent, Membership

V = TypeVar("V")
OfAgents = SetSkill | SetSeat | SetCapacity
OfContacts = SetPriority | SetSteps | SetCost | SetWrapUp | ScaleHandling


def adjust(day: Day, adjustments: Iterable[Adjustment]) -> Day:
    """The day with the adjustments made, in order. Raises ValueError if one cannot be meant."""
    for adjustment in adjustments:
        day = _adjusted(day, adjustment)
    return day


def _adjusted(day: Day, wanted: Adjustment) -> Day:
    match wanted:
        case AddAgents():
            return _with_agents(day, wanted)
        case RemoveAgents():
            return _without_agents(day, wanted)
        case SetSkill() | SetSeat() | SetCapacity():
            return _each_agent(day, wanted)
        case SetQueue():
            return _with_queue(day, wanted)
        case ScaleArrivals():
            return replace(day, coming=scaled(day, wanted.factor, _chosen(wanted)))
        case _:
            return _each_contact(day, wanted)


def _with_agents(day: Day, wanted: AddAgents) -> Day:
    if wanted.count < 1 or not day.agents:
        raise ValueError("add at least one agent, to a day that has one to be like")
    known = {worker.agent.id: worker.agent for worker in day.agents}
    like = known.get(min(known) if wanted.like is None else wanted.like)
    if like is None:
        raise ValueError(f"agent {wanted.like} was not there that day; name one who was")
    seats = like.queues
    if wanted.seats is not None:
        seats = {queue: Membership(delay) for queue, delay in wanted.seats.items()}
    skills = like.skills if wanted.skills is None else wanted.skills
    agent = replace(like, queues=seats, skills=skills, last_assigned_at=0)
    span = wanted.span or Span(day.start, day.end)
    ids = range(max(known) + 1, max(known) + 1 + wanted.count)
    more = tuple(DayAgent(replace(agent, id=id), (span,)) for id in ids)
    return replace(day, agents=day.agents + more)


def _without_agents(day: Day, wanted: RemoveAgents) -> Day:
    gone, away = _named(day, wanted.agents), wanted.span or Span(day.start, day.end)
    return replace(
        day,
        agents=tuple(
            replace(worker, present=tuple(_outside(worker.present, away)))
            if worker.agent.id in gone
            else worker
            for worker in day.agents
        ),
    )


def _outside(spans: Iterable[Span], away: Span) -> Iterator[Span]:
    for span in spans:
        before, after = min(span.end, away.start), max(span.start, away.end)
        if span.start < before:
            yield Span(span.start, before)
        if after < span.end:
            yield Span(after, span.end)


def _each_agent(day: Day, wanted: OfAgents) -> Day:
    named = _named(day, wanted.agents)
    return replace(
        day,
        agents=tuple(
            replace(worker, agent=_changed(worker.agent, wanted))
            if worker.agent.id in named
            else worker
            for worker in day.agents
        ),
    )


def _changed(agent: Agent, wanted: OfAgents) -> Agent:
    match wanted:
        case SetSkill(skill, level):
            return replace(agent, skills=_put(agent.skills, skill, level or None))
        case SetSeat(queue, delay):
            seat = None if delay is None else Membership(delay)
            return replace(agent, queues=_put(agent.queues, queue, seat))
        case SetCapacity(capacity, maxima):
            if capacity < 1:
                raise ValueError(f"a capacity of {capacity} units takes nothing; give 1 or more")
            most = {**agent.max_by_channel, **(maxima or {})}
            return replace(agent, capacity=capacity, max_by_channel=most)


def _put(known: Mapping[int, V], key: int, value: V | None) -> dict[int, V]:
    rest = {other: kept for other, kept in known.items() if other != key}
    return rest if value is None else {**rest, key: value}


def _with_queue(day: Day, wanted: SetQueue) -> Day:
    if wanted.queue is not None and all(row.queue.id != wanted.queue for row in day.queues):
        raise ValueError(f"queue {wanted.queue} was not there that day; name one that was")
    asked = {field.name: getattr(wanted, field.name) for field in fields(wanted)}
    rules = {name: value for name, value in asked.items() if value is not None}
    overflow = {"overflow": rules.pop("overflow")} if "overflow" in rules else {}
    rules.pop("queue", None)
    return replace(
        day,
        queues=tuple(
            replace(row, queue=replace(row.queue, **rules), **overflow)
            if wanted.queue in (None, row.queue.id)
            else row
            for row in day.queues
        ),
    )


def _each_contact(day: Day, wanted: OfContacts) -> Day:
    is_meant = _chosen(wanted)
    return replace(
        day,
        coming=tuple(_treated(row, wanted) if is_meant(row) else row for row in day.coming),
    )


def _treated(row: Coming, wanted: OfContacts) -> Coming:
    contact = row.contact
    match wanted:
        case SetPriority(_, priority):
            others = contact.boost - PRIORITY_BOOST_MS[row.priority]
            boosted = replace(contact, boost=boost_ms(priority, others))
            return replace(row, contact=boosted, priority=priority)
        case SetSteps(_, steps):
            check_steps(contact.skills, steps)
            return replace(row, contact=replace(contact, steps=steps))
        case SetCost(_, units):
            return replace(row, contact=replace(contact, cost=units))
        case SetWrapUp(wrap_up):
            return replace(row, wrap_up_ms=wrap_up)
        case ScaleHandling(factor):
            if factor <= 0:
                raise ValueError(f"handling cannot take {factor} times as long; give more than 0")
            moves = tuple(replace(m, handling_ms=round(m.handling_ms * factor)) for m in row.moves)
            handling = None if row.handling_ms is None else round(row.handling_ms * factor)
            return replace(row, handling_ms=handling, moves=moves)


def _chosen(wanted: OfContacts | ScaleArrivals) -> Callable[[Coming], bool]:
    queue, channel = getattr(wanted, "queue", None), getattr(wanted, "channel", None)
    return lambda row: queue in (None, row.contact.queue) and channel in (None, row.contact.channel)


def _named(day: Day, agents: tuple[int, ...] | None) -> frozenset[int]:
    known = frozenset(worker.agent.id for worker in day.agents)
    if agents is None:
        return known
    if strangers := set(agents) - known:
        raise ValueError(f"agents {sorted(strangers)} were not there that day; name some who were")
    return frozenset(agents)
