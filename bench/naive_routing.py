"""Routing as it is first thought of: at every change sort the whole line and look at every agent.

The peer of the engine in its own measurement. Same rules, same decisions.
"""

from routing.changes import AgentIs, ContactGone, ContactWaits
from routing.eligible import refusal, request
from routing.floor import with_contact, without_contact
from routing.rank import rank
from routing.state import Agent, Contact, Queue, State


class NaiveEngine:
    """Knows nothing but who waits, who works and who has what."""

    def __init__(self, state: State) -> None:
        self.contacts: dict[int, Contact] = dict(state.contacts)
        self.agents: dict[int, Agent] = dict(state.agents)
        self.queues: dict[int, Queue] = dict(state.queues)
        self.held: dict[int, tuple[Contact, int]] = {}

    def apply(
        self, change: AgentIs | ContactGone | ContactWaits, now: int
    ) -> list[tuple[int, int]]:
        """Note the change, then go through line and agents; pairs of contact and agent."""
        match change:
            case AgentIs(agent):
                self.agents[agent.id] = agent
            case ContactWaits(contact):
                self.contacts[contact.id] = contact
            case ContactGone(contact_id):
                contact, agent_id = self.held.pop(contact_id)
                self.agents[agent_id] = without_contact(self.agents[agent_id], contact)
        return self._settle(now)

    def _settle(self, now: int) -> list[tuple[int, int]]:
        state = State(self.contacts, self.agents, self.queues)
        pairs = []
        for contact in sorted(self.contacts.values(), key=lambda contact: contact.key):
            asked, queue = request(state, contact, now, {}), self.queues[contact.queue]
            takers = [agent for agent in self.agents.values() if refusal(asked, agent) is None]
            if takers:
                best = min(takers, key=lambda agent: rank(contact, queue, agent))
                self.agents[best.id] = with_contact(best, contact, now)
                self.held[contact.id] = contact, best.id
                del self.contacts[contact.id]
                pairs.append((contact.id, best.id))
        return pairs
