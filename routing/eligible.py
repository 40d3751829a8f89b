"""Who may have a contact and who can take it now: the rules in the order they are explained."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

from routing.reasons import ReasonCode
from routing.state import Agent, Contact, Key, SkillNeed, State


class Worker(Protocol):
    """What the rules ask of an agent; an `Agent`, or one as the engine keeps them."""

    @property
    def capacity(self) -> int: ...
    @property
    def used(self) -> int: ...
    @property
    def max_by_channel(self) -> Mapping[str, int]: ...
    @property
    def live_by_channel(self) -> Mapping[str, int]: ...
    @property
    def skills(self) -> Mapping[int, int]: ...
    @property
    def interruptible(self) -> Mapping[str, int]: ...


class Request(NamedTuple):
    """A contact at one instant, with what its rules need to know beyond the agent asked."""

    contact: Contact
    now: int
    paused: bool
    held_for: int | None
    excluded: frozenset[int]
    clears_exclusion: bool
    drained: dict[int, Key]


def request(state: State, contact: Contact, now: int, drained: dict[int, Key]) -> Request:
    """Prepare `contact` for `refusal`. `drained` comes from `drained_agents(state, now)`."""
    queue = state.queues.get(contact.queue)
    held_for = contact.preferred if is_held(state, contact, now) else None
    clears = bool(contact.excluded) and _everybody_declined(state, contact, now)
    return Request(
        contact=contact,
        now=now,
        paused=queue is None or queue.paused,
        held_for=held_for,
        excluded=frozenset() if clears else contact.excluded,
        clears_exclusion=clears,
        drained=drained,
    )


def refusal(asked: Request, agent: Agent) -> ReasonCode | None:
    """The first rule that keeps `agent` from taking the contact now; None if nothing does."""
    return out_of_reach(asked, agent) or cannot_take(asked, agent)


def out_of_reach(asked: Request, agent: Agent) -> ReasonCode | None:
    """The first rule by which `agent` is not in E(contact, now), a set that only widens."""
    if asked.paused:
        return ReasonCode.QUEUE_PAUSED
    code = not_serving(asked.contact, agent, asked.contact.age(asked.now))
    if code is None and asked.held_for is not None and asked.held_for != agent.id:
        return ReasonCode.HELD_FOR_PREFERRED
    return code


def cannot_take(asked: Request, agent: Agent) -> ReasonCode | None:
    """The first rule by which `agent`, who may have the contact, cannot take it now."""
    contact = asked.contact
    if not agent.available:
        return ReasonCode.NOT_AVAILABLE
    if agent.wrap_up_until > asked.now:
        return ReasonCode.WRAP_UP
    if agent.id in asked.excluded:
        return ReasonCode.EXCLUDED
    if not has_capacity(agent, contact):
        return ReasonCode.CAPACITY
    if not below_maximum(agent, contact.channel):
        return ReasonCode.CHANNEL_MAXIMUM
    if asked.drained:
        kept_for = asked.drained.get(agent.id)
        if kept_for is not None and kept_for < contact.key:
            return ReasonCode.DRAINING
    return None


def has_capacity(agent: Worker, contact: Contact) -> bool:
    """Whether the contact's units fit, those it may interrupt set aside."""
    return fits(agent, contact.channel, contact.cost)


def fits(agent: Worker, channel: str, cost: int) -> bool:
    """Whether `cost` units of `channel` fit beside what the agent has."""
    aside = agent.interruptible.get(channel, 0) if agent.interruptible else 0
    return max(0, agent.used - aside) + cost <= agent.capacity


def pushed_aside(known: Mapping[str, int], contact: Contact, count: int) -> Mapping[str, int]:
    """What each channel may push aside with `count` (1 or -1) of this contact more."""
    aside = dict(known)
    for channel in contact.interrupted_by:
        aside[channel] = aside.get(channel, 0) + count * contact.cost
    return {channel: units for channel, units in aside.items() if units > 0}


def could_fit(agent: Worker, channel: str, cost: int) -> bool:
    """Whether `cost` units of `channel` would fit if the agent had nothing."""
    return cost <= agent.capacity and agent.max_by_channel.get(channel, 1) > 0


def below_maximum(agent: Worker, channel: str) -> bool:
    """Whether the agent may have one more of this channel."""
    maximum = agent.max_by_channel.get(channel)
    return maximum is None or agent.live_by_channel.get(channel, 0) < maximum


def met_step(contact: Contact, agent: Worker, age: int) -> int | None:
    """The first step open at `age` whose skills the agent has; 0 is the contact's own needs."""
    if meets(agent, contact.skills):
        return 0
    for number, step in enumerate(contact.steps, start=1):
        if step.after_ms <= age and meets(agent, step.skills):
            return number
    return None


def meets(agent: Worker, needs: tuple[SkillNeed, ...]) -> bool:
    """Whether the agent has each skill at its level or above."""
    skills = agent.skills
    for skill, level in needs:  # noqa: SIM110 - half of what `all` costs, and asked very often
        if skills.get(skill, 0) < level:
            return False
    return True


def could_have(asked: Request, agent: Agent) -> bool:
    """Whether the agent, if they had nothing else to do, could take the contact now."""
    contact = asked.contact
    return (
        agent.available
        and could_fit(agent, contact.channel, contact.cost)
        and agent.id not in asked.excluded
        and out_of_reach(asked, agent) is None
    )


def drained_agents(state: State, now: int) -> dict[int, Key]:
    """The agents kept free for a big contact, each with that contact's key.

    Only as long as it waits and they could have it; else they would be kept for nothing.
    """
    drained: dict[int, Key] = {}
    for drain in state.drains:
        agent = state.agents.get(drain.agent) if drain.agent is not None else None
        contact = state.contacts.get(drain.contact)
        if agent is None or contact is None or drain.until <= now:
            continue
        if could_have(request(state, contact, now, {}), agent):
            drained[agent.id] = min(contact.key, drained.get(agent.id, contact.key))
    return drained


def not_serving(contact: Contact, agent: Agent, age: int) -> ReasonCode | None:
    membership = agent.queues.get(contact.queue)
    if membership is None:
        return ReasonCode.NOT_MEMBER
    if age < membership.delay_ms:
        return ReasonCode.QUEUE_DELAY
    if contact.skills and met_step(contact, agent, age) is None:
        return ReasonCode.SKILL
    return None


def is_held(state: State, contact: Contact, now: int) -> bool:
    """Whether only the preferred agent may have it yet.

    The hold asks who served from the first moment, not who serves at this age: else an agent who
    comes into reach during the hold would take the contact away from those already in reach.
    """
    if contact.preferred is None or now >= contact.preferred_until:
        return False
    agent = state.agents.get(contact.preferred)
    return (
        agent is not None
        and agent.available
        and agent.id not in contact.excluded
        and not_serving(contact, agent, age=0) is None
        and could_fit(agent, contact.channel, contact.cost)
    )


def _everybody_declined(state: State, contact: Contact, now: int) -> bool:
    """Whether all agents present who serve it at this age have declined: a new round is due."""
    if contact.exclusion_cleared:
        return False
    age = contact.age(now)
    present = [
        agent.id
        for agent in state.agents.values()
        if agent.available and not_serving(contact, agent, age) is None
    ]
    return bool(present) and contact.excluded.issuperset(present)
