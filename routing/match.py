"""Settling several contacts at once, where all cost the same: nobody is left out needlessly.

Contacts are taken in key order. One that finds nobody free may make earlier ones change agents
along an augmenting path, so an earlier contact is never dropped for a later one and the number
served is the largest possible (the sets that can be served together form a gammoid, on which the
greedy choice is both the largest and the lexicographically best).
"""

from collections import deque

from routing.eligible import below_maximum, cannot_take, has_capacity
from routing.floor import Floor
from routing.rank import rank
from routing.state import Agent, Contact

Room = tuple[int, str | None]  # an agent's room for a channel, or for anything at all (None)
Node = int | Room  # a contact, or room for one


def can_match(floor: Floor) -> bool:
    """Whether all contacts that could be served now cost the same: then places can be exchanged.

    Those whom nobody could take do not count, so that a call waiting does not change how mails go;
    agents held for somebody do, since placing that contact frees them.
    """
    state = floor.state
    if any(agent.interruptible for agent in state.agents.values()):
        return False
    kinds = {(contact.cost, bool(contact.interrupted_by)) for contact in state.contacts.values()}
    if len(kinds) == 1 and not kinds.pop()[1]:
        return True
    if floor.has_one_open():
        return False  # with a single agent there is nothing to exchange
    costs: set[int] = set()
    for contact in state.contacts.values():
        if contact.interrupted_by:
            if floor.has_room_for(contact):
                return False  # it takes no place from those who may come on top of it
        elif contact.cost not in costs and floor.has_room_for(contact):
            costs.add(contact.cost)
        if len(costs) > 1:
            return False
    return True


def match(floor: Floor, line: list[Contact]) -> dict[int, int]:
    """Contact -> agent for as many of `line` (in key order) as can be served, earliest first."""
    exchange = _Exchange(floor)
    for contact in line:
        if floor.is_full():
            break
        agent = floor.best(contact)
        if agent is not None:
            exchange.place(contact, agent.id)
        else:
            exchange.augment(contact)
    return exchange.agent_of


class _Exchange:
    """Who has been given to whom so far, and the search for a better spread."""

    def __init__(self, floor: Floor) -> None:
        self.floor = floor
        self.agent_of: dict[int, int] = {}
        self._choices: dict[int, list[int]] = {}
        # A node seen in a failed search can never lead to room again: whatever is placed later
        # goes through nodes that do lead there. So each is visited in vain only once.
        self._dead: set[Node] = set()

    def place(self, contact: Contact, agent: int) -> None:
        before = self.agent_of.get(contact.id)
        if before is not None:
            self.floor.take_back(contact, before)
        self.agent_of[contact.id] = agent
        self.floor.give(contact, agent)

    def augment(self, contact: Contact) -> None:
        """Serve `contact` by moving others, if there is a way; the shortest is taken."""
        came_from: dict[Node, Node] = {}
        seen: set[Node] = {contact.id}
        to_visit: deque[Node] = deque(seen)
        while to_visit:
            node = to_visit.popleft()
            for next_node in self._beyond(node):
                if next_node in seen or next_node in self._dead:
                    continue
                seen.add(next_node)
                came_from[next_node] = node
                if self._has_room(next_node, contact):
                    self._move(came_from, next_node)
                    return
                to_visit.append(next_node)
        self._dead |= seen

    def _beyond(self, node: Node) -> list[Node]:
        """Where a place could come from: what the node may use, or whom it could push on."""
        if isinstance(node, int):
            contact = self.floor.state.contacts[node]
            return [(agent, contact.channel) for agent in self._choices_of(contact)]
        agent, channel = node
        placed = self.floor.given[agent]
        if channel is None:
            return [(agent, name) for name in sorted({contact.channel for contact in placed})]
        nodes: list[Node] = [contact.id for contact in placed if contact.channel == channel]
        if below_maximum(self.floor.agents[agent], channel):
            nodes.insert(0, (agent, None))
        return nodes

    def _has_room(self, node: Node, contact: Contact) -> bool:
        if isinstance(node, int) or node[1] is not None:
            return False
        return has_capacity(self.floor.agents[node[0]], contact)  # all cost the same

    def _move(self, came_from: dict[Node, Node], end: Node) -> None:
        """Walk the path back; each contact on it takes the room the path enters next.

        From the end: whoever stands nearest to the free room moves first.
        """
        node, room = end, end
        while node in came_from:
            node = came_from[node]
            if isinstance(node, int):
                assert not isinstance(room, int)
                self.place(self.floor.state.contacts[node], room[0])
            else:
                room = node

    def _choices_of(self, contact: Contact) -> list[int]:
        """The agents who could take the contact before anything was given, best first."""
        if contact.id not in self._choices:
            takers = self._takers_at_first(contact)
            queue = self.floor.state.queues.get(contact.queue)
            if queue is not None:
                keeps_free = self.floor.keeps_free(queue.id)
                takers.sort(key=lambda agent: rank(contact, queue, agent, keeps_free))
            self._choices[contact.id] = [agent.id for agent in takers]
        return self._choices[contact.id]

    def _takers_at_first(self, contact: Contact) -> list[Agent]:
        floor, asked = self.floor, self.floor.request(contact)
        open_agents = floor.open_at_first.get(contact.queue, frozenset())
        if not open_agents or asked.paused:
            return []
        inside = floor.reach(contact).inside if asked.held_for is None else [asked.held_for]
        agents = (floor.state.agents[id] for id in inside if id in open_agents)
        return [agent for agent in agents if cannot_take(asked, agent) is None]
