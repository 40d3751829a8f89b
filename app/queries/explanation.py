"""Why a contact waits, why it went to this agent and not to that one: routing's own reasons.

While a contact waits, the reasons are found by asking the engine about the floor as it is. Once it
was offered, they are read from the record that was kept with the offer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, select

from app import clock
from app.db import NotFound
from app.models.agent import agents
from app.models.contact import contacts, offers
from app.models.conversation import conversations
from app.models.organisation import brands, queues, skills
from app.queries.routing_state import routing_state
from app.security.permissions import Actor, visible_conversations
from routing.explain import explain, why_waiting
from routing.reasons import RULE_ORDER, ReasonCode
from routing.state import State


@dataclass(frozen=True, slots=True)
class AgentReason:
    """Why this agent has the contact, or has it not; names stand in the place of ids."""

    agent_id: int
    name: str
    code: str
    params: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class PastOffer:
    """An offer that was made, and what was known when it was: counts of agents by reason."""

    agent_name: str
    status: str
    reason: str
    made_at: int
    ended_at: int | None
    takers: int
    gave_way: bool
    refused: Mapping[str, int]
    agent_id: int
    step: int  # of the queue's steps the one that let the agent in; 0: all its skills
    preferred: bool  # the customer knows them, or somebody chose them
    skilled: bool  # the queue asks for who masters it best
    runner_up: str  # who would have been next, "" if nobody
    interrupts: bool  # they had no room, but work that this may interrupt


@dataclass(frozen=True, slots=True)
class Step:
    """What is enough from `at` (ms) on: skill names with levels."""

    at: int
    skills: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """Everything there is to say about the way of one contact. Times in ms."""

    contact_id: int
    conversation_id: int
    status: str
    queue_name: str
    priority: str
    head_start_ms: int  # how much earlier it counts as having come; negative: later
    enqueued_at: int
    moves: int
    boosts: tuple[tuple[str, int], ...]  # where the head start comes from, in ms
    needs: tuple[tuple[str, int], ...]  # skill names with the least level
    steps: tuple[Step, ...]
    callback_to: str  # the customer is called back there; "" if they wait themselves
    callback_at: int | None  # not before
    may_change: bool  # its priority: while it waits or is offered
    ahead: int | None  # contacts before it in its queue, while it waits
    changes_at: int | None  # when waiting alone changes something
    agents: tuple[AgentReason, ...]  # of its queue, the nearest first; only while it waits
    others: int  # agents who are signed in but do not work in this queue
    offers: tuple[PastOffer, ...]


def explanation(
    conn: Connection, actor: Actor, contact_id: int, agent_id: int | None = None
) -> Explanation:
    """The explanation of a contact; NotFound where the actor may not see its conversation.

    With `agent_id` it speaks of this agent only, also if they do not work in its queue.
    """
    row = conn.execute(
        select(contacts, queues.c.name.label("queue_name"))
        .join(conversations, conversations.c.id == contacts.c.conversation_id)
        .join(queues, queues.c.id == contacts.c.queue_id)
        .where(contacts.c.id == contact_id, visible_conversations(actor))
    ).first()
    if row is None:
        raise NotFound
    now, names = clock.now(), Names.of(conn)
    found = _Waiting(conn, names, row, now) if row.status == "waiting" else None
    callback = row.callback or {}
    return Explanation(
        contact_id=contact_id,
        conversation_id=row.conversation_id,
        status=row.status,
        queue_name=row.queue_name,
        priority=row.priority,
        head_start_ms=row.boost_ms,
        enqueued_at=row.enqueued_at,
        moves=row.moves,
        boosts=tuple((name, ms) for name, ms in row.boosts),
        needs=names.skills_of(row.skills),
        steps=tuple(
            Step(row.enqueued_at + step["after_s"] * 1000, names.skills_of(step["skills"]))
            for step in row.steps
        ),
        callback_to=callback.get("to", ""),
        callback_at=callback.get("next_at"),
        may_change=row.status in ("waiting", "offered"),
        ahead=found.ahead if found else None,
        changes_at=found.changes_at if found else None,
        agents=found.reasons(agent_id) if found else (),
        others=found.others if found else 0,
        offers=_offers(conn, names, contact_id, agent_id),
    )


@dataclass(frozen=True, slots=True)
class Names:
    """The names of agents and skills. To serve a brand is a skill too: see `routing_state`."""

    agents: Mapping[int, str]
    skills: Mapping[int, str]

    @classmethod
    def of(cls, conn: Connection) -> "Names":
        """Read them all: they are few."""
        named = {row.id: row.name for row in conn.execute(select(skills.c.id, skills.c.name))}
        for row in conn.execute(select(brands.c.id, brands.c.name)):
            named[-row.id] = row.name
        people = conn.execute(select(agents.c.id, agents.c.name))
        return cls({row.id: row.name for row in people}, named)

    def skills_of(self, pairs: Sequence[Sequence[int]]) -> tuple[tuple[str, int], ...]:
        """Skills with levels, by name."""
        return tuple((self.skills.get(skill, ""), level) for skill, level in pairs)

    def in_words(self, params: Mapping[str, int | str], state: State) -> dict[str, Any]:
        """The parameters of a reason with names in the place of ids."""
        named: dict[str, Any] = dict(params)
        if "agent" in named:
            named["agent"] = self.agents.get(int(named["agent"]), "")
        if "skill" in named:
            named["is_brand"] = int(named["skill"]) < 0
            named["skill"] = self.skills.get(int(named["skill"]), "")
        if "contact" in named:
            other = state.contacts.get(int(named["contact"]))
            named["waits_since"] = other.enqueued_at if other else 0
        return named


class _Waiting:
    """A contact that waits, as routing sees it now."""

    def __init__(self, conn: Connection, names: Names, row: Row[Any], now: int) -> None:
        self._names, self._id, self._now = names, row.id, now
        self._state = routing_state(conn, now)
        self._in_line = row.id in self._state.contacts and row.queue_id in self._state.queues
        waiting = why_waiting(self._state, row.id, now) if self._in_line else None
        self.ahead = waiting.ahead if waiting else None
        self.changes_at = waiting.changes_at if waiting else None
        self._members = [
            agent.id for agent in self._state.agents.values() if row.queue_id in agent.queues
        ]
        self.others = len(self._state.agents) - len(self._members) if self._in_line else 0

    def reasons(self, agent_id: int | None) -> tuple[AgentReason, ...]:
        """Why nobody of the queue has it, the nearest first; or why this agent has it not."""
        if not self._in_line:
            return ()
        ids = self._members if agent_id is None else [agent_id]
        found = [
            (id, explain(self._state, self._id, id, self._now))
            for id in ids
            if id in self._state.agents
        ]
        names = self._names.agents
        found.sort(key=lambda one: (-RULE_ORDER[one[1].code], names[one[0]]))
        return tuple(
            AgentReason(id, names[id], str(why.code), self._names.in_words(why.params, self._state))
            for id, why in found
        )


def _offers(
    conn: Connection, names: Names, contact_id: int, agent_id: int | None
) -> tuple[PastOffer, ...]:
    query = select(offers).where(offers.c.contact_id == contact_id).order_by(offers.c.id.desc())
    if agent_id is not None:
        query = query.where(offers.c.agent_id == agent_id)
    return tuple(_past(names, row) for row in conn.execute(query))


def _past(names: Names, row: Row[Any]) -> PastOffer:
    record = row.decision
    rank, runner_up = record.get("rank"), record.get("runner_up")
    return PastOffer(
        agent_name=names.agents.get(row.agent_id, ""),
        status=row.status,
        reason=row.reason,
        made_at=row.made_at,
        ended_at=row.ended_at,
        takers=record.get("takers", 1),
        gave_way=record.get("gave_way", False),
        refused=_in_order(record.get("refused", {})),
        agent_id=row.agent_id,
        step=record.get("step", 0),
        preferred=bool(rank) and not rank[0],
        skilled=bool(rank) and rank[1] < 0,
        runner_up=names.agents.get(runner_up[-1], "") if runner_up else "",
        interrupts=record.get("interrupts", False),
    )


def _in_order(refused: Mapping[str, int]) -> dict[str, int]:
    known = [code for code in ReasonCode if str(code) in refused]
    return {str(code): refused[str(code)] for code in known}
