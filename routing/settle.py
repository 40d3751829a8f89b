"""Hand the waiting contacts to the agents: the decisions, each with its reasons.

Pure: the same state and instant give the same decisions, whatever the order of the input. This is
the reference; an engine that keeps indexes must give the same answer.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from routing.drain import update_drains
from routing.eligible import met_step
from routing.floor import Floor, with_contact
from routing.match import can_match, match
from routing.rank import Rank, rank
from routing.reasons import RULE_ORDER, ReasonCode
from routing.state import Contact, Key, State

Pair = tuple[Contact, int]  # a contact and the agent who gets it


class Decision(NamedTuple):
    """Offer `contact` to `agent`, and why: enough to explain it later and to claim it safely.

    `step` is the skill step that let the agent in (0: the contact's own needs). `refused` counts
    the other agents by the first rule that kept them out; `takers` counts those who could have
    taken it, the winner included, and `runner_up` is the best of them after the winner.
    `gave_way` is true if the agent is not the best ranked, because agents were exchanged to serve a
    contact that would otherwise have gone without. `clears_exclusion`: everybody present had
    declined, so the caller empties the contact's `excluded` with this offer. The claim must still
    find `contact_version` and `agent_epoch`. The offer ends at `expires_at`. Where several agents
    are asked at once, the further ones are in `round` 2, 3 and so on.
    """

    contact: int
    agent: int
    key: Key
    rank: Rank
    step: int
    takers: int
    refused: Mapping[ReasonCode, int]
    runner_up: Rank | None
    gave_way: bool
    clears_exclusion: bool
    contact_version: int
    agent_epoch: int
    policy_version: int
    decided_at: int
    expires_at: int
    round: int = 1


def settle(state: State, now: int) -> list[Decision]:
    """Decide who gets what at `now` (ms since the epoch), in key order.

    Contacts in key order each get the best-ranked agent who can take them; one whom nobody can take
    never blocks the next. Where all that can be served cost the same, agents given earlier in
    the same settlement are exchanged if that serves a contact that would go without. Queues that
    ask several agents at once ask the further ones last, when everybody has had a first offer.
    """
    line = sorted(state.contacts.values(), key=lambda contact: contact.key)
    floor = Floor(state, now)
    agent_of = match(floor, line) if can_match(floor) else _one_by_one(floor, line)
    served = [contact for contact in line if contact.id in agent_of]
    pairs = [(contact, agent_of[contact.id]) for contact in served]
    return record(state, now, pairs + _further(floor, served))


def carry_out(state: State, decisions: Iterable[Decision], now: int) -> State:
    """The state after a settlement: loads, who still waits, and the drains from now on."""
    contacts, agents = dict(state.contacts), dict(state.agents)
    for decision in decisions:
        contact = state.contacts[decision.contact]
        contacts.pop(contact.id, None)
        agents[decision.agent] = with_contact(agents[decision.agent], contact, now)
    after = replace(state, contacts=contacts, agents=agents)
    return replace(after, drains=update_drains(after, now))


def _one_by_one(floor: Floor, line: list[Contact]) -> dict[int, int]:
    agent_of = {}
    for contact in line:
        if floor.is_full():
            break
        agent = floor.best(contact)
        if agent is not None:
            floor.give(contact, agent.id)
            agent_of[contact.id] = agent.id
    return agent_of


def _further(floor: Floor, served: list[Contact]) -> list[Pair]:
    """Second, third, ... agents for the contacts of queues that ask several at once."""
    wanted = {c.id: floor.state.queues[c.queue].parallel_offers for c in served}
    pairs: list[Pair] = []
    for number in range(2, max(wanted.values(), default=1) + 1):
        for contact in served:
            if wanted[contact.id] >= number:
                agent = floor.best(contact, besides=floor.asked(contact))
                if agent is not None:
                    floor.give(contact, agent.id)
                    pairs.append((contact, agent.id))
    return pairs


def record(state: State, now: int, pairs: list[Pair]) -> list[Decision]:
    """Give each contact to its agent once more, noting what every choice looked like."""
    if not pairs:
        return []
    floor = Floor(state, now)
    decisions = []
    for contact, agent_id in pairs:
        decisions.append(_decision(floor, contact, agent_id))
        floor.give(contact, agent_id)
    return decisions


def _decision(floor: Floor, contact: Contact, agent_id: int) -> Decision:
    asked = floor.request(contact)
    queue, keeps_free = floor.state.queues[contact.queue], floor.keeps_free(contact.queue)
    before = floor.asked(contact)
    takers: list[Rank] = []
    inside, outside = floor.reach(contact)
    refused = Counter(outside)
    for id in inside:
        if id in before:
            continue
        code: ReasonCode | None = ReasonCode.HELD_FOR_PREFERRED
        if asked.held_for is None or asked.held_for == id:
            code = floor.refusal_in_reach(asked, id)
        if code is None:
            takers.append(rank(contact, queue, floor.agents[id], keeps_free))
        else:
            refused[code] += 1
    agent = floor.agents[agent_id]
    own = rank(contact, queue, agent, keeps_free)
    runner_up = min((other for other in takers if other.agent != agent_id), default=None)
    return Decision(
        contact=contact.id,
        agent=agent_id,
        key=contact.key,
        rank=own,
        step=met_step(contact, agent, contact.age(floor.now)) or 0,
        takers=len(takers),
        refused={
            code: refused[code]
            for code in sorted(refused, key=RULE_ORDER.__getitem__)
            if refused[code]
        },
        runner_up=runner_up,
        gave_way=runner_up is not None and runner_up < own,
        clears_exclusion=asked.clears_exclusion,
        contact_version=contact.version,
        agent_epoch=agent.epoch,
        policy_version=floor.state.policy_version,
        decided_at=floor.now,
        expires_at=floor.now + contact.offer_ms,
        round=len(before) + 1,
    )
