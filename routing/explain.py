"""Why this agent, why not that one, why nobody yet: the decisions in the rules' own terms."""

from collections import Counter
from dataclasses import dataclass

from routing.eligible import Request, met_step
from routing.floor import Floor
from routing.reasons import RULE_ORDER, Reason, ReasonCode
from routing.settle import Decision, settle
from routing.state import Agent, Contact, State
from routing.timers import changes_of


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a contact waits. `closest` is the reason of the agent who came nearest to taking it.

    `by_reason` counts the agents in the order of the rules. `ahead` counts the contacts before it
    in its queue. `changes_at` is the next instant at which waiting alone changes something (a step,
    a delay, a hold, a wrap-up), if any. `offered_to` is set if it does not wait at all.
    """

    closest: Reason | None
    by_reason: tuple[tuple[ReasonCode, int], ...]
    ahead: int
    changes_at: int | None
    offered_to: int | None


def explain(state: State, contact_id: int, agent_id: int, now: int) -> Reason:
    """Why `agent_id` does or does not get `contact_id` if everything is settled at `now`.

    The first rule that fails, else who was preferred to whom, else `CHOSEN`. Raises KeyError for a
    contact that does not wait or an unknown agent.
    """
    contact, settled = state.contacts[contact_id], _Settled(state, now)
    return settled.reason(settled.floor_for(contact), contact, state.agents[agent_id])


def why_waiting(state: State, contact_id: int, now: int) -> Waiting:
    """Why `contact_id` waits at `now`, and what would have to change.

    Raises KeyError if it does not wait.
    """
    contact = state.contacts[contact_id]
    settled = _Settled(state, now)
    floor = settled.floor_for(contact)
    reasons = [settled.reason(floor, contact, agent) for _, agent in sorted(state.agents.items())]
    counts = Counter(reason.code for reason in reasons)
    decision = settled.decisions.get(contact_id)
    others = (other for other in state.contacts.values() if other.queue == contact.queue)
    return Waiting(
        closest=max(reasons, key=lambda reason: RULE_ORDER[reason.code], default=None),
        by_reason=tuple((code, counts[code]) for code in ReasonCode if code in counts),
        ahead=sum(other.key < contact.key for other in others),
        changes_at=min(changes_of(state, contact, now), default=None),
        offered_to=decision.agent if decision else None,
    )


class _Settled:
    """A state and what settling it decides, with the floor as each contact found it."""

    def __init__(self, state: State, now: int) -> None:
        self.state = state
        self.now = now
        decisions = settle(state, now)
        self.pairs = {(d.contact, d.agent) for d in decisions}
        self.decisions: dict[int, Decision] = {d.contact: d for d in decisions if d.round == 1}

    def floor_for(self, contact: Contact) -> Floor:
        """The floor as it is once everybody before the contact has been served."""
        floor = Floor(self.state, self.now)
        for earlier in self.decisions.values():  # in key order
            if earlier.key < contact.key:
                floor.give(self.state.contacts[earlier.contact], earlier.agent)
        return floor

    def reason(self, floor: Floor, contact: Contact, agent: Agent) -> Reason:
        if (contact.id, agent.id) in self.pairs:
            return Reason(ReasonCode.CHOSEN)
        decision = self.decisions.get(contact.id)
        asked = floor.request(contact)
        code = floor.refusal(asked, agent.id)
        if code is ReasonCode.EARLIER_CONTACT:
            return Reason(code, {"contact": floor.given[agent.id][-1].id})
        if code is not None:
            return Reason(code, _params(self.state, asked, agent, code))
        if decision is not None and not decision.gave_way:
            return Reason(ReasonCode.BETTER_AGENT, {"agent": decision.agent})
        return self._given_up(contact, agent, decision)

    def _given_up(self, contact: Contact, agent: Agent, decision: Decision | None) -> Reason:
        """An agent free for this contact who went to a later one that had nobody else."""
        later = [d for d in self.decisions.values() if d.agent == agent.id and d.key > contact.key]
        if later:
            return Reason(ReasonCode.GAVE_WAY, {"contact": later[0].contact})
        assert decision is not None  # settle leaves nobody waiting whom a free agent could take
        return Reason(ReasonCode.BETTER_AGENT, {"agent": decision.agent})


def _params(state: State, asked: Request, agent: Agent, code: ReasonCode) -> dict[str, int | str]:
    contact = asked.contact
    match code:
        case ReasonCode.QUEUE_PAUSED | ReasonCode.NOT_MEMBER:
            return {"queue": contact.queue}
        case ReasonCode.QUEUE_DELAY:
            return {"until": contact.enqueued_at + agent.queues[contact.queue].delay_ms}
        case ReasonCode.SKILL:
            return _missing_skill(contact, agent)
        case ReasonCode.HELD_FOR_PREFERRED:
            return {"agent": asked.held_for or 0, "until": contact.preferred_until}
        case ReasonCode.WRAP_UP:
            return {"until": agent.wrap_up_until}
        case ReasonCode.CAPACITY:
            used = agent.used - min(agent.used, agent.interruptible.get(contact.channel, 0))
            return {"used": used, "cost": contact.cost, "capacity": agent.capacity}
        case ReasonCode.CHANNEL_MAXIMUM:
            channel = contact.channel
            return {
                "channel": channel,
                "live": agent.live_by_channel.get(channel, 0),
                "maximum": agent.max_by_channel[channel],
            }
        case ReasonCode.DRAINING:
            return {"contact": asked.drained[agent.id].contact}
        case _:
            return {}


def _missing_skill(contact: Contact, agent: Agent) -> dict[str, int | str]:
    """The first need the agent misses, and when a step lets them in all the same (0: never)."""
    need = next(n for n in contact.skills if agent.skills.get(n.skill, 0) < n.level)
    number = met_step(contact, agent, age=max((s.after_ms for s in contact.steps), default=0))
    until = contact.enqueued_at + contact.steps[number - 1].after_ms if number else 0
    has = agent.skills.get(need.skill, 0)
    return {"skill": need.skill, "level": need.level, "has": has, "until": until}
