"""Routing done the slow and obvious way, straight from the rules, to compare the real one with.

It shares the values of `routing.state` with the real one and nothing else.
"""

from dataclasses import replace

from routing.state import Agent, Contact, Drain, SkillNeed, State


def has_skills(agent: Agent, needs: tuple[SkillNeed, ...]) -> bool:
    return all(agent.skills.get(need.skill, 0) >= need.level for need in needs)


def serves(contact: Contact, agent: Agent, age: int) -> bool:
    """Membership, its delay, and some open step."""
    if contact.queue not in agent.queues or age < agent.queues[contact.queue].delay_ms:
        return False
    ways = [contact.skills] + [step.skills for step in contact.steps if step.after_ms <= age]
    return any(has_skills(agent, needs) for needs in ways)


def reach(state: State, contact: Contact, now: int) -> set[int]:
    """E(contact, now)."""
    queue = state.queues.get(contact.queue)
    if queue is None or queue.paused:
        return set()
    age = max(0, now - contact.enqueued_at)
    everybody = {a.id for a in state.agents.values() if serves(contact, a, age)}
    preferred = state.agents.get(-1 if contact.preferred is None else contact.preferred)
    can_come_free = (
        preferred is not None
        and preferred.available
        and preferred.id not in contact.excluded
        and serves(contact, preferred, 0)
        and preferred.capacity >= contact.cost
        and preferred.max_by_channel.get(contact.channel, 99) >= 1
    )
    if preferred is not None and can_come_free and now < contact.preferred_until:
        return {preferred.id}
    return everybody


def barred(state: State, contact: Contact, now: int) -> set[int]:
    """The agents who may not have it again, unless all those present have declined it."""
    age = max(0, now - contact.enqueued_at)
    present = {a.id for a in state.agents.values() if a.available and serves(contact, a, age)}
    if present and present <= contact.excluded and not contact.exclusion_cleared:
        return set()
    return set(contact.excluded)


def can_take(state: State, contact: Contact, agent_id: int, now: int) -> bool:
    """In reach, and free for it, with the loads that `state` says."""
    agent = state.agents[agent_id]
    if agent_id not in reach(state, contact, now) or agent_id in barred(state, contact, now):
        return False
    if not agent.available or now < agent.wrap_up_until:
        return False
    for drain in state.drains:
        if drain.agent == agent_id and now < drain.until and drain.contact in state.contacts:
            big = state.contacts[drain.contact]
            if big.key < contact.key and agent_id in those_with_nothing_else_to_do(state, big, now):
                return False
    aside = min(agent.used, agent.interruptible.get(contact.channel, 0))
    live = agent.live_by_channel.get(contact.channel, 0)
    fits = agent.used - aside + contact.cost <= agent.capacity
    return fits and live + 1 <= agent.max_by_channel.get(contact.channel, 99)


def those_with_nothing_else_to_do(state: State, contact: Contact, now: int) -> set[int]:
    """The agents who could take the contact if they were empty: whom a hold makes sense for."""
    fresh = {
        id: replace(agent, used=0, live_by_channel={}, wrap_up_until=0, interruptible={})
        for id, agent in state.agents.items()
    }
    empty = replace(state, agents=fresh, drains=())
    return {id for id in fresh if can_take(empty, contact, id, now)}


def given(state: State, contact: Contact, agent_id: int, now: int) -> State:
    """The state after the agent has got the contact, which stays listed; its hold is over."""
    agent = state.agents[agent_id]
    live = dict(agent.live_by_channel)
    live[contact.channel] = live.get(contact.channel, 0) + 1
    on_top = dict(agent.interruptible)
    for channel in contact.interrupted_by:
        on_top[channel] = on_top.get(channel, 0) + contact.cost
    used = agent.used + contact.cost
    loaded = replace(
        agent, used=used, live_by_channel=live, last_assigned_at=now, interruptible=on_top
    )
    drains = tuple(drain for drain in state.drains if drain.contact != contact.id)
    return replace(state, agents={**state.agents, agent_id: loaded}, drains=drains)


def is_kept_empty(state: State, contact: Contact, agent_id: int, now: int) -> bool:
    """Whether the agent is one of the few empty ones their queue would rather keep so."""
    here = [
        agent
        for agent in state.agents.values()
        if contact.queue in agent.queues and agent.available and now >= agent.wrap_up_until
    ]
    empty = [agent.id for agent in here if agent.used == 0]
    return agent_id in empty and len(empty) <= state.queues[contact.queue].keep_free


def preference(state: State, contact: Contact, agent_id: int, now: int) -> tuple[object, ...]:
    """Smallest first."""
    agent, queue = state.agents[agent_id], state.queues[contact.queue]
    skill = sum(agent.skills.get(need.skill, 0) for need in contact.skills)
    occupied = agent.used * 1000 // agent.capacity
    by_load = occupied if queue.occupancy == "spread" else -occupied
    return (
        agent_id != contact.preferred,
        -skill if queue.agent_rule == "best_skilled" else 0,
        1_000_000 if is_kept_empty(state, contact, agent_id, now) else by_load,
        agent.last_assigned_at,
        agent_id,
    )


def one_by_one(state: State, now: int) -> list[tuple[int, int]]:
    """Each contact in key order to the best agent who can take it; then the further offers."""
    pairs: list[tuple[int, int]] = []
    for contact in sorted(state.contacts.values(), key=lambda c: c.key):
        takers = [a for a in sorted(state.agents) if can_take(state, contact, a, now)]
        if takers:
            best = min(takers, key=lambda a: preference(state, contact, a, now))
            pairs.append((contact.id, best))
            state = given(state, contact, best, now)
    return pairs + further(state, pairs, now)


def further(state: State, pairs: list[tuple[int, int]], now: int) -> list[tuple[int, int]]:
    """Who else is asked, once everybody has been served as far as possible."""
    more: list[tuple[int, int]] = []
    served = [state.contacts[contact] for contact, _ in pairs]
    for number in (2, 3):
        for contact in served:
            asked = {agent for id, agent in [*pairs, *more] if id == contact.id}
            takers = [
                a for a in state.agents if a not in asked and can_take(state, contact, a, now)
            ]
            if takers and number <= state.queues[contact.queue].parallel_offers:
                best = min(takers, key=lambda a: preference(state, contact, a, now))
                more.append((contact.id, best))
                state = given(state, contact, best, now)
    return more


def drains_after(state: State, now: int) -> set[Drain]:
    """Watches and holds of a settled state, by the rule as it is written."""
    drains: set[Drain] = set()
    known = {drain.contact: drain for drain in state.drains}
    line = sorted(state.contacts.values(), key=lambda c: c.key)
    holding = [c for c in line if c.id in known and known[c.id].agent and now < known[c.id].until]
    seen = set()
    for contact in holding + [contact for contact in line if contact not in holding]:
        queue = state.queues.get(contact.queue)
        if queue is None or not queue.drain_after_ms:
            drains |= {known[contact.id]} if contact.id in known else set()
            continue
        if contact.queue in seen:
            continue
        seen.add(contact.queue)
        those = those_with_nothing_else_to_do(state, contact, now)
        taken = {drain.agent for drain in drains if now < drain.until}
        before = known.get(contact.id)
        if not those:
            continue
        watch = Drain(contact.id, now, None, now + queue.drain_after_ms)
        if before is None or (before.agent and before.until <= now):
            drains.add(watch)
        elif (before.agent in those - taken) or (not before.agent and now < before.until):
            drains.add(before)
        else:
            full = [
                agent
                for agent in map(state.agents.__getitem__, those - taken)
                if agent.used - min(agent.used, agent.interruptible.get(contact.channel, 0))
                > agent.capacity - contact.cost
            ]
            full.sort(key=lambda agent: (agent.used, agent.last_assigned_at, agent.id))
            since = replace(watch, since=before.since)
            until = now + queue.drain_for_ms
            drains.add(replace(since, agent=full[0].id, until=until) if full else since)
    return drains


def can_all_be_served(state: State, contacts: list[Contact], now: int) -> bool:
    """Whether some way of giving serves them all: by trying every way."""
    if not contacts:
        return True
    first, rest = contacts[0], contacts[1:]
    return any(
        can_all_be_served(given(state, first, agent, now), rest, now)
        for agent in state.agents
        if can_take(state, first, agent, now)
    )


def served_together(state: State, now: int) -> list[int]:
    """The earliest contacts that can all be served at once, none left out for a later one."""
    chosen: list[Contact] = []
    for contact in sorted(state.contacts.values(), key=lambda c: c.key):
        if can_all_be_served(state, [*chosen, contact], now):
            chosen.append(contact)
    return [contact.id for contact in chosen]


def most_served_one_each(edges: dict[int, list[int]]) -> int:
    """The size of a largest matching of contacts and agents with one place each (Kuhn)."""
    holder: dict[int, int] = {}

    def place(contact: int, seen: set[int]) -> bool:
        for agent in edges[contact]:
            if agent not in seen:
                seen.add(agent)
                if agent not in holder or place(holder[agent], seen):
                    holder[agent] = contact
                    return True
        return False

    return sum(place(contact, set()) for contact in edges)
