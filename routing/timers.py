"""When waiting alone changes a decision: the instant to settle again if nothing else happens."""

from collections.abc import Iterable, Iterator

from routing.state import Contact, State


def next_change_at(state: State, now: int) -> int | None:
    """The first instant after `now` at which the rules may say something else; None if never."""
    wrap_ups = (a.wrap_up_until for a in state.agents.values() if a.available)
    holds = (drain.until for drain in state.drains)
    instants = [at for at in (*wrap_ups, *holds) if at > now]
    delays = _delays_by_queue(state)
    for contact in state.contacts.values():
        instants.extend(instants_of(contact, delays.get(contact.queue, ()), now))
    return min(instants, default=None)


def changes_of(state: State, contact: Contact, now: int) -> Iterator[int]:
    """The instants after `now` that may change something for one contact."""
    yield from instants_of(contact, _delays_by_queue(state).get(contact.queue, ()), now)
    for agent in state.agents.values():
        if agent.available and contact.queue in agent.queues and agent.wrap_up_until > now:
            yield agent.wrap_up_until
    for drain in state.drains:
        if drain.until > now:
            yield drain.until


def instants_of(contact: Contact, delays: Iterable[int], now: int) -> Iterator[int]:
    """The instants after `now` at which age or a hold's end lets others have the contact.

    `delays` are those of the memberships of its queue.
    """
    if contact.preferred is not None and contact.preferred_until > now:
        yield contact.preferred_until
    for step in contact.steps:
        if contact.enqueued_at + step.after_ms > now:
            yield contact.enqueued_at + step.after_ms
    for delay in delays:
        if contact.enqueued_at + delay > now:
            yield contact.enqueued_at + delay


def _delays_by_queue(state: State) -> dict[int, list[int]]:
    delays: dict[int, set[int]] = {}
    for agent in state.agents.values():
        for queue, membership in agent.queues.items():
            if membership.delay_ms:
                delays.setdefault(queue, set()).add(membership.delay_ms)
    return {queue: sorted(values) for queue, values in delays.items()}
